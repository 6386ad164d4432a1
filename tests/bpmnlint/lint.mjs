#!/usr/bin/env node
/** Lints every diagram under bpmn/ with bpmnlint's own rules and those of Camunda 8.8; exits 1 on an error. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BpmnModdle } from 'bpmn-moddle';

const require = createRequire(import.meta.url);
const { Linter } = require('bpmnlint');
const NodeResolver = require('bpmnlint/lib/resolver/node-resolver');
const zeebe = require('zeebe-bpmn-moddle/resources/zeebe.json');

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const CONFIG = {
  extends: ['bpmnlint:recommended', 'plugin:camunda-compat/camunda-cloud-8-8'],
  // loops into a task need no merging diamond: fewer shapes, the same meaning in the engine
  rules: { 'fake-join': 'off' },
};

const given = process.argv.slice(2);
const files = given.length > 0 ? given : readdirSync(join(ROOT, 'bpmn'), { recursive: true })
  .filter(name => name.endsWith('.bpmn')).sort().map(name => join(ROOT, 'bpmn', name));

let errors = 0;
const say = (file, level, element, message, rule) => {
  errors += level === 'error';
  console.log(`${relative(ROOT, file)}: ${level} ${element}: ${message} [${rule}]`);
};
for (const file of files) {
  const { rootElement, warnings } = await new BpmnModdle({ zeebe }).fromXML(readFileSync(file, 'utf8'));
  for (const warning of warnings) say(file, 'error', '', warning.message, 'import');
  // a linter remembers the flows of the file before: one each
  const linter = new Linter({ config: CONFIG, resolver: new NodeResolver({ require }) });
  for (const [rule, reports] of Object.entries(await linter.lint(rootElement)))
    for (const { category, id, message } of reports) say(file, category === 'error' ? 'error' : 'warning', id, message, rule);
}
console.log(`${files.length} diagrams, ${errors} errors`);
process.exitCode = errors > 0 || files.length === 0 ? 1 : 0;
