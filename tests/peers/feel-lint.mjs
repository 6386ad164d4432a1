// Lints FEEL as the modelers do: one expression a line in, as JSON; one list of messages a line out. No variables and no
// functions are made known beforehand, as in a modeler that has not heard of this service.
import { createInterface } from "node:readline";
import { lintExpression } from "@bpmn-io/feel-lint";

for await (const line of createInterface({ input: process.stdin })) {
  const messages = lintExpression(JSON.parse(line)).map(({ from, message }) => `${from}: ${message}`);
  process.stdout.write(`${JSON.stringify(messages)}\n`);
}
