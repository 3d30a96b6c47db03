// @module-tag redis
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installationId, newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { RedisState } from '#infra/shared-state/redis-state.ts';
import { sharedName } from '#infra/shared-state/shared-names.ts';
import { RedisServer, untilBack } from './redis-server.ts';

/** The rights of infra/deploy/redis/users.acl: each is needed, and there is no other. */
const installation = installationId('users.example');
const rights = ['get', 'set', 'eval', 'time'];
const stack = new AsyncDisposableStack();
let redis: RedisServer;
let state: RedisState;
let calls = 0;

beforeAll(async () => {
  redis = stack.use(await RedisServer.start(installation));
  state = stack.use(new RedisState(redis.settings, { installation, logger: silentLogger() }));
  await untilBack(everything);
});
afterAll(() => stack.disposeAsync());

/** All that a process does with shared state. */
async function everything(): Promise<void> {
  const key = { tenant: newTenantId(), name: `call ${(calls += 1)}` };
  await state.remember(key, 1_000);
  expect(await state.knows(key)).toBe(true);
  await state.spend([{ name: `rate ${calls}`, rate: { perSec: 10, burst: 10 }, count: 1 }]);
}
const allow = (...rules: string[]) => redis.admin.call('ACL', 'SETUSER', 'gateway-proxy', ...rules);

test.each(rights)('%s is needed', async (right) => {
  await everything();
  await allow(`-${right}`);
  try {
    await expect(everything()).rejects.toMatchObject({
      code: 'shared-state.unavailable',
      operatorMessage: expect.stringContaining('lacks a right there'),
    });
  } finally {
    await allow(`+${right}`);
  }
  await everything();
});

test('every other command of the server is refused', async () => {
  const commands = (await redis.admin.call('ACL', 'CAT')) as string[];
  const all = await Promise.all(
    commands.map(async (category) => (await redis.admin.call('ACL', 'CAT', category)) as string[]),
  );
  const names = [...new Set(all.flat())].filter((name) => !name.includes('|'));
  expect(names.length).toBeGreaterThan(200);
  const allowed: string[] = [];
  for (const name of names) {
    // Enough arguments for any command: rights are looked at before what they mean.
    const answer = await redis.admin
      .call('ACL', 'DRYRUN', 'gateway-proxy', name, ...argumentsOf(name))
      .catch((error: unknown) => String(error));
    if (answer === 'OK') allowed.push(name);
    else expect(String(answer), name).toMatch(/no permissions to run the|wrong number of|not found/i);
  }
  expect(allowed.sort()).toEqual([...rights, ...withoutRights].sort());
});

/** Redis lets everybody sign in and out. */
const withoutRights = ['auth', 'hello', 'quit', 'reset'];
const argumentsOf = (name: string): string[] => {
  const key = sharedName(installation, { name: 'any' });
  if (name === 'eval') return ['return 1', '1', key];
  return { time: [], quit: [], reset: [], hello: [], get: [key], auth: ['x'] }[name] ?? [key, '1'];
};

test('nothing outside the installation can be read or written, by a script either', async () => {
  const { user: username, password } = redis.settings;
  const client = redis.connect({ username, password });
  try {
    const own = sharedName(installation, { name: 'own' });
    const others = ['anything', sharedName(installationId('users.example2'), { name: 'theirs' })];
    expect(await untilBack(() => client.set(own, '1', 'PX', 1_000))).toBe('OK');
    for (const key of others) {
      await expect(client.get(key), key).rejects.toThrow(/NOPERM/);
      await expect(client.set(key, '1'), key).rejects.toThrow(/NOPERM/);
      await expect(client.eval("return redis.call('GET', KEYS[1])", 1, key), key).rejects.toThrow(/NOPERM/);
      await expect(client.eval(`return redis.call('GET', '${key}')`, 1, own), key).rejects.toThrow(/can't access/);
    }
    await expect(client.eval("return redis.call('KEYS', '*')", 0)).rejects.toThrow(/can't run this command/);
    await expect(client.call('CONFIG', 'GET', '*')).rejects.toThrow(/NOPERM/);
  } finally {
    client.disconnect();
  }
});

test('nobody gets in without a user', async () => {
  const client = redis.connect({ username: 'default', password: '' });
  try {
    await expect(client.get('anything')).rejects.toThrow();
  } finally {
    client.disconnect();
  }
});
