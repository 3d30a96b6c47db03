import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId } from '#infra/kernel/ids.ts';
import { openDatabase } from '#infra/database/pool.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { sealingKeyOf, sealNode } from '#security/keyring/sealed-node.ts';
import { testDatabase } from '#test/database.ts';
import { startLavalink } from '#test/sandbox/lavalink/index.ts';
import type { Route } from '../routes/route-table.ts';
import { followAddedNodes } from './follow-nodes.ts';
import { openUpstreams } from './upstreams.ts';

const stack: AsyncDisposableStack[] = [];
afterEach(async () => {
  for (const each of stack.splice(0)) await each.disposeAsync();
});

const openingKeyBase64 = randomBytes(32).toString('base64');
const toLavalink = { to: 'lavalink' } as Route;

async function following() {
  const resources = new AsyncDisposableStack();
  stack.push(resources);
  const stored = resources.use(await testDatabase('proxy'));
  const database = resources.use(openDatabase({ url: stored.url, maxConnections: 2 }));
  const admin = resources.use(openDatabase({ url: stored.adminUrl, maxConnections: 1 }));
  const upstreams = resources.use(
    openUpstreams({
      installation: installationId('follow-nodes.test'),
      // Nodes have no certificate of the installation, and there are no services here.
      tls: {} as never,
      leases: {} as never,
      clock: systemClock,
      services: {},
      lavalink: [{ id: 'main', url: 'http://127.0.0.1:1', password: 'in-the-settings' }],
    }),
  );
  resources.use(await followAddedNodes({ database, openingKeyBase64, upstreams, logger: silentLogger() }));
  const find = (node: string) => upstreams.find(toLavalink, { node });
  return {
    find,
    statements: (text: string, values: unknown[] = []) =>
      admin.acrossTenants((transaction) => transaction.query(text, values)),
    async add(id: string, url: string, password: string, key = sealingKeyOf(openingKeyBase64), sealedId = id) {
      const sealed = await sealNode({ id: sealedId, url, password }, key);
      await admin.acrossTenants((transaction) =>
        transaction.query(
          "insert into lavalink_node (id, in_settings, url, sealed, regions, added_by) values ($1, false, $2, $3, '{}', 'operator:1')",
          [id, url, sealed],
        ),
      );
    },
    async status(node: string) {
      const upstream = find(node);
      if (!upstream) return 'no such node';
      const headers = { authorization: upstream.password ?? '' };
      const answer = await upstream
        .dispatcher('request')
        .request({ origin: '', method: 'GET', path: '/v4/stats', headers });
      await answer.body.dump();
      return answer.statusCode;
    },
    async node(password: string) {
      const server = resources.use(await startLavalink({ password }));
      return `http://127.0.0.1:${server.port}`;
    },
  };
}

const soon = { timeout: 5_000, interval: 10 };

test('a node that an operator adds is reached with its password, and no longer when it is removed', async () => {
  const { add, find, node, status, statements } = await following();
  expect(find('oslo')).toBeUndefined();
  await add('oslo', await node('a-password-of-oslo'), 'a-password-of-oslo');
  await expect.poll(() => find('oslo'), soon).toBeDefined();
  expect(await status('oslo')).toBe(200);
  // Another server by the same name: what is open to the first one is not used any more.
  await statements("delete from lavalink_node where id = 'oslo'");
  await expect.poll(() => find('oslo'), soon).toBeUndefined();
  await add('oslo', await node('another-password'), 'another-password');
  await expect.poll(() => find('oslo'), soon).toBeDefined();
  expect(await status('oslo')).toBe(200);
});

test('what is not sealed for the proxies, or for another node, is left out; other nodes are not', async () => {
  const { add, find } = await following();
  const foreign = sealingKeyOf(randomBytes(32).toString('base64'));
  await add('foreign', 'http://127.0.0.1:1', 'a-password', foreign);
  await add('moved', 'http://127.0.0.1:1', 'a-password', undefined, 'oslo');
  await add('bergen', 'http://127.0.0.1:1', 'a-password');
  await expect.poll(() => find('bergen'), soon).toBeDefined();
  expect([find('foreign'), find('moved')]).toEqual([undefined, undefined]);
});

test('a node of the settings keeps its address and password, whatever is stored', async () => {
  const { add, find } = await following();
  await add('main', 'http://127.0.0.1:2', 'another-password');
  await add('bergen', 'http://127.0.0.1:1', 'a-password');
  await expect.poll(() => find('bergen'), soon).toBeDefined();
  expect(find('main')?.password).toBe('in-the-settings');
});

test('a node that stays keeps its connections and its breaker when others change', async () => {
  const { add, find, statements } = await following();
  await add('oslo', 'http://127.0.0.1:1', 'a-password');
  await expect.poll(() => find('oslo'), soon).toBeDefined();
  const before = find('oslo');
  await add('bergen', 'http://127.0.0.1:1', 'a-password');
  await expect.poll(() => find('bergen'), soon).toBeDefined();
  await statements("update lavalink_node set draining = true, version = version + 1 where id = 'oslo'");
  await statements("delete from lavalink_node where id = 'bergen'");
  await expect.poll(() => find('bergen'), soon).toBeUndefined();
  expect(find('oslo')).toBe(before);
});
