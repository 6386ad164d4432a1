// Plays one process of bpmn-engine in memory: XML on standard input, how many rounds and the two tasks that take turns
// with their answers as arguments; the median milliseconds of one completed task out.
import { EventEmitter } from "node:events";
import { readFileSync } from "node:fs";
import { Engine } from "bpmn-engine";

const [rounds, first, second] = process.argv.slice(2).map((text) => JSON.parse(text));
const values = {}; // an environment is copied for each process, but not what its variables hold
const waiting = new Map();
const listener = new EventEmitter();
listener.on("activity.wait", (activity) => waiting.set(activity.id, activity));

function complete([id, answers]) {
  const activity = waiting.get(id);
  if (!activity) throw new Error(`nothing waits at ${id}, but at ${[...waiting.keys()]}`);
  waiting.delete(id);
  Object.assign(values, answers);
  activity.signal(answers);
}

const engine = new Engine({ name: "bench", source: readFileSync(0, "utf8"), variables: { values } });
await engine.execute({ listener });
complete(second);
const times = [];
for (let round = 0; round < rounds; round += 1) {
  const begun = process.hrtime.bigint();
  complete(first);
  complete(second);
  times.push(Number(process.hrtime.bigint() - begun) / 2e6);
}
if (!waiting.has(first[0])) throw new Error("it did not come back to the first task");
times.sort((a, b) => a - b);
process.stdout.write(`${JSON.stringify({ median: times[times.length >> 1] })}\n`);
process.exit(0); // its timers would hold it for days
