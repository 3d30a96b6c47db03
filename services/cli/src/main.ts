import process from 'node:process';
import { createCli } from './cli.ts';

process.exitCode = await createCli().run(process.argv.slice(2));
// Nothing that a command left open may keep the process alive once its output is written.
process.stdout.write('', () => process.exit(process.exitCode ?? 0));
