// npm run bench -- <name>: each bench runs its baseline in the same run and prints the ratio.
import { readdirSync } from 'node:fs';
import process from 'node:process';
import { node, run, setUp } from '../../infra/setup/setup.mjs';

const suffix = '.bench.ts';
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length));
const [name, ...args] = process.argv.slice(2);
if (!name || !names.includes(name)) {
  process.stderr.write(`npm run bench -- <${names.join('|')}>\n`);
  process.exit(2);
}
await setUp();
process.exit(await run(node(), ['--disable-warning=ExperimentalWarning', `test/bench/${name}${suffix}`, ...args]));
