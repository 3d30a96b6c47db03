#!/usr/bin/env node
// npm start: sets up, then runs the whole platform (services/cli: `bailiwick up`).
import process from 'node:process';
import { node, run, setUp } from './setup.mjs';

await setUp();
process.exit(await run(node(), ['services/cli/src/main.ts', 'up', ...process.argv.slice(2)]));
