// @module-tag redis
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProxyPair, done, replayed, unavailable } from './proxy-pair.ts';
import { RedisCluster } from './redis-cluster.ts';
import { RedisSentinels } from './redis-sentinels.ts';
import type { RedisServer } from './redis-server.ts';

/** Two real proxies, while the server that has a tenant's keys is killed and another one takes over. */
let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

async function sentinels() {
  const redis = stack.use(await RedisSentinels.start('test'));
  return { settings: redis.settingsOf('gateway-proxy'), masterOf: () => redis.master() };
}
async function cluster() {
  const redis = stack.use(await RedisCluster.start('test', 3));
  return { settings: redis.settingsOf('gateway-proxy'), masterOf: (tenant: string) => redis.masterOf(tenant) };
}

describe.each([
  { name: 'Sentinels', start: sentinels },
  { name: 'a cluster', start: cluster },
])('with $name', ({ start }) => {
  test('changes are refused and reads go on until a replica has taken over, which knows what was done', async () => {
    const { settings, masterOf } = await start();
    const pair = stack.use(await ProxyPair.start(settings));
    const { one, other } = pair.at;
    await pair.settled();
    const used = await pair.skipToken();
    expect(await pair.skip(one, used)).toMatchObject(done);
    const master: RedisServer = await masterOf(pair.tenant);
    await master.replicated();
    await master.stop();

    const token = await pair.skipToken();
    const before = pair.skips;
    for (const callers of [one, other]) {
      expect(await pair.skip(callers, token)).toMatchObject(unavailable);
      expect(await pair.read(callers, token)).toMatchObject({ status: 200 });
    }
    expect(pair.skips).toBe(before);
    expect(await pair.skip(one, used)).toMatchObject(replayed);

    await pair.settled();
    expect(await pair.skip(other, used)).toMatchObject(replayed);
    expect(await pair.skip(other, token)).toMatchObject(done);
    expect(await pair.skip(one, token)).toMatchObject(replayed);
  });
});
