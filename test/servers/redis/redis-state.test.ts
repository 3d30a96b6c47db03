// @module-tag redis
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId, newTenantId } from '#infra/kernel/ids.ts';
import { createLogger, silentLogger } from '#infra/logger/logger.ts';
import { openSharedCounts, openSharedState } from '#infra/shared-state/open-shared-state.ts';
import { sharedStateSchema, type RedisSettings } from '#infra/shared-state/settings.ts';
import { describeSharedCounts } from '#infra/shared-state/shared-counts.contract.ts';
import type { SharedCounts } from '#infra/shared-state/shared-counts.ts';
import { describeSharedState } from '#infra/shared-state/shared-state.contract.ts';
import type { SharedState } from '#infra/shared-state/shared-state.ts';
import { createAuthority } from '#test/authority.ts';
import { RedisServer, untilBack } from './redis-server.ts';

const installation = installationId('state.example');
const owner = { installation, logger: silentLogger(), clock: systemClock };
let redis: RedisServer;
let stack = new AsyncDisposableStack();

beforeAll(async () => {
  redis = await RedisServer.start(installation);
});
afterAll(() => redis?.[Symbol.asyncDispose]());
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

const opened = async (changes: Partial<RedisSettings> = {}): Promise<SharedState> =>
  stack.use(
    await openSharedState(sharedStateSchema.parse({ ...redis.settings, ...changes }), {
      ...owner,
      part: 'gateway-proxy',
    }),
  );
const connected = async (): Promise<SharedState> => {
  const state = await opened();
  await untilBack(() => state.knows(key));
  return state;
};
const key = { tenant: newTenantId(), name: 'a call of 80351110224678912' };
const unavailable = (says: RegExp) =>
  expect.objectContaining({
    code: 'shared-state.unavailable',
    status: 503,
    operatorMessage: expect.stringMatching(says),
  });

/** As an api has it. */
const counting = async (): Promise<SharedCounts> => {
  const counts = stack.use(await openSharedCounts(redis.settingsOf('api'), { ...owner, part: 'api' }));
  await untilBack(() => counts.exchange([{ ...key, counts: [], forMs: 1 }]));
  return counts;
};

describeSharedCounts('Redis', async () => ({ one: await counting(), other: await counting(), passMs: delay }));

describeSharedState('Redis', async () => ({ one: await connected(), other: await connected(), passMs: delay }));

describe('shared state at Redis', () => {
  test('is kept under names of the installation and the tenant, which tell nothing else', async () => {
    await redis.admin.flushall();
    const state = await connected();
    await state.remember(key, 60_000);
    await state.spend([{ name: 'address 192.0.2.1', rate: { perSec: 1, burst: 1 }, count: 100 }]);
    const names = (await redis.admin.keys('*')).sort();
    expect(names).toEqual([
      expect.stringMatching(/^bailiwick:state\.example:gateway-proxy:\{platform\}:[A-Za-z0-9_-]{43}$/),
      expect.stringMatching(
        new RegExp(`^bailiwick:state\\.example:gateway-proxy:\\{${key.tenant}\\}:[A-Za-z0-9_-]{43}$`),
      ),
    ]);
    for (const name of names) expect(await redis.admin.pttl(name)).toBeGreaterThan(50_000);
  });

  test('is refused at once while Redis is stopped, and goes on by itself once it runs', async () => {
    const state = await connected();
    await redis.stop();
    await expect.poll(() => state.knows(key).catch((error: unknown) => error)).toEqual(unavailable(/./));
    const began = Date.now();
    for (let calls = 0; calls < 50; calls += 1) await expect(state.knows(key)).rejects.toEqual(unavailable(/./));
    expect(Date.now() - began).toBeLessThan(300);
    expect(await state.health()).toMatchObject({ status: 'degraded', detail: expect.stringMatching(/Redis cannot/) });
    await redis.run();
    expect(await untilBack(() => state.knows(key))).toBe(false);
    expect(await state.health()).toEqual({ status: 'healthy' });
  });

  test('waits half a second for a Redis that hangs, for no more than a thousand commands, then not at all', async () => {
    const state = await connected();
    redis.pause();
    try {
      const began = Date.now();
      const calls = await Promise.allSettled(Array.from({ length: 1_500 }, () => state.knows(key)));
      expect(Date.now() - began).toBeLessThan(1_500);
      const reasons = calls.map((call) => (call as PromiseRejectedResult).reason as { operatorMessage: string });
      for (const reason of reasons) expect(reason).toEqual(unavailable(/does not answer|too many/));
      expect(reasons.filter(({ operatorMessage }) => operatorMessage.includes('too many'))).toHaveLength(500);
      await delay(1_200);
      const again = Date.now();
      await expect(state.knows(key)).rejects.toEqual(unavailable(/does not answer/));
      expect(Date.now() - again).toBeLessThan(100);
    } finally {
      redis.resume();
    }
    expect(await untilBack(() => state.knows(key))).toBe(false);
  });

  test('is forgotten when Redis is flushed, and remembers again', async () => {
    const state = await connected();
    await state.remember(key, 60_000);
    await redis.admin.flushall();
    expect(await state.knows(key)).toBe(false);
    await state.remember(key, 60_000);
    expect(await state.knows(key)).toBe(true);
  });

  test('goes on after its connections were cut', async () => {
    const state = await connected();
    await redis.admin.call('CLIENT', 'KILL', 'USER', 'gateway-proxy');
    expect(await untilBack(() => state.knows(key))).toBe(true);
  });

  test('refuses a full Redis rather than forget', async () => {
    const state = await connected();
    await redis.admin.call('CONFIG', 'SET', 'maxmemory', '1');
    try {
      await expect(state.remember({ name: 'new' }, 60_000)).rejects.toEqual(unavailable(/OOM/));
      expect(await state.knows(key)).toBe(true);
    } finally {
      await redis.admin.call('CONFIG', 'SET', 'maxmemory', '256mb');
    }
  });

  test('says that the password is wrong, and tells it to nobody', async () => {
    const lines: string[] = [];
    const logger = createLogger('test', 'info', { write: (line: string) => void lines.push(line) });
    const password = 'a very secret password';
    const state = stack.use(
      await openSharedState({ ...redis.settings, password }, { ...owner, part: 'gateway-proxy', logger }),
    );
    await expect.poll(() => lines.join()).toContain('does not accept this user and password');
    const refused: unknown = await state.knows(key).catch((error: unknown) => error);
    expect(refused).toEqual(unavailable(/does not accept this user and password/));
    expect(inspect([refused, lines], { depth: 10, showHidden: true })).not.toContain(password);
  });

  test('sends nothing to a server whose certificate another authority signed', async () => {
    const { certPem } = await createAuthority();
    const state = await opened({ trustPem: certPem });
    await expect
      .poll(() => state.knows(key).catch((error: unknown) => error))
      .toEqual(unavailable(/not signed by a trusted authority/));
  });

  test('accepts no address without TLS, and none with a password in it', () => {
    for (const url of ['redis://localhost:6379', 'rediss://user:secret@localhost:6379', 'rediss://localhost:6379/1'])
      expect(sharedStateSchema.safeParse({ ...redis.settings, url }).success, url).toBe(false);
  });
});
