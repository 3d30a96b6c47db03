// @module-tag redis
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId, newTenantId } from '#infra/kernel/ids.ts';
import { createLogger, silentLogger } from '#infra/logger/logger.ts';
import { openSharedCounts, openSharedState } from '#infra/shared-state/open-shared-state.ts';
import type { RedisSettings } from '#infra/shared-state/settings.ts';
import { describeSharedCounts } from '#infra/shared-state/shared-counts.contract.ts';
import { describeSharedState } from '#infra/shared-state/shared-state.contract.ts';
import type { SharedState } from '#infra/shared-state/shared-state.ts';
import { RedisSentinels } from './redis-sentinels.ts';
import { untilBack } from './redis-server.ts';

/** Shared state under real Sentinels, whose master ends, hangs, or is replaced. */
const installation = installationId('sentinel.example');
const owner = { installation, logger: silentLogger(), clock: systemClock };
const stack = new AsyncDisposableStack();
let redis: RedisSentinels;

beforeAll(async () => {
  redis = stack.use(await RedisSentinels.start(installation));
});
afterAll(() => stack.disposeAsync());

async function opened(changes: Partial<RedisSettings> = {}, logger = silentLogger()): Promise<SharedState> {
  const settings = { ...redis.settingsOf('gateway-proxy'), ...changes };
  return stack.use(await openSharedState(settings, { ...owner, part: 'gateway-proxy', logger }));
}
async function connected(): Promise<SharedState> {
  const state = await opened();
  await untilBack(() => state.knows(keyOf('any')));
  return state;
}
async function counting() {
  const counts = stack.use(await openSharedCounts(redis.settingsOf('api'), { ...owner, part: 'api' }));
  await untilBack(() => counts.exchange([{ name: 'any', counts: [], forMs: 1 }]));
  return counts;
}
const keyOf = (name: string) => ({ tenant: newTenantId(), name });
const unavailable = { code: 'shared-state.unavailable', status: 503 };
describeSharedState('Redis under Sentinel', async () => ({
  one: await connected(),
  other: await connected(),
  passMs: delay,
}));
describeSharedCounts('Redis under Sentinel', async () => ({
  one: await counting(),
  other: await counting(),
  passMs: delay,
}));

describe('what is wrong is named', () => {
  test.each([
    [{ master: 'nobody' }, /no Sentinel knows a master of this name/],
    [{ sentinelPassword: 'a wrong one' }, /Sentinels do not accept this user and password/],
    [{ password: 'a wrong one' }, /does not accept this user and password/],
  ] as const)('%o', async (changes, says) => {
    const state = await opened(changes);
    await expect.poll(() => state.health()).toMatchObject({ status: 'degraded', detail: expect.stringMatching(says) });
  });
});

test('a server that is not a master is not used, whatever a Sentinel calls it', async () => {
  const [, replica] = redis.servers;
  await redis.call('SENTINEL', 'MONITOR', 'stale', 'localhost', String(replica.port), '1');
  const state = await opened({ master: 'stale' });
  // As long as a connection takes, several times.
  for (let times = 0; times < 20; times += 1) {
    await expect(state.knows(keyOf('any'))).rejects.toMatchObject(unavailable);
    await delay(100);
  }
  await redis.call('SENTINEL', 'REMOVE', 'stale');
});

test('a Sentinel that has ended does no harm, and is no reason to complain', async () => {
  await redis.stopSentinel(3);
  const lines: string[] = [];
  const logger = createLogger('test', 'info', { write: (line: string) => void lines.push(line) });
  for (let times = 0; times < 4; times += 1) {
    const state = await opened({}, logger);
    await untilBack(() => state.knows(keyOf('any')));
  }
  expect(lines.filter((line) => line.includes('cannot be used'))).toEqual([]);
});

test('a master that is killed is refused at once, replaced within seconds, and what it was told is still known', async () => {
  const [one, other] = [await connected(), await connected()];
  const done = keyOf('done before');
  await one.remember(done, 600_000);
  const master = await redis.master();
  await master.replicated();
  await master.stop();
  const began = Date.now();
  await expect.poll(() => one.knows(done).catch((error: unknown) => error)).toMatchObject(unavailable);
  const asked = Date.now();
  for (let calls = 0; calls < 20; calls += 1) await expect(one.knows(done)).rejects.toMatchObject(unavailable);
  expect(Date.now() - asked).toBeLessThan(1_000);
  expect(await one.health()).toMatchObject({ status: 'degraded' });
  // The proxy that did it refuses it by itself meanwhile.
  for (const state of [one, other]) expect(await untilBack(() => state.knows(done))).toBe(true);
  expect(Date.now() - began).toBeLessThan(20_000);
  expect((await redis.master()).port).not.toBe(master.port);
  await one.remember(keyOf('done after'), 60_000);
  await master.run();
  // It comes back as a replica, which is never asked: what it says may be old.
  await untilBack(async () => {
    if (!(await master.admin.info('replication')).includes('role:slave')) throw new Error('not yet');
  });
});

test('a master that is replaced while it runs is left at once', async () => {
  const state = await connected();
  const before = await redis.master();
  const done = keyOf('done before');
  await state.remember(done, 600_000);
  await before.replicated();
  const [next] = redis.servers.filter(({ port }) => port !== before.port);
  await failOver();
  await untilBack(async () => {
    if ((await redis.master()).port !== next?.port) throw new Error('not yet');
  });
  const after = keyOf('done after');
  await untilBack(() => state.remember(after, 600_000));
  expect(await state.knows(done)).toBe(true);
  expect(await next?.admin.dbsize()).toBeGreaterThan(0);
  expect(await state.knows(after)).toBe(true);
});

test('a master that hangs is replaced, and nobody waits longer than a second', async () => {
  const state = await connected();
  const done = keyOf('done before');
  await state.remember(done, 600_000);
  const master = await redis.master();
  await master.replicated();
  master.pause();
  try {
    const waits: number[] = [];
    const untilMs = Date.now() + 30_000;
    for (let known: unknown; known !== true && Date.now() < untilMs; await delay(50)) {
      const asked = Date.now();
      known = await state.knows(done).catch(() => undefined);
      waits.push(Date.now() - asked);
    }
    expect(await state.knows(done)).toBe(true);
    expect(Math.max(...waits)).toBeLessThan(1_500);
  } finally {
    master.resume();
  }
});

/** As an operator does before maintenance. */
const failOver = () => untilBack(() => redis.call('SENTINEL', 'FAILOVER', 'bailiwick'));
