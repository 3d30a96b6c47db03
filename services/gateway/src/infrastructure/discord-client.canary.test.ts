import { once } from 'node:events';
import { Client, Events, GatewayIntentBits, type ClientOptions } from 'discord.js';
import { afterEach, expect, test } from 'vitest';
import { makeDiscordRequests } from './discord-rest.ts';
import type { ProxyAnswer, ProxyClient } from './proxy-client.ts';

/** What discord-stream.ts and discord-rest.ts rely on within discord.js, of which only the two ways out are replaced. */
const relied = (what: string, where: string) =>
  `discord.js ${what}: services/gateway/src/infrastructure/${where} relies on it`;

type BuildStrategy = NonNullable<NonNullable<ClientOptions['ws']>['buildStrategy']>;
type Manager = Parameters<BuildStrategy>[0];
type MakeRequest = NonNullable<NonNullable<ClientOptions['rest']>['makeRequest']>;

const answer = (status: number, body: string, headers: Record<string, string> = {}): ProxyAnswer => ({
  status,
  headers: { ...(body === '' ? {} : { 'content-type': 'application/json' }), ...headers },
  body: Buffer.from(body),
});

/** discord.js with our requests, and what it wants of their responses that these do not have. */
function clientOf(answers: (path: string) => ProxyAnswer) {
  const wanted = new Set<string>();
  const plain: boolean[] = [];
  let connected: (manager: Manager) => void;
  const manager = new Promise<Manager>((resolve) => (connected = resolve));
  const proxy: Pick<ProxyClient, 'request'> = { request: async ({ path }) => answers(path) };
  const make = makeDiscordRequests(proxy as ProxyClient, 'ten_00000000000000000000000000');
  const watched = <Value extends object>(value: Value, as: string): Value =>
    new Proxy(value, {
      get(target, name) {
        // `then` is asked of whatever is awaited.
        if (typeof name === 'string' && name !== 'then' && !(name in target)) wanted.add(`${as}${name}`);
        const found: unknown = Reflect.get(target, name);
        return as === '' && name === 'headers' ? watched(found as object, 'headers.') : found;
      },
    });
  const makeRequest: MakeRequest = async (url, init) => {
    plain.push(init.headers === undefined || Object.getPrototypeOf(init.headers) === Object.prototype);
    return watched(await make(url, init), '');
  };
  const buildStrategy: BuildStrategy = (built) => ({
    spawn: () => undefined,
    connect: () => connected(built),
    destroy: () => undefined,
    fetchStatus: () => Promise.reject(new Error('discord.js asks for the status of its shards')),
    send: () => undefined,
  });
  const client = new Client({
    intents: [GatewayIntentBits.Guilds],
    shards: [0],
    shardCount: 1,
    rest: { makeRequest, retries: 0 },
    ws: { buildStrategy },
  });
  clients.push(client);
  return { client, manager, wanted, plain };
}

const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.destroy();
});

test('discord.js takes dispatches as the events that its gateway library emits', async () => {
  const { client, manager } = clientOf(() => answer(200, '{}'));
  await client.login('unused');
  const emit: (event: string, payload: object) => boolean = (await manager).emit.bind((await manager) as never);
  const raw = once(client, Events.Raw);
  const ready = { v: 10, user: { id: '1', username: 'bot' }, guilds: [], application: { id: '1', flags: 0 } };
  const isReadyHeard = emit('ready', { data: ready, shardId: 0 });
  expect(isReadyHeard, relied('does not listen for `ready`', 'discord-stream.ts')).toBe(true);
  const isDispatchHeard = emit('dispatch', { data: { op: 0, s: 1, t: 'READY', d: ready }, shardId: 0 });
  expect(isDispatchHeard, relied('does not listen for `dispatch`', 'discord-stream.ts')).toBe(true);
  expect((await raw)[0], relied('takes dispatches in another form', 'discord-stream.ts')).toMatchObject({ t: 'READY' });
  expect(client.user?.id, relied('does not act on what a dispatch says', 'discord-stream.ts')).toBe('1');
});

test('discord.js reads of a response only what ours have, and gives plain headers', async () => {
  const { client, wanted, plain } = clientOf((path) => {
    if (path.includes('none')) return answer(204, '');
    if (path.includes('unknown')) return answer(404, '{"message":"Unknown","code":10003}');
    if (path.includes('limited'))
      return answer(429, '{"message":"slow","retry_after":0.01,"global":false}', { 'retry-after': '1' });
    return answer(200, '{"id":"1"}', { 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '4' });
  });
  client.rest.setToken('unused');
  client.rest.options.rejectOnRateLimit = () => true;
  expect(await client.rest.get('/users/some')).toEqual({ id: '1' });
  await client.rest.delete('/channels/none');
  for (const path of ['/channels/unknown', '/channels/limited'] as const)
    await expect(client.rest.get(path)).rejects.toThrow();
  expect([...wanted], relied('reads of a response what ours does not have', 'discord-rest.ts')).toEqual([]);
  expect(plain, relied('does not give headers as a plain object', 'discord-rest.ts')).not.toContain(false);
});
