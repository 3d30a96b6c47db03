// @module-tag redis
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RedisLevel } from '#infra/cache/redis-level.ts';
import { installationId, newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { RedisCounts } from '#infra/shared-state/redis-counts.ts';
import { RedisState } from '#infra/shared-state/redis-state.ts';
import { sharedName, type SharingPart } from '#infra/shared-state/shared-names.ts';
import { RedisServer, untilBack } from './redis-server.ts';

/** The rights of infra/deploy/redis/users.acl: each is needed, and there is no other. */
const installation = installationId('users.example');
const logger = silentLogger();
const stack = new AsyncDisposableStack();
let redis: RedisServer;
let calls = 0;

beforeAll(async () => {
  redis = stack.use(await RedisServer.start(installation));
});
afterAll(() => stack.disposeAsync());

/** All that a gateway-proxy does with what proxies share. */
function everythingOfProxy(): () => Promise<void> {
  const owner = { installation, part: 'gateway-proxy', logger } as const;
  const state = stack.use(new RedisState(redis.settingsOf('gateway-proxy'), owner));
  return async () => {
    const key = { tenant: newTenantId(), name: `call ${(calls += 1)}` };
    await state.remember(key, 1_000);
    expect(await state.knows(key)).toBe(true);
    await state.spend([{ name: `rate ${calls}`, rate: { perSec: 10, burst: 10 }, count: 1 }]);
  };
}

/** All that a part does whose replicas count together. */
function everythingOfCounting(part: SharingPart): () => Promise<void> {
  const owner = { installation, part, logger };
  const replica = stack.use(new RedisCounts(redis.settingsOf(part), owner, 'one'));
  return async () => {
    const key = { tenant: newTenantId(), name: `count ${(calls += 1)}` };
    await replica.exchange([{ ...key, counts: [1], forMs: 60_000 }]);
    expect(await replica.exchange([{ ...key, counts: [], forMs: 60_000 }])).toEqual([[]]);
  };
}

/** All that an audio service does with what it keeps beside its process. */
function everythingOfAudio(): () => Promise<void> {
  const owner = { installation, part: 'audio', logger } as const;
  const asItIs = { seal: async (bytes: Uint8Array) => bytes, open: async (bytes: Uint8Array) => bytes };
  const level = stack.use(new RedisLevel(redis.settingsOf('audio'), owner, asItIs));
  return async () => {
    const key = { tenant: newTenantId(), name: `search ${(calls += 1)}` };
    await level.write(key, Buffer.from('found'), 1_000);
    expect(Buffer.from((await level.read(key)) ?? []).toString()).toBe('found');
  };
}

const counting = ['eval', 'time', 'hset', 'hgetall', 'hdel', 'pexpire'];
const parts: readonly { part: SharingPart; rights: readonly string[]; open: () => () => Promise<void> }[] = [
  { part: 'gateway-proxy', rights: ['get', 'set', 'eval', 'time'], open: everythingOfProxy },
  { part: 'discord-edge', rights: counting, open: () => everythingOfCounting('discord-edge') },
  { part: 'api', rights: counting, open: () => everythingOfCounting('api') },
  { part: 'audio', rights: ['get', 'set'], open: everythingOfAudio },
];

describe.each(parts)('the user of $part', ({ part, rights, open }) => {
  test.each(rights)('needs %s', async (right) => {
    const everything = open();
    await untilBack(everything);
    await redis.admin.call('ACL', 'SETUSER', part, `-${right}`);
    try {
      await expect(everything()).rejects.toMatchObject({
        code: 'shared-state.unavailable',
        operatorMessage: expect.stringContaining('lacks a right there'),
      });
    } finally {
      await redis.admin.call('ACL', 'SETUSER', part, `+${right}`);
    }
    await everything();
  });

  test('is refused every other command of the server', async () => {
    const allowed = await allowedTo(part);
    expect(allowed.sort()).toEqual([...rights, ...withoutRights].sort());
  });

  test('can neither read nor write what is outside the installation or of another part, by a script either', async () => {
    const { user: username, password } = redis.settingsOf(part);
    const client = redis.connect({ username, password });
    const [read, write] = part === 'gateway-proxy' || part === 'audio' ? ['GET', 'SET'] : ['HGETALL', 'HDEL'];
    try {
      const own = sharedName({ installation, part }, { name: 'own' });
      const others = [
        'anything',
        sharedName({ installation: installationId('users.example2'), part }, { name: 'theirs' }),
        ...parts.flatMap((other) =>
          other.part === part ? [] : [sharedName({ installation, part: other.part }, { name: 'theirs' })],
        ),
      ];
      expect(others).toHaveLength(5);
      await untilBack(() => client.call(read, own));
      for (const key of others) {
        await expect(client.call(read, key), key).rejects.toThrow(/NOPERM/);
        await expect(client.call(write, key, '1'), key).rejects.toThrow(/NOPERM/);
        await expect(client.eval(`return redis.call('${read}', KEYS[1])`, 1, key), key).rejects.toThrow(/NOPERM/);
        await expect(client.eval(`return redis.call('${read}', '${key}')`, 1, own), key).rejects.toThrow(
          rights.includes('eval') ? /can't access/ : /NOPERM/,
        );
      }
      await expect(client.eval("return redis.call('KEYS', '*')", 0)).rejects.toThrow(
        rights.includes('eval') ? /can't run this command/ : /NOPERM/,
      );
      await expect(client.call('CONFIG', 'GET', '*')).rejects.toThrow(/NOPERM/);
    } finally {
      client.disconnect();
    }
  });
});

/** Redis lets everybody sign in and out. */
const withoutRights = ['auth', 'hello', 'quit', 'reset'];

async function allowedTo(part: SharingPart): Promise<string[]> {
  const key = sharedName({ installation, part }, { name: 'any' });
  const argumentsOf = (name: string): string[] =>
    ({
      time: [],
      quit: [],
      reset: [],
      hello: [],
      get: [key],
      hgetall: [key],
      hset: [key, '1', '1'],
      auth: ['x'],
      eval: ['return 1', '1', key],
    })[name] ?? [key, '1'];
  const categories = (await redis.admin.call('ACL', 'CAT')) as string[];
  const all = await Promise.all(
    categories.map(async (category) => (await redis.admin.call('ACL', 'CAT', category)) as string[]),
  );
  const names = [...new Set(all.flat())].filter((name) => !name.includes('|'));
  expect(names.length).toBeGreaterThan(200);
  const allowed: string[] = [];
  for (const name of names) {
    // Enough arguments for any command: rights are looked at before what they mean.
    const answer = await redis.admin
      .call('ACL', 'DRYRUN', part, name, ...argumentsOf(name))
      .catch((error: unknown) => String(error));
    if (answer === 'OK') allowed.push(name);
    else expect(String(answer), name).toMatch(/no permissions to run the|wrong number of|not found/i);
  }
  return allowed;
}

test('nobody gets in without a user', async () => {
  const client = redis.connect({ username: 'default', password: '' });
  try {
    await expect(client.get('anything')).rejects.toThrow();
  } finally {
    client.disconnect();
  }
});
