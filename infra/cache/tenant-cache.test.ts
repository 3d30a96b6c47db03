import { setImmediate as turn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { CacheMetrics } from './cache-metrics.ts';
import type { CacheKey, SecondLevel } from './second-level.ts';
import { TenantCache, type TenantCacheOptions } from './tenant-cache.ts';

const freshMs = 300_000;
const staleMs = 3_600_000;
const [tenant, other] = [newTenantId(), newTenantId()];
const key = { tenant, name: 'ytsearch:bell' };

/** A second level in memory that can fail. */
class Shelf implements SecondLevel {
  readonly values = new Map<string, Uint8Array>();
  isAway = false;
  asked = 0;

  async read({ tenant: whose, name }: CacheKey) {
    this.asked += 1;
    if (this.isAway) throw new Error('away');
    return this.values.get(`${whose} ${name}`);
  }

  async write({ tenant: whose, name }: CacheKey, bytes: Uint8Array) {
    if (this.isAway) throw new Error('away');
    this.values.set(`${whose} ${name}`, bytes);
  }

  async [Symbol.asyncDispose]() {
    this.values.clear();
  }
}

const parse = (value: unknown) => (typeof value === 'string' ? value : undefined);

function open(more: Partial<TenantCacheOptions<string>> = {}) {
  const clock = new FakeClock();
  const registry = new Registry();
  const metrics = new CacheMetrics(registry);
  const options = { name: 'test', freshMs, staleMs, maxEntries: 100, maxBytes: 10_000, clock, metrics, parse, ...more };
  const cache = new TenantCache<string>(options);
  let loads = 0;
  const load = async () => `value ${(loads += 1)}`;
  const metric = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values ?? [];
  const answers = async () =>
    Object.fromEntries(
      (await metric('bailiwick_cache_answers_total')).map(({ labels, value }) => [labels['from'], value]),
    );
  return { clock, cache, load, metric, answers, again: () => cache.get(key, load) };
}

const never = () => Promise.reject(new Error('must not be loaded'));

test('answers what is fresh without loading it again, and counts that', async () => {
  const { clock, again, answers, metric } = open();
  expect(await again()).toBe('value 1');
  clock.advance(freshMs - 1);
  expect(await again()).toBe('value 1');
  expect(await answers()).toEqual({ loaded: 1, first: 1 });
  expect(await metric('bailiwick_cache_entries')).toMatchObject([{ labels: { cache: 'test' }, value: 1 }]);
  expect(await metric('bailiwick_cache_bytes')).toMatchObject([{ value: 10 }]);
});

test('loads once for all who ask at the same time', async () => {
  const { cache, answers } = open();
  const { promise, resolve } = Promise.withResolvers<string>();
  let loads = 0;
  const asked = Array.from({ length: 50 }, () =>
    cache.get(key, () => {
      loads += 1;
      return promise;
    }),
  );
  await turn();
  resolve('for all');
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['for all']));
  expect(loads).toBe(1);
  expect(await answers()).toEqual({ loaded: 1, shared: 49 });
});

describe('what is no longer fresh', () => {
  test('is answered at once, while it is loaded again', async () => {
    const { clock, again, answers } = open();
    await again();
    clock.advance(freshMs + 1);
    expect(await again()).toBe('value 1');
    await turn();
    expect(await again()).toBe('value 2');
    expect(await answers()).toEqual({ loaded: 1, stale: 1, first: 1 });
  });

  test('goes on being answered while loading fails, until it is too old', async () => {
    const { clock, cache, again } = open();
    await again();
    for (let passed = freshMs; passed < freshMs + staleMs; passed += freshMs) {
      clock.advance(freshMs);
      if (passed + freshMs < freshMs + staleMs + freshMs) expect(await cache.get(key, never)).toBe('value 1');
      await turn();
    }
    clock.advance(freshMs);
    await expect(cache.get(key, never)).rejects.toThrow('must not be loaded');
    expect(await again()).toBe('value 2');
  });
});

test('does not keep a failure, and tells it to all who wait', async () => {
  const { cache, again } = open();
  const asked = [1, 2].map(() => cache.get(key, never));
  for (const outcome of await Promise.allSettled(asked)) expect(outcome.status).toBe('rejected');
  expect(await again()).toBe('value 1');
});

test('does not keep what must not be answered again, in neither level', async () => {
  const level = new Shelf();
  const { again } = open({ keeps: (value) => value !== 'value 1', second: level });
  expect(await again()).toBe('value 1');
  expect(level.values.size).toBe(0);
  expect(await again()).toBe('value 2');
  expect(await again()).toBe('value 2');
});

test("never answers a tenant with another's value", async () => {
  const { cache, again } = open({ second: new Shelf() });
  await again();
  expect(await cache.get({ ...key, tenant: other }, async () => 'theirs')).toBe('theirs');
  expect(await again()).toBe('value 1');
});

test('is bounded by entries and by bytes', async () => {
  const { cache, metric } = open({ maxEntries: 5, maxBytes: 1_000 });
  for (let index = 0; index < 20; index += 1) await cache.get({ tenant, name: `${index}` }, async () => 'x');
  expect(await metric('bailiwick_cache_entries')).toMatchObject([{ value: 5 }]);
  for (let index = 0; index < 20; index += 1)
    await cache.get({ tenant, name: `long ${index}` }, async () => 'x'.repeat(90));
  const [bytes] = await metric('bailiwick_cache_bytes');
  expect(bytes?.value).toBeLessThanOrEqual(1_000);
  // More than a tenth of all: answered, not kept.
  const large = { tenant, name: 'large' };
  expect(await cache.get(large, async () => 'x'.repeat(200))).toHaveLength(200);
  expect(await cache.get(large, async () => 'again')).toBe('again');
});

describe('a tenant that is forgotten', () => {
  test('is asked for anew, unlike others', async () => {
    const { cache, again } = open();
    await again();
    await cache.get({ ...key, tenant: other }, async () => 'theirs');
    cache.forget(tenant);
    expect(await again()).toBe('value 2');
    expect(await cache.get({ ...key, tenant: other }, never)).toBe('theirs');
  });

  test('also loses what was being loaded', async () => {
    const { cache, again } = open();
    const { promise, resolve } = Promise.withResolvers<string>();
    const asked = cache.get(key, () => promise);
    await turn();
    cache.forget(tenant);
    resolve('from before');
    expect(await asked).toBe('from before');
    expect(await again()).toBe('value 1');
  });
});

test('everything can be forgotten at once, also what is being loaded', async () => {
  const { cache, again, metric } = open();
  await cache.get({ ...key, tenant: other }, async () => 'theirs');
  const { promise, resolve } = Promise.withResolvers<string>();
  const asked = cache.get(key, () => promise);
  await turn();
  cache.forgetAll();
  resolve('from before');
  expect(await asked).toBe('from before');
  expect(await metric('bailiwick_cache_entries')).toMatchObject([{ value: 0 }]);
  expect(await again()).toBe('value 1');
});

test('what is put is true from then on, whatever was being loaded', async () => {
  const { cache, again } = open();
  const { promise, resolve } = Promise.withResolvers<string>();
  const asked = cache.get(key, () => promise);
  await turn();
  cache.put(key, 'new');
  resolve('old');
  expect(await asked).toBe('old');
  expect(await again()).toBe('new');
});

describe('the second level', () => {
  const two = () => {
    const level = new Shelf();
    const [one, next] = [open({ second: level }), open({ second: level })];
    return { level, one, next };
  };

  test('has what another process has loaded', async () => {
    const { one, next } = two();
    await one.again();
    expect(await next.cache.get(key, never)).toBe('value 1');
    expect(await next.answers()).toEqual({ second: 1 });
    expect(await next.cache.get(key, never)).toBe('value 1');
    expect(await next.answers()).toEqual({ second: 1, first: 1 });
  });

  test('does not make old what is new: its age counts', async () => {
    const { one, next } = two();
    await one.again();
    next.clock.advance(freshMs - 10);
    await next.again();
    next.clock.advance(11);
    expect(await next.cache.get(key, async () => 'renewed')).toBe('value 1');
    await turn();
    expect(await next.cache.get(key, never)).toBe('renewed');
    expect(await next.answers()).toEqual({ second: 1, stale: 1, first: 1 });
  });

  test('is left alone for five seconds after it has failed, and nothing fails with it', async () => {
    const { level, one } = two();
    level.isAway = true;
    expect(await one.again()).toBe('value 1');
    await one.cache.get({ tenant, name: 'second' }, one.load);
    expect(level.asked).toBe(1);
    expect(await one.metric('bailiwick_cache_second_level_failures_total')).toMatchObject([{ value: 1 }]);
    level.isAway = false;
    one.clock.advance(5_001);
    await one.cache.get({ tenant, name: 'third' }, one.load);
    expect(level.asked).toBe(2);
  });

  test('is not believed what is no value', async () => {
    const { level, one, next } = two();
    await one.again();
    for (const name of level.values.keys()) level.values.set(name, Buffer.from('{'));
    expect(await next.cache.get(key, async () => 'loaded')).toBe('loaded');
  });
});
