import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { startEmbeddedPostgres } from '#infra/database/embedded-postgres.ts';
import { freeBlock } from '#test/free-port.ts';
import { npmStart } from './start/npm-start.ts';

/*
 * From `npm start` to "is ready", in seconds: a first start (creates the database, the keys and the bundle, and
 * compiles) and a later one. The baseline is a lower bound for any such set of processes on one core: an empty Node for
 * each of them, and the same PostgreSQL with nothing around it.
 */
const runs = Number(process.argv[2] ?? 3);
const execute = promisify(execFile);

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const sec = (ms: number) => (ms / 1_000).toFixed(2);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function platformStarts(folder: string): Promise<{ first: number[]; later: number[]; nodes: number }> {
  const first: number[] = [];
  const later: number[] = [];
  let nodes = 0;
  for (let run = 0; run < runs; run += 1) {
    for (const times of [first, later]) {
      const started = await npmStart(path.join(folder, `data-${run}`), await freeBlock());
      times.push(started.readyMs);
      nodes = (await started.processes()).filter(({ command }) => /^(\S*\/)?(node|npm) /.test(command)).length;
      await started.stop();
    }
  }
  return { first, later, nodes };
}

async function bareStarts(folder: string): Promise<{ node: number[]; initdb: number[]; postgres: number[] }> {
  const node: number[] = [];
  const initdb: number[] = [];
  const postgres: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    node.push(await timed(() => execute(process.execPath, ['-e', ''])));
    for (const times of [initdb, postgres]) {
      const options = { folder: path.join(folder, `bare-${run}`), port: await freeBlock(), password: 'bench' };
      let server: AsyncDisposable | undefined;
      times.push(await timed(async () => (server = await startEmbeddedPostgres(options))));
      await server?.[Symbol.asyncDispose]();
    }
  }
  return { node, initdb, postgres };
}

const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-boot-'));
try {
  const platform = await platformStarts(folder);
  const bare = await bareStarts(folder);
  const nodesMs = platform.nodes * median(bare.node);
  const floors = { first: nodesMs + median(bare.initdb), later: nodesMs + median(bare.postgres) };
  console.log(`${runs} runs, medians; ${platform.nodes} Node processes, npm and its script among them`);
  for (const which of ['first', 'later'] as const) {
    const ms = median(platform[which]);
    console.log(
      `${which.padEnd(5)} start  ${sec(ms)} s (${platform[which].map(sec).join(', ')})   ` +
        `bare ${sec(floors[which])} s   ratio ${(ms / floors[which]).toFixed(1)}`,
    );
  }
  console.log(`bare: node -e '' ${sec(median(bare.node))} s each, postgres ${sec(median(bare.postgres))} s`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
