#!/usr/bin/env node
// npm test: sets up, then runs every test that needs no external server.
import process from 'node:process';
import { run, setUp } from './setup.mjs';

await setUp();
process.stderr.write('Tests that need no external server (for the others, see test/README.md):\n');
process.exit(await run('vitest', ['run', ...process.argv.slice(2)]));
