import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { Health, type HealthStatus } from '#infra/observability/health.ts';
import { startOpsListener } from '#infra/observability/ops-listener.ts';
import { custodianCause, watchCustodian } from '#security/keyring/custodian-watch.ts';
import { freeBlock } from '#test/free-port.ts';
import { scratchFolder } from '#test/scratch.ts';
import { openDataFolder, dataPathsIn, type DataPaths } from '../up/data-folder.ts';
import { planPorts, processPorts, type PortName } from '../up/ports.ts';
import { statusOfFolder } from './of-folder.ts';
import { describeStatus } from './words.ts';

/*
 * A data folder that this process holds, with the operations listener of each process; the whole platform is tested in
 * test/e2e/story.test.ts.
 */
let stack: AsyncDisposableStack;
let data: string;
let dataPaths: DataPaths;
let base: number;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  const root = await scratchFolder('status');
  stack.defer(() => rm(root, { recursive: true, force: true }));
  data = path.join(root, 'data');
  dataPaths = dataPathsIn(data);
  base = await freeBlock();
});
afterEach(() => stack.disposeAsync());

const holds = async (live: boolean) => stack.use(await openDataFolder(data, { ports: base, live }));

/** Every process is healthy except those that are named; a `silent` one has no listener. */
async function processesThatSay(said: Readonly<Record<string, HealthStatus | 'silent'>> = {}): Promise<void> {
  const plan = planPorts(base);
  for (const [name, port] of processPorts) {
    const status = said[name] ?? 'healthy';
    if (status === 'silent') continue;
    const health = new Health();
    health.add('database', () => ({ status: 'healthy' }));
    health.add('identity', () => ({ status, ...(status === 'healthy' ? {} : { detail: 'its certificate is old' }) }));
    stack.use(await startOpsListener({ host: '127.0.0.1', port: plan.ops(port) }, health, new Registry()));
  }
}

async function listens(port: number): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  stack.defer(() => new Promise<void>((resolve) => server.close(() => resolve())));
}

describe('the status of an installation', () => {
  test('is healthy when every process is, and says where each listens and since when', async () => {
    await holds(true);
    await processesThatSay();
    const report = await statusOfFolder(data);
    expect(report).toMatchObject({ of: dataPaths.path, about: `process ${process.pid}, live`, status: 'healthy' });
    expect(report.parts.map(({ name, address }) => `${name} ${address}`)).toEqual(
      processPorts.map(([name, port]) => `${name} 127.0.0.1:${planPorts(base).ports[port]}`),
    );
    for (const { uptimeSec } of report.parts) expect(uptimeSec).toBeGreaterThanOrEqual(0);
  });

  test('is that of its worst part, with the cause below it', async () => {
    await holds(true);
    await processesThatSay({ audio: 'degraded' });
    const degraded = await statusOfFolder(data);
    expect(degraded.status).toBe('degraded');
    expect(stripVTControlCharacters(describeStatus(degraded))).toMatch(
      /^ {2}! audio +degraded .*\n {6}identity: its certificate is old$/m,
    );
  });

  test('names processes that are unhealthy or silent, and still reports the others', async () => {
    await holds(true);
    await processesThatSay({ worker: 'unhealthy', api: 'silent' });
    const report = await statusOfFolder(data);
    expect(report.status).toBe('unreachable');
    const states = Object.fromEntries(report.parts.map(({ name, status }) => [name, status]));
    expect(states).toMatchObject({ worker: 'unhealthy', api: 'unreachable', audio: 'healthy' });
    expect(describeStatus(report)).toContain('It does not answer.');
  });

  test('says what each process can do with its keys, and since when', async () => {
    await holds(true);
    const plan = planPorts(base);
    const clock = new FakeClock();
    for (const [name, state] of [
      ['discord-edge', 'sealed'],
      ['worker', 'no-answer'],
      ['audio', 'refuses'],
      ['token-service', undefined],
    ] as const) {
      const health = new Health();
      const custodian = {
        health: async () =>
          state ? ({ status: 'degraded', state, detail: `it is ${state}` } as const) : ({ status: 'healthy' } as const),
      };
      health.add(custodianCause, stack.use(watchCustodian(custodian, { clock, logger: silentLogger() })).health);
      const at = new Map<string, PortName>(processPorts).get(name) ?? 'api';
      stack.use(await startOpsListener({ host: '127.0.0.1', port: plan.ops(at) }, health, new Registry()));
    }
    const report = await statusOfFolder(data);
    const since = new Date(clock.now()).toISOString();
    expect(report.custodians.toSorted((a, b) => a.process.localeCompare(b.process))).toEqual([
      { process: 'audio', state: 'refuses', since, message: 'it is refuses' },
      { process: 'discord-edge', state: 'sealed', since, message: 'it is sealed' },
      { process: 'token-service', state: 'works', since },
      { process: 'worker', state: 'no-answer', since, message: 'it is no-answer' },
    ]);
    const words = stripVTControlCharacters(describeStatus(report, clock.now() + 125_000));
    expect(words).toMatch(/^ {2}! discord-edge {3}Sealed {11}for 2 min 5 s$/m);
    expect(words).toMatch(/^ {2}✓ token-service {2}Works {12}for 2 min 5 s$/m);
    expect(words).toMatch(/^ {6}custodian: it is sealed$/m);
  });

  test('includes the embedded database and the sandbox if there are any', async () => {
    await holds(false);
    await processesThatSay();
    const plan = planPorts(base);
    await mkdir(path.dirname(dataPaths.databaseRun), { recursive: true });
    const startedSec = Math.floor(Date.now() / 1_000) - 7_380;
    await writeFile(dataPaths.databaseRun, `1\n${dataPaths.postgres}/data\n${startedSec}\n${plan.ports.postgres}\n`);
    const without = await statusOfFolder(data);
    expect(without.parts.slice(-2)).toMatchObject([
      { name: 'postgresql', status: 'unreachable' },
      { name: 'sandbox', status: 'unreachable' },
    ]);
    await listens(plan.ports.postgres);
    await listens(plan.ports['sandbox-discord']);
    const report = await statusOfFolder(data);
    expect(report.status).toBe('healthy');
    expect(describeStatus(report)).toMatch(/postgresql +healthy +127\.0\.0\.1:\d+ +2 h 3 min$/m);
  });

  test('is refused for a folder that nothing runs from, and says if the last run ended uncleanly', async () => {
    await expect(statusOfFolder(data)).rejects.toMatchObject({ code: 'cli.not-running' });
    await mkdir(data, { recursive: true });
    await writeFile(dataPaths.lock, JSON.stringify({ pid: 999_999, started: '1' }));
    await expect(statusOfFolder(data)).rejects.toThrow(/did not stop cleanly/);
  });
});

test('text written by a tenant cannot control the terminal of an operator', () => {
  const shown = describeStatus({
    of: 'https://bots.example.com',
    about: '1 tenant(s)',
    status: 'healthy',
    parts: [{ name: 'api', status: 'healthy', causes: [], facts: {} }],
    custodians: [],
    tenants: [
      {
        id: 'ten_1',
        name: 'Harmony\u001b[2J\u202e',
        state: { kind: 'degraded', label: 'Not working properly', sentence: 'An endpoint is set.' },
        restarts: 0,
      },
    ],
  });
  expect(shown).toContain('An endpoint is set.');
  expect(shown).toContain('Harmony\u{fffd}[2J\u{fffd}');
});
