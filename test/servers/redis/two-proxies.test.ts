// @module-tag redis
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { request } from 'undici';
import { guildOne, startTestProxy, type Callers, type TestProxy } from '#gateway-proxy/proxy/proxy.fixture.ts';
import { shareEveryMs } from '#gateway-proxy/proxy/limits/share-rates.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { BotIdentity } from '#test/installation.ts';
import { startProxyProcess, type ProxyProcess } from '#test/proxy-process.ts';
import { RedisServer, untilBack } from './redis-server.ts';

/** Two real proxies beside each other, which share a real Redis. */
const stack = new AsyncDisposableStack();
const rate = { perSec: 20, burst: 40 };
/** What the second proxy can admit before it knows of the first. */
const overshoot = rate.burst + (rate.perSec * shareEveryMs) / 1000;
let redis: RedisServer;
let world: TestProxy;
let one: ProxyProcess;
let at: { one: Callers; other: Callers };
let tenant: TenantId;
let bot: BotIdentity;
let skips = 0;

beforeAll(async () => {
  redis = stack.use(await RedisServer.start('test'));
  world = stack.use(
    await startTestProxy({
      services: {
        audio: (app) => {
          const player = '/v1/tenants/:tenant/guilds/:guild/player';
          app.get(player, { config: { action: 'player.read' } }, async () => ({ state: 'idle' }));
          app.post(`${player}/skip`, { config: { action: 'player.skip' } }, async () => ({ skips: (skips += 1) }));
        },
      },
    }),
  );
  const limits = { tenant: rate, denials: { perSec: 10_000, burst: 10_000 } };
  const [first, second] = await Promise.all([
    startProxyProcess(world, redis.settings, limits),
    startProxyProcess(world, redis.settings, limits),
  ]);
  one = stack.use(first);
  stack.use(second);
  at = { one: stack.use(world.callersAt(first.port)), other: stack.use(world.callersAt(second.port)) };
});
afterAll(() => stack.disposeAsync());
/** Each test has a rate of its own. */
beforeEach(async () => {
  tenant = await world.newTenant();
  bot = await world.installation.botIdentity(tenant);
});

const player = (rest = '') => `/audio/v1/tenants/${tenant}/guilds/${guildOne}/player${rest}`;
const skipToken = () => world.discordToken(tenant, ['player.skip', 'player.read']);
async function answerOf(callers: Callers, options: Parameters<Callers['call']>[1], caller = bot) {
  const response = await callers.call(caller, options);
  const body = (await response.body.json()) as { code?: string };
  return { status: response.statusCode, headers: response.headers, code: body.code };
}
const skip = (callers: Callers, txnToken: string, caller = bot) =>
  answerOf(callers, { method: 'POST', path: player('/skip'), txnToken }, caller);
const read = (callers: Callers, txnToken: string) => answerOf(callers, { path: player(), txnToken });
const done = { status: 200 };
const replayed = { status: 403, code: 'once-only.replayed' };
const unavailable = { status: 503, code: 'once-only.unavailable' };
/** Both proxies have a connection to Redis. */
const settled = () =>
  untilBack(async () => {
    for (const callers of [at.one, at.other]) expect(await skip(callers, await skipToken())).toMatchObject(done);
  });

test('a member’s token that one proxy has used is refused by the other, and the denial is recorded', async () => {
  await settled();
  const token = await skipToken();
  const before = skips;
  expect(await skip(at.one, token)).toMatchObject(done);
  expect(await skip(at.other, token)).toMatchObject(replayed);
  expect(await skip(at.one, token)).toMatchObject(replayed);
  expect(skips).toBe(before + 1);
  expect(await read(at.other, token)).toMatchObject({ status: 200 });
  const records = await world.audit(tenant);
  expect(records.filter(({ reason }) => reason === 'once-only.replayed')).toHaveLength(2);
});

test('what replaces a killed bot gets the answer again, at either proxy', async () => {
  const token = await skipToken();
  expect(await skip(at.one, token)).toMatchObject(done);
  const successor = await world.installation.botIdentity(tenant);
  expect(await skip(at.other, token, successor)).toMatchObject(done);
  expect(await skip(at.one, token, successor)).toMatchObject(replayed);
});

test('two proxies admit together what one would, and one burst more', async () => {
  const token = await skipToken();
  const began = Date.now();
  let admitted = 0;
  let refused = 0;
  const flood = async (callers: Callers) => {
    while (Date.now() - began < 4_000) {
      const { status, headers } = await read(callers, token);
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

test('while Redis is stopped, changes are refused and reads go on; then everything goes on', async () => {
  await redis.stop();
  try {
    const token = await skipToken();
    const before = skips;
    for (const callers of [at.one, at.other]) {
      const refused = await skip(callers, token);
      expect(refused).toMatchObject(unavailable);
      expect(refused.headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '1' });
      expect(await read(callers, token)).toMatchObject({ status: 200 });
    }
    expect(skips).toBe(before);
    const health = await request(`http://127.0.0.1:${one.opsPort}/health`);
    expect(await health.body.json()).toMatchObject({
      status: 'degraded',
      causes: expect.arrayContaining([expect.objectContaining({ name: 'shared-state', status: 'degraded' })]),
    });
  } finally {
    await redis.run();
  }
  await settled();
  const token = await skipToken();
  expect(await skip(at.one, token)).toMatchObject(done);
  expect(await skip(at.other, token)).toMatchObject(replayed);
});

test('while Redis hangs, a change is refused within two seconds, and a read waits for nothing', async () => {
  redis.pause();
  try {
    const token = await skipToken();
    const began = Date.now();
    expect(await skip(at.one, token)).toMatchObject(unavailable);
    expect(Date.now() - began).toBeLessThan(2_000);
    const reading = Date.now();
    for (let reads = 0; reads < 10; reads += 1) expect(await read(at.one, token)).toMatchObject({ status: 200 });
    expect(Date.now() - reading).toBeLessThan(2_000);
  } finally {
    redis.resume();
  }
  await settled();
});

test('after a flush the proxy that did it still refuses it', async () => {
  const token = await skipToken();
  expect(await skip(at.one, token)).toMatchObject(done);
  await redis.admin.flushall();
  expect(await skip(at.one, token)).toMatchObject(replayed);
});
