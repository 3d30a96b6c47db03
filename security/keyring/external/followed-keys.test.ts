import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newId, newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { ExternalKeys } from './external-keys.ts';
import type { ExternalKeeper } from './external-key-store.ts';
import { externalKeysSettingsSchema } from './settings.ts';

/** What replicas of a process hear of each other's changes to tenants' own keys. */
const soon = { timeout: 5_000, interval: 20 };
let server: TestDatabase;
let admin: pg.Client;
let stack: AsyncDisposableStack;
let tenant: TenantId;

beforeAll(async () => {
  server = await testDatabase('audio');
  admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  tenant = newTenantId();
  await admin.query('insert into tenant (id, name) values ($1, $1)', [tenant]);
});
afterEach(() => stack.disposeAsync());

async function replica(keeper: ExternalKeeper = 'audio') {
  const url = server.urlOf(keeper === 'audio' ? 'audio' : 'edge');
  const database = stack.use(openDatabase({ url, maxConnections: 1 }));
  const forgotten: string[] = [];
  const keys = stack.use(
    new ExternalKeys(
      {
        keeper,
        database,
        settings: externalKeysSettingsSchema.parse({}),
        clock: systemClock,
        logger: silentLogger(),
      },
      { open: () => Promise.reject(new Error('nothing is opened here')), forget: (of) => forgotten.push(of) },
    ),
  );
  await keys.load();
  await keys.follow();
  forgotten.length = 0;
  const within = <Result>(work: Parameters<typeof database.inTenant<Result>>[1]) => database.inTenant(tenant, work);
  const store = async (): Promise<string> => {
    const id = newId('xky');
    const address = { url: 'https://vault.example', mount: 'transit', authMount: 'approle', key: 'k', roleId: 'r' };
    const [secret, proof] = [randomBytes(8), randomBytes(8)];
    await within((transaction) => keys.store.insert(transaction, { tenant, id, address, secret, proof }));
    return id;
  };
  const use = (keyId: string | null) =>
    within((transaction) => keys.store.change(transaction, tenant, { keyId, changeId: newId('xkc') }));
  return { keys, forgotten, within, store, use };
}

test('a key that one replica takes into use is known to the other, which forgets the data keys of that tenant', async () => {
  const [one, other] = [await replica(), await replica()];
  const id = await one.store();
  await one.use(id);
  await expect.poll(() => other.keys.inUse().map(({ key }) => key.id), soon).toEqual([id]);
  expect(other.forgotten).toEqual([tenant]);
  await one.use(null);
  await expect.poll(() => other.keys.useOf(tenant), soon).toMatchObject({ keyId: null });
  expect(other.forgotten).toEqual([tenant, tenant]);
  await one.within((transaction) => one.keys.store.carried(transaction, tenant, null));
  await expect.poll(() => other.keys.inUse(), soon).toEqual([]);
});

test('what changes nothing about which key is used leaves the data keys alone', async () => {
  const [one, other] = [await replica(), await replica()];
  const id = await one.store();
  await one.use(id);
  await expect.poll(() => other.forgotten, soon).toEqual([tenant]);
  await one.within((transaction) => one.keys.store.lost(transaction, tenant, 'gone', new Date()));
  await expect.poll(() => other.keys.useOf(tenant)?.lostAt, soon).toEqual(expect.any(Date));
  expect(other.forgotten).toEqual([tenant]);
});

test('the keys of other tenants stay known', async () => {
  const [one, other] = [await replica(), await replica()];
  await one.use(await one.store());
  const before = tenant;
  tenant = newTenantId();
  await admin.query('insert into tenant (id, name) values ($1, $1)', [tenant]);
  await one.use(await one.store());
  await expect
    .poll(
      () =>
        other.keys
          .inUse()
          .map((use) => use.tenant)
          .toSorted(),
      soon,
    )
    .toEqual(expect.arrayContaining([before, tenant]));
});

test('what changed while the connection to the database was lost is read when it is back', async () => {
  const [one, other] = [await replica(), await replica()];
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%external_key%' and datname = current_database()",
  );
  const id = await one.store();
  await one.use(id);
  await expect.poll(() => other.keys.useOf(tenant), soon).toMatchObject({ keyId: id });
});

test('an edge hears nothing of the keys that audio uses', async () => {
  const [audio, edge] = [await replica(), await replica('discord-edge')];
  await audio.use(await audio.store());
  const same = await replica();
  await expect.poll(() => same.keys.useOf(tenant), soon).toBeDefined();
  expect(edge.keys.useOf(tenant)).toBeUndefined();
  expect(edge.forgotten).toEqual([]);
});
