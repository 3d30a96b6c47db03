// @module-tag redis
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RedisLevel } from '#infra/cache/redis-level.ts';
import { installationId, newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { RedisCounts } from '#infra/shared-state/redis-counts.ts';
import { RedisFanOut } from '#infra/streaming/redis-fan-out.ts';
import { RedisState } from '#infra/shared-state/redis-state.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import type { RedisSettings } from '#infra/shared-state/settings.ts';
import { sharedName, type SharingPart } from '#infra/shared-state/shared-names.ts';
import { RedisCluster } from './redis-cluster.ts';
import { RedisSentinels } from './redis-sentinels.ts';
import { RedisServer, untilBack } from './redis-server.ts';

/** The rights of infra/deploy/redis: each is needed, and there is no other, wherever the users are. */
const installation = installationId('users.example');
const logger = silentLogger();
let calls = 0;

/** What Redis is made of. */
interface Place {
  settingsOf(part: SharingPart): RedisSettings;
  /** Every server that has the parts' users. */
  readonly servers: readonly RedisServer[];
  /** Rights that every part needs besides. */
  readonly besides: readonly string[];
  /** Tenants whose keys are being moved to another server. */
  readonly moving?: readonly TenantId[];
}

const tenantsAt = ({ moving = [] }: Place): TenantId[] => [newTenantId(), ...moving];

const oneServer = async (stack: AsyncDisposableStack): Promise<Place> => {
  const server = stack.use(await RedisServer.start(installation));
  return { settingsOf: (part) => server.settingsOf(part), servers: [server], besides: [] };
};
const underSentinel = async (stack: AsyncDisposableStack): Promise<Place & { readonly sentinels: RedisSentinels }> => {
  const sentinels = stack.use(await RedisSentinels.start(installation));
  const { servers } = sentinels;
  return { settingsOf: (part) => sentinels.settingsOf(part), servers, besides: ['info'], sentinels };
};
const inCluster = async (stack: AsyncDisposableStack): Promise<Place> => {
  const cluster = stack.use(await RedisCluster.start(installation, 0));
  const besides = ['cluster|slots', 'cluster|info', 'asking'];
  const moving = [newTenantId()];
  for (const tenant of moving) await cluster.move(tenant);
  return { settingsOf: (part) => cluster.settingsOf(part), servers: cluster.masters, besides, moving };
};

/** @throws what health is about, in words for an operator */
async function healthy({ health }: { readonly health: HealthCheck }): Promise<void> {
  const { status, detail } = await health();
  if (status !== 'healthy') throw Object.assign(new Error(detail), { operatorMessage: detail });
}

/** All that a gateway-proxy does with what proxies share. */
function everythingOfProxy(place: Place, stack: AsyncDisposableStack): () => Promise<void> {
  const owner = { installation, part: 'gateway-proxy', logger } as const;
  const state = stack.use(new RedisState(place.settingsOf('gateway-proxy'), owner));
  return async () => {
    await healthy(state);
    for (const tenant of tenantsAt(place)) {
      const key = { tenant, name: `call ${(calls += 1)}` };
      await state.remember(key, 1_000);
      expect(await state.knows(key)).toBe(true);
    }
    await state.spend([{ name: `rate ${calls}`, rate: { perSec: 10, burst: 10 }, count: 1 }]);
  };
}

/** All that a part does whose replicas count together. */
const everythingOfCounting = (part: SharingPart) => (place: Place, stack: AsyncDisposableStack) => {
  const owner = { installation, part, logger };
  const replica = stack.use(new RedisCounts(place.settingsOf(part), owner, 'one'));
  return async () => {
    await healthy(replica);
    for (const tenant of tenantsAt(place)) {
      const key = { tenant, name: `count ${(calls += 1)}` };
      await replica.exchange([{ ...key, counts: [1], forMs: 60_000 }]);
      expect(await replica.exchange([{ ...key, counts: [], forMs: 60_000 }])).toEqual([[]]);
    }
  };
};

/** All that an api does: it counts, and tells other apis what happens live. */
function everythingOfApi(place: Place, stack: AsyncDisposableStack): () => Promise<void> {
  const count = everythingOfCounting('api')(place, stack);
  const fanOut = stack.use(new RedisFanOut(place.settingsOf('api'), { installation, part: 'api', logger }));
  return async () => {
    await count();
    const topic = { tenant: newTenantId(), name: 'live' };
    const heard = Promise.withResolvers<string>();
    const following = fanOut.follow(topic, {
      heard: (message) => heard.resolve(Buffer.from(message).toString()),
      connected: () => fanOut.publish(topic, Buffer.from('told')).catch(heard.reject),
      disconnected: () => undefined,
      refused: heard.reject,
    });
    try {
      expect(await Promise.race([heard.promise, tooLate()])).toBe('told');
    } finally {
      await following.leave();
    }
  };
}

/** A connection that subscribes is not there at once. */
const tooLate = async (): Promise<never> => {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  throw Object.assign(new Error('silent'), { operatorMessage: 'Redis cannot be used: it does not answer' });
};

/** All that an audio service does with what it keeps beside its process. */
function everythingOfAudio(place: Place, stack: AsyncDisposableStack): () => Promise<void> {
  const owner = { installation, part: 'audio', logger } as const;
  const asItIs = { seal: async (bytes: Uint8Array) => bytes, open: async (bytes: Uint8Array) => bytes };
  const level = stack.use(new RedisLevel(place.settingsOf('audio'), owner, asItIs));
  return async () => {
    for (const tenant of tenantsAt(place)) {
      const key = { tenant, name: `search ${(calls += 1)}` };
      await level.write(key, Buffer.from('found'), 1_000);
      expect(Buffer.from((await level.read(key)) ?? []).toString()).toBe('found');
    }
  };
}

const counting = ['eval', 'time', 'hset', 'hgetall', 'hdel', 'pexpire'];
interface PartRights {
  readonly part: SharingPart;
  readonly rights: readonly string[];
  readonly open: (place: Place, stack: AsyncDisposableStack) => () => Promise<void>;
}
const parts: readonly PartRights[] = [
  { part: 'gateway-proxy', rights: ['get', 'set', 'eval', 'time'], open: everythingOfProxy },
  { part: 'discord-edge', rights: counting, open: everythingOfCounting('discord-edge') },
  { part: 'api', rights: [...counting, 'publish', 'subscribe', 'unsubscribe'], open: everythingOfApi },
  { part: 'audio', rights: ['get', 'set'], open: everythingOfAudio },
];

const places = [
  ['at one server', oneServer],
  ['under Sentinel', underSentinel],
  ['in a cluster', inCluster],
] as const;
describe.each(places)('%s', (_where, start) => {
  const stack = new AsyncDisposableStack();
  let place: Place;
  beforeAll(async () => {
    place = await start(stack);
  });
  afterAll(() => stack.disposeAsync());
  const everywhere = (...rule: string[]) =>
    Promise.all(place.servers.map(({ admin }) => admin.call('ACL', 'SETUSER', ...rule)));

  describe.each(parts)('the user of $part', ({ part, rights, open }) => {
    test('needs each of its rights', async () => {
      // Audio tells nobody whether its cache is well.
      const asked = place.besides.filter((right) => part !== 'audio' || right !== 'cluster|info');
      for (const right of [...rights, ...asked]) {
        await using connected = new AsyncDisposableStack();
        const before = open(place, connected);
        await untilBack(before);
        await everywhere(part, `-${right}`);
        try {
          // What a right is needed for may be connecting.
          const anew = open(place, connected);
          const refused = await firstRefusal(rights.includes(right) ? before : anew);
          // Without it, each of the two servers names the other.
          expect(refused, right).toMatch(right === 'asking' ? /is being moved/ : /lacks a right there/);
        } finally {
          await everywhere(part, `+${right}`);
        }
        await untilBack(before);
      }
    });

    test('is refused every other command of each server', async () => {
      for (const { admin } of place.servers) {
        const allowed = await allowedTo(part, admin, sharedName({ installation, part }, { name: 'any' }));
        expect(allowed).toEqual([...rights, ...place.besides, ...withoutRights].sort());
      }
    });
  });
});

describe('at one server', () => {
  const stack = new AsyncDisposableStack();
  let redis: RedisServer;
  beforeAll(async () => {
    redis = stack.use(await RedisServer.start(installation));
  });
  afterAll(() => stack.disposeAsync());

  test.each(parts)(
    '$part can neither read nor write what is outside the installation or of another part, by a script either',
    async ({ part, rights }) => {
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
    },
  );

  test('nobody gets in without a user', async () => {
    const client = redis.connect({ username: 'default', password: '' });
    try {
      await expect(client.get('anything')).rejects.toThrow();
    } finally {
      client.disconnect();
    }
  });
});

describe('users of Sentinels and servers among themselves', () => {
  const stack = new AsyncDisposableStack();
  let place: Awaited<ReturnType<typeof underSentinel>>;
  beforeAll(async () => {
    place = await underSentinel(stack);
  });
  afterAll(() => stack.disposeAsync());

  test('who asks the Sentinels may ask for the master, and nothing else', async () => {
    const { sentinels } = place;
    const right = 'sentinel|get-master-addr-by-name';
    await sentinels.asAdmin(async (admin) =>
      expect(await allowedTo('bailiwick', admin, 'bailiwick')).toEqual(['auth', 'hello', right]),
    );
    const rule = (sign: '+' | '-') =>
      sentinels.asAdmin((admin) => admin.call('ACL', 'SETUSER', 'bailiwick', `${sign}${right}`));
    await rule('-');
    try {
      await using connected = new AsyncDisposableStack();
      const refused = await firstRefusal(everythingOfProxy(place, connected));
      expect(refused).toMatch(/the user of the Sentinels lacks a right there/);
    } finally {
      await rule('+');
    }
  });

  test('replicas may only replicate, and Sentinels only do what a failover takes', async () => {
    const [{ admin }] = place.servers as [RedisServer];
    const listed = async (file: string) => {
      const text = await readFile(path.join(import.meta.dirname, '../../../infra/deploy/redis', file), 'utf8');
      const line = text.split('\n').find((each) => each.startsWith('user ')) ?? '';
      return [...line.matchAll(/ \+(\S+)/g)].map(([, right = '']) => right);
    };
    for (const [user, file] of [
      ['replication', 'replication.acl'],
      ['sentinel', 'sentinel.acl'],
    ] as const)
      expect(await allowedTo(user, admin, 'any'), user).toEqual([...(await listed(file)), ...withoutRights].sort());
  });
});

/** Redis lets everybody sign in and out. */
const withoutRights = ['auth', 'hello', 'quit', 'reset'];

/** Why it fails, once that is known: a connection is not there at once. */
const firstRefusal = (everything: () => Promise<void>): Promise<string> =>
  untilBack(async () => {
    const why = await everything().then(
      () => 'nothing was refused',
      (error: unknown) => String((error as { operatorMessage?: string }).operatorMessage),
    );
    if (why.endsWith('it does not answer')) throw new Error(why);
    return why;
  });

/** Every command of a server that a user may use on a key, whichever arguments it takes. */
async function allowedTo(user: string, admin: Redis, key: string): Promise<string[]> {
  const categories = (await admin.call('ACL', 'CAT')) as string[];
  const all = await Promise.all(
    categories.map(async (category) => (await admin.call('ACL', 'CAT', category)) as string[]),
  );
  const names = [...new Set(all.flat())];
  expect(names.length).toBeGreaterThan(30);
  const allowed = await Promise.all(names.map(async (name) => ((await isAllowed(name)) ? [name] : [])));
  return allowed.flat().sort();

  async function isAllowed(name: string): Promise<boolean> {
    for (const values of argumentsOf(name, key)) {
      const answer = await admin
        .call('ACL', 'DRYRUN', user, ...name.split('|'), ...values)
        .catch((error: unknown) => String(error));
      if (answer === 'OK') return true;
      if (/wrong number of/i.test(String(answer))) continue;
      // A command with subcommands is none by itself.
      expect(String(answer), name).toMatch(/no permissions to run the|not found/i);
      return false;
    }
    // It takes more arguments than any other.
    expect(name, 'how many arguments it takes').toMatch(/\|/);
    return false;
  }
}

/** Rights are looked at before what arguments mean, but after how many there are. */
const argumentsOf = (name: string, key: string): string[][] =>
  name === 'eval' ? [['return 1', '1', key]] : Array.from({ length: 12 }, (_, count) => [key, ...ones].slice(0, count));
const ones = Array.from({ length: 12 }, () => '1');
