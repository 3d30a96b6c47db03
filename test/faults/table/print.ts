import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { Fault } from './faults.ts';
import type { Noticed } from './notice.ts';

const readme = path.resolve(import.meta.dirname, '../../README.md');
const start = '<!-- faults: written by BAILIWICK_FAULTS_TABLE=1 npm run test:faults -->\n';
const end = '<!-- end of faults -->';
const head = `| fault | lasts | answered | told that it did not work | "did not respond" | open | longest wait | silence | leap | back after |
|---|---|---|---|---|---|---|---|---|---|
`;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Prints what was noticed and, on request, updates the table in test/README.md. */
export async function printRow(fault: Fault, noticed: Noticed): Promise<void> {
  const { typed, answered, refused, failed, open, slowestMs, silence, leapMs, backAfterMs } = noticed;
  const cells = [
    fault.name,
    fault.seconds === 0 ? 'once' : `${fault.seconds} s`,
    `${answered} of ${typed}`,
    refused,
    failed,
    open,
    seconds(slowestMs),
    seconds(silence.duringMs + silence.afterMs),
    seconds(leapMs),
    seconds(backAfterMs),
  ];
  const row = `| ${cells.join(' | ')} |`;
  console.log(row);
  if (process.env['BAILIWICK_FAULTS_TABLE'] !== '1') return;
  const text = await readFile(readme, 'utf8');
  const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)];
  const [name, lasts] = cells;
  const others = text
    .slice(from, to)
    .split('\n')
    .slice(2)
    .filter((line) => line !== '' && !line.startsWith(`| ${name} | ${lasts} |`));
  await writeFile(readme, `${text.slice(0, from)}${head}${[...others, row].join('\n')}\n${text.slice(to)}`);
}
