// @module-tag redis
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId, newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { openSharedCounts, openSharedState } from '#infra/shared-state/open-shared-state.ts';
import { describeSharedCounts } from '#infra/shared-state/shared-counts.contract.ts';
import { describeSharedState } from '#infra/shared-state/shared-state.contract.ts';
import { RedisCluster } from './redis-cluster.ts';
import { untilBack, type RedisServer } from './redis-server.ts';

/** Shared state in a real cluster of three masters, one of which ends or hangs, with and without replicas. */
const installation = installationId('cluster.example');
const owner = { installation, logger: silentLogger(), clock: systemClock };
const stack = new AsyncDisposableStack();
const rate = { perSec: 1, burst: 10 };
let redis: RedisCluster;

async function connected() {
  const settings = redis.settingsOf('gateway-proxy');
  const state = stack.use(await openSharedState(settings, { ...owner, part: 'gateway-proxy' }));
  await untilBack(() => state.knows({ name: 'any' }));
  return state;
}
async function counting() {
  const counts = stack.use(await openSharedCounts(redis.settingsOf('api'), { ...owner, part: 'api' }));
  await untilBack(() => counts.exchange([{ name: 'any', counts: [], forMs: 1 }]));
  return counts;
}

describe('with a replica for each master', () => {
  beforeAll(async () => {
    redis = stack.use(await RedisCluster.start(installation, 3));
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  describeSharedState('a Redis Cluster', async () => ({
    one: await connected(),
    other: await connected(),
    passMs: delay,
  }));
  describeSharedCounts('a Redis Cluster', async () => ({
    one: await counting(),
    other: await counting(),
    passMs: delay,
  }));

  test('uses all servers, and keeps everything of a tenant at one', async () => {
    const state = await connected();
    const tenants = Array.from({ length: 50 }, () => newTenantId());
    const buckets = tenants.flatMap((tenant) => ['a', 'b', 'c'].map((name) => ({ tenant, name, rate, count: 1_000 })));
    await untilBack(async () => expect(await state.spend(buckets)).not.toContain(undefined));
    const sizes = await Promise.all(
      redis.masters.map(async ({ admin }) => {
        const names = await admin.keys(`bailiwick:${installation}:gateway-proxy:*`);
        return tenants.filter((tenant) => {
          const own = names.filter((name) => name.includes(`{${tenant}}`)).length;
          expect([0, 3]).toContain(own);
          return own > 0;
        }).length;
      }),
    );
    expect(sizes.reduce((all, size) => all + size)).toBe(50);
    for (const size of sizes) expect(size).toBeGreaterThan(0);
  });

  test.each(['is killed', 'hangs'])('a master that %s is replaced, and nobody waits long', async (what) => {
    const state = await connected();
    const master = what === 'hangs' ? redis.masters[0] : redis.masters[1];
    if (!master) throw new Error('no master');
    const tenant = await tenantOf(master);
    const elsewhere = await tenantOf(redis.masters[2] as RedisServer);
    const done = { tenant, name: 'done before' };
    await state.remember(done, 600_000);
    await master.replicated();
    await (what === 'hangs' ? master.pause() : master.stop());
    try {
      await expect.poll(() => state.knows(done).catch((error: unknown) => error)).toMatchObject(unavailable);
      expect(await state.knows({ tenant: elsewhere, name: 'any' })).toBe(false);
      const waits: number[] = [];
      const untilMs = Date.now() + 40_000;
      for (let known: unknown; known !== true && Date.now() < untilMs; await delay(50)) {
        const asked = Date.now();
        known = await state.knows(done).catch(() => undefined);
        waits.push(Date.now() - asked);
      }
      expect(await untilBack(() => state.knows(done))).toBe(true);
      expect(Math.max(...waits)).toBeLessThan(2_000);
      expect(await untilBack(() => state.spend([{ ...done, rate, count: 1 }]))).toEqual([expect.any(Number)]);
    } finally {
      await (what === 'hangs' ? master.resume() : master.run());
    }
  });
});

describe('without replicas', () => {
  let tenants: TenantId[];

  beforeAll(async () => {
    redis = stack.use(await RedisCluster.start(installation, 0));
  });
  afterAll(() => redis[Symbol.asyncDispose]());
  beforeEach(async () => {
    tenants = await Promise.all(redis.masters.map(tenantOf));
  });

  test('a master that has ended is missed by its own tenants only, and health says so', async () => {
    const state = await connected();
    const [ended, ...others] = redis.masters as [RedisServer, ...RedisServer[]];
    const [lost, ...rest] = tenants as [TenantId, ...TenantId[]];
    expect(others).toHaveLength(2);
    expect(await state.health()).toEqual({ status: 'healthy' });
    await ended.stop();
    await expect
      .poll(() => state.knows({ tenant: lost, name: 'any' }).catch((error: unknown) => error))
      .toMatchObject(unavailable);
    for (const tenant of rest) {
      await untilBack(() => state.remember({ tenant, name: 'done' }, 60_000));
      expect(await state.knows({ tenant, name: 'done' })).toBe(true);
    }
    const debts = await untilBack(() => state.spend(tenants.map((tenant) => ({ tenant, name: 'r', rate, count: 2 }))));
    expect(debts).toEqual([undefined, expect.any(Number), expect.any(Number)]);
    await expect
      .poll(() => state.health())
      .toMatchObject({ status: 'degraded', detail: expect.stringMatching(/slots have no server|cannot be used/) });
    await ended.run();
    expect(await untilBack(() => state.knows({ tenant: lost, name: 'any' }))).toBe(false);
    await expect.poll(() => state.health()).toEqual({ status: 'healthy' });
  });
});

const unavailable = { code: 'shared-state.unavailable', status: 503 };

/** A tenant whose keys are at this server, while all its masters run. */
async function tenantOf(server: RedisServer): Promise<TenantId> {
  for (;;) {
    const tenant = newTenantId();
    if ((await redis.masterOf(tenant)) === server) return tenant;
  }
}
