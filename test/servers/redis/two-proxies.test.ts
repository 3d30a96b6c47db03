// @module-tag redis
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { request } from 'undici';
import type { Callers } from '#gateway-proxy/proxy/proxy.fixture.ts';
import { shareEveryMs } from '#gateway-proxy/proxy/limits/share-rates.ts';
import { ProxyPair, done, replayed, unavailable } from './proxy-pair.ts';
import { RedisServer } from './redis-server.ts';

/** Two real proxies beside each other, which share a real Redis. */
const stack = new AsyncDisposableStack();
const rate = { perSec: 20, burst: 40 };
/** What the second proxy can admit before it knows of the first. */
const overshoot = rate.burst + (rate.perSec * shareEveryMs) / 1000;
let redis: RedisServer;
let pair: ProxyPair;
let at: ProxyPair['at'];

beforeAll(async () => {
  redis = stack.use(await RedisServer.start('test'));
  pair = stack.use(await ProxyPair.start(redis.settings, rate));
  ({ at } = pair);
});
afterAll(() => stack.disposeAsync());
/** Each test has a rate of its own. */
beforeEach(() => pair.another());

test('a member’s token that one proxy has used is refused by the other, and the denial is recorded', async () => {
  await pair.settled();
  const token = await pair.skipToken();
  const before = pair.skips;
  expect(await pair.skip(at.one, token)).toMatchObject(done);
  expect(await pair.skip(at.other, token)).toMatchObject(replayed);
  expect(await pair.skip(at.one, token)).toMatchObject(replayed);
  expect(pair.skips).toBe(before + 1);
  expect(await pair.read(at.other, token)).toMatchObject({ status: 200 });
  const records = await pair.world.audit(pair.tenant);
  expect(records.filter(({ reason }) => reason === 'once-only.replayed')).toHaveLength(2);
});

test('what replaces a killed bot gets the answer again, at either proxy', async () => {
  const token = await pair.skipToken();
  expect(await pair.skip(at.one, token)).toMatchObject(done);
  const successor = await pair.successor();
  expect(await pair.skip(at.other, token, successor)).toMatchObject(done);
  expect(await pair.skip(at.one, token, successor)).toMatchObject(replayed);
});

test('two proxies admit together what one would, and one burst more', async () => {
  const token = await pair.skipToken();
  const began = Date.now();
  let admitted = 0;
  let refused = 0;
  const flood = async (callers: Callers) => {
    while (Date.now() - began < 4_000) {
      const { status, headers } = await pair.read(callers, token);
      if (status === 200) admitted += 1;
      else {
        expect(status).toBe(429);
        expect(headers['ratelimit-policy']).toBe(`"tenant";q=${rate.burst};w=${rate.burst / rate.perSec}`);
        refused += 1;
      }
    }
  };
  await Promise.all([at.one, at.other, at.one, at.other].map(flood));
  const tookSec = (Date.now() - began) / 1000;
  const alone = rate.burst + rate.perSec * tookSec;
  expect(refused).toBeGreaterThan(0);
  // Two proxies that do not know of each other would admit twice what one does.
  expect(admitted).toBeLessThanOrEqual(alone + overshoot);
  expect(alone + overshoot).toBeLessThan(1.5 * alone);
  expect(admitted).toBeGreaterThan(alone * 0.8);
});

test('a proxy that stands still keeps no part of a rate from the other, and exceeds it once when it goes on', async () => {
  const token = await pair.skipToken();
  const [stopped] = pair.processes;
  const began = Date.now();
  let admitted = 0;
  /** @returns how many it admitted */
  const flood = async (callers: Callers, untilMs: number): Promise<number> => {
    let count = 0;
    while (Date.now() < untilMs) if ((await pair.read(callers, token)).status === 200) count += 1;
    admitted += count;
    return count;
  };
  // Until what they admitted before they knew of each other is made up for.
  const settledMs = began + 1_000 + (overshoot / rate.perSec) * 1_000;
  await Promise.all([flood(at.one, settledMs), flood(at.other, settledMs)]);
  stopped.signal('SIGSTOP');
  let hanging: Promise<number>;
  try {
    hanging = flood(at.one, Date.now() + 50);
    // The whole rate, as for a proxy without another.
    const sinceMs = Date.now();
    const count = await flood(at.other, sinceMs + 3_000);
    expect(count).toBeGreaterThan(0.8 * rate.perSec * ((Date.now() - sinceMs) / 1_000));
  } finally {
    stopped.signal('SIGCONT');
  }
  await hanging;
  const until = Date.now() + 1_500;
  await Promise.all([flood(at.one, until), flood(at.other, until)]);
  const alone = rate.burst + rate.perSec * ((Date.now() - began) / 1_000);
  expect(admitted).toBeLessThanOrEqual(alone + 2 * overshoot);
});

test('while Redis is stopped, changes are refused and reads go on; then everything goes on', async () => {
  await redis.stop();
  try {
    const token = await pair.skipToken();
    const before = pair.skips;
    for (const callers of [at.one, at.other]) {
      const refused = await pair.skip(callers, token);
      expect(refused).toMatchObject(unavailable);
      expect(refused.headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '1' });
      expect(await pair.read(callers, token)).toMatchObject({ status: 200 });
    }
    expect(pair.skips).toBe(before);
    const health = await request(`http://127.0.0.1:${pair.processes[0].opsPort}/health`);
    expect(await health.body.json()).toMatchObject({
      status: 'degraded',
      causes: expect.arrayContaining([expect.objectContaining({ name: 'shared-state', status: 'degraded' })]),
    });
  } finally {
    await redis.run();
  }
  await pair.settled();
  const token = await pair.skipToken();
  expect(await pair.skip(at.one, token)).toMatchObject(done);
  expect(await pair.skip(at.other, token)).toMatchObject(replayed);
});

test('while Redis hangs, a change is refused within two seconds, and a read waits for nothing', async () => {
  redis.pause();
  try {
    const token = await pair.skipToken();
    const began = Date.now();
    expect(await pair.skip(at.one, token)).toMatchObject(unavailable);
    expect(Date.now() - began).toBeLessThan(2_000);
    const reading = Date.now();
    for (let reads = 0; reads < 10; reads += 1) expect(await pair.read(at.one, token)).toMatchObject({ status: 200 });
    expect(Date.now() - reading).toBeLessThan(2_000);
  } finally {
    redis.resume();
  }
  await pair.settled();
});

test('after a flush the proxy that did it still refuses it', async () => {
  const token = await pair.skipToken();
  expect(await pair.skip(at.one, token)).toMatchObject(done);
  await redis.admin.flushall();
  expect(await pair.skip(at.one, token)).toMatchObject(replayed);
});
