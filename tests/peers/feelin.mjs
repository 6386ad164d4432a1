// Evaluates FEEL by feelin: one expression a line in, as JSON, after a first line with the variables; one value a line
// out, as JSON that keeps the kinds apart. Temporal variables are written as FEEL literals under "@".
import { createInterface } from "node:readline";
import { FeelDate, FeelDateTime, FeelDuration, FeelTime, evaluate, isFunction, isRange } from "feelin";

const TEMPORAL = [
  [FeelDate, "date"],
  [FeelDateTime, "date and time"],
  [FeelTime, "time"],
  [FeelDuration, "duration"],
];

function plain(value) {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return ["number", String(value)];
  if (typeof value === "string") return ["string", value];
  const temporal = TEMPORAL.find(([kind]) => value instanceof kind);
  if (temporal) return [temporal[1], value.toString()];
  if (Array.isArray(value)) return ["list", value.map(plain)];
  if (isRange(value)) {
    return ["range", value["start included"], plain(value.start), plain(value.end), value["end included"]];
  }
  if (isFunction(value) || typeof value === "function") return ["function"];
  return ["context", Object.keys(value).sort().map((key) => [key, plain(value[key])])];
}

function answer(text, variables) {
  try {
    return { value: plain(evaluate(text, variables).value) };
  } catch (error) {
    return { error: `${error.constructor.name}: ${error.message}` };
  }
}

let variables = null;
for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  if (variables === null) {
    variables = given;
    for (const [name, text] of Object.entries(given["@"] ?? {})) variables[name] = evaluate(text, {}).value;
    delete variables["@"];
  } else {
    process.stdout.write(`${JSON.stringify(answer(given, variables))}\n`);
  }
}
