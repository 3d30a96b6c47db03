// Tells what failed in vitest's JSON reports: of each failed test its name and the first lines of its error, and of a
// file that failed as a whole (a hook, an import) its error. Called with the reports' paths; `--files` lists the files alone.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';

const maxLines = 12;
const shortened = (text) => stripVTControlCharacters(text).split('\n').slice(0, maxLines).join('\n      ');

const [onlyFiles, reports] =
  process.argv[2] === '--files' ? [true, process.argv.slice(3)] : [false, process.argv.slice(2)];

for (const report of reports.filter((file) => existsSync(file))) {
  for (const file of JSON.parse(readFileSync(report, 'utf8')).testResults.filter(({ status }) => status === 'failed')) {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed');
    const name = path.relative(process.cwd(), file.name);
    if (onlyFiles) {
      process.stdout.write(`${name}\n`);
      continue;
    }
    for (const { fullName, failureMessages } of failed) {
      process.stdout.write(`  ${name} > ${fullName}\n      ${shortened(failureMessages.join('\n'))}\n`);
    }
    if (failed.length === 0) process.stdout.write(`  ${name}, as a whole\n      ${shortened(file.message)}\n`);
  }
}
