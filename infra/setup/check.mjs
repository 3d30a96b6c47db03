#!/usr/bin/env node
// npm run check: what CI checks besides the tests, each step named; then the tests.
import process from 'node:process';
import { node, run, setUp } from './setup.mjs';

const steps = [
  ['types', 'tsc', ['--noEmit']],
  ['portal types', 'tsc', ['--noEmit', '-p', 'services/portal']],
  ['lint', 'oxlint', ['--type-aware', '--quiet']],
  ['format', 'oxfmt', ['--check', '.']],
  ['floors', node(), ['infra/setup/floors.mjs']],
  ['unused code', 'knip', []],
  ...(process.argv.includes('--no-tests') ? [] : [['tests', 'vitest', ['run']]]),
];

await setUp();
const results = [];
for (const [name, file, args] of steps) {
  process.stderr.write(`\n— ${name}\n`);
  const started = Date.now();
  results.push({ name, passed: (await run(file, args)) === 0, seconds: (Date.now() - started) / 1000 });
}
process.stderr.write('\n');
for (const { name, passed, seconds } of results) {
  process.stderr.write(`${passed ? 'passed' : 'FAILED'}  ${name} (${seconds.toFixed(1)} s)\n`);
}
process.exit(results.every((result) => result.passed) ? 0 : 1);
