#!/usr/bin/env node
// The command line, run under the pinned Node whichever Node started it.
import process from 'node:process';
import { node, run, setUp } from '../../infra/setup/setup.mjs';

await setUp();
const main = new URL('./src/main.ts', import.meta.url).pathname;
process.exit(
  await run(node(), ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], { cwd: process.cwd() }),
);
