import { expect, test } from 'vitest';
import { openDatabase } from '#infra/database/pool.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase } from '#test/database.ts';
import { followDirectory } from './follow-directory.ts';
import { NodeDirectory } from './node-directory.ts';

const soon = { timeout: 5_000, interval: 10 };

test('nodes that operators add, drain and remove are known soon; those of the settings cannot be removed', async () => {
  await using stack = new AsyncDisposableStack();
  const stored = stack.use(await testDatabase('audio'));
  const database = stack.use(openDatabase({ url: stored.url, maxConnections: 2 }));
  const admin = stack.use(openDatabase({ url: stored.adminUrl, maxConnections: 1 }));
  const settings = [{ id: 'main', regions: ['rotterdam'] }];
  const directory = new NodeDirectory(settings);
  let told = 0;
  directory.onChanged(() => (told += 1));
  stack.use(await followDirectory({ database, directory, settings, logger: silentLogger() }));
  const run = (text: string) => admin.acrossTenants((transaction) => transaction.query(text));
  const main = { id: 'main', regions: ['rotterdam'], draining: false };
  expect(directory.all).toEqual([main]);

  await run(`insert into lavalink_node (id, in_settings, url, sealed, regions, added_by)
    values ('oslo', false, 'https://oslo.example.com', 'sealed', '{stockholm}', 'operator:1')`);
  await expect.poll(() => directory.all, soon).toEqual([main, { id: 'oslo', regions: ['stockholm'], draining: false }]);
  await run(`insert into lavalink_node (id, in_settings, regions, draining, added_by)
    values ('main', true, '{}', true, 'operator:1')`);
  await expect.poll(() => directory.find('main'), soon).toEqual({ ...main, draining: true });
  await run('delete from lavalink_node');
  await expect.poll(() => directory.all, soon).toEqual([main]);
  expect(told).toBeGreaterThanOrEqual(4);

  // Audio has no business with addresses and passwords.
  const reads = (column: string) =>
    database.acrossTenants((transaction) => transaction.query(`select ${column} from lavalink_node`));
  for (const column of ['url', 'sealed']) await expect(reads(column)).rejects.toThrow();
});
