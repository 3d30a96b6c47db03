#!/usr/bin/env node
// npm start: sets up, then runs the whole platform (services/cli: `bailiwick up`).
import process from 'node:process';
import { node, run, setUp } from './setup.mjs';

await setUp();
const args = ['--disable-warning=ExperimentalWarning', 'services/cli/src/main.ts', 'up', ...process.argv.slice(2)];
process.exit(await run(node(), args, { tied: true }));
