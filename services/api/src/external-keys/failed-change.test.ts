import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { upstreamFault } from '#infra/kernel/errors.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { openSagas, type Sagas } from '#infra/sagas/engine.ts';
import type { Caller } from '#security/identity/caller.ts';
import {
  externalKeepers,
  externalKeyStore,
  type ExternalKeeper,
} from '#security/keyring/external/external-key-store.ts';
import { externalKeyOfferSchema } from '#security/keyring/external/settings.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { createExternalKeySaga, createTenantExternalKeys, type TenantExternalKeys } from './external-keys.ts';

/* A change of a tenant's own key that was given up: it says why, and is continued or taken back. */
let server: TestDatabase;
let admin: pg.Pool;
let database: Database;
let keepersOwn: Readonly<Record<ExternalKeeper, Database>>;
let sagas: Sagas;
let externalKeys: TenantExternalKeys;
let tenant: TenantId;
/** Which process does not re-encrypt, as when a Vault does not answer. */
let failing: ExternalKeeper | undefined;
const offer = externalKeyOfferSchema.parse({
  url: 'https://vault.example.com',
  key: 'bailiwick',
  roleId: 'role',
  secretId: 'secret',
});

/** What the processes do with their tables, without a Vault: what is really sealed is tested in test/servers/vault. */
const keepers: Pick<Caller, 'json'> = {
  async json({ to, method, path, body }, answer) {
    const keeper = to as ExternalKeeper;
    const store = externalKeyStore(keeper);
    const id = path.split('/').at(-1) ?? '';
    const result = await keepersOwn[keeper].inTenant(tenant, async (transaction) => {
      if (method === 'PUT') {
        const { secretId: _secret, ...address } = externalKeyOfferSchema.parse(body);
        const [secret, proof] = [new Uint8Array([1]), new Uint8Array([2])];
        await store.insert(transaction, { tenant, id, address, secret, proof });
      }
      if (id !== 'carry') return {};
      const { keyId, changeId } = body as { keyId: string | null; changeId: string };
      await store.change(transaction, tenant, { keyId, changeId });
      if (keeper === failing) return 'fails';
      await store.carried(transaction, tenant, keyId);
      return { version: 1, resealed: 0, complete: true };
    });
    if (result === 'fails') throw upstreamFault('keyring.external-key', 'The Vault does not answer.', undefined, 424);
    return answer.parse(result);
  },
};

beforeAll(async () => {
  server = await testDatabase('api');
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 1 });
  database = openDatabase({ url: server.url, maxConnections: 2 });
  const open = (role: 'edge' | 'audio') => openDatabase({ url: server.urlOf(role), maxConnections: 1 });
  keepersOwn = { 'discord-edge': open('edge'), audio: open('audio') };
  sagas = openSagas({ url: server.url, executor: 'api' }, [createExternalKeySaga({ caller: keepers as Caller })], {
    logger: silentLogger(),
    clock: systemClock,
    attempts: { timeoutMs: 5_000, firstDelayMs: 1, limit: 1 },
  });
  await sagas.launched;
  externalKeys = createTenantExternalKeys({ caller: keepers as Caller, database, sagas });
});
afterAll(async () => {
  await sagas[Symbol.asyncDispose]();
  for (const keeper of externalKeepers) await keepersOwn[keeper][Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await admin.end();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  tenant = newTenantId();
  await admin.query('insert into tenant (id, name) values ($1, $1)', [tenant]);
});
afterEach(() => {
  failing = undefined;
});

/** The keys in use, and all that are stored. */
async function stored() {
  const uses = await admin.query<{ key_id: string | null }>(
    'select key_id from external_key_use where tenant_id = $1 order by keeper',
    [tenant],
  );
  const keys = await admin.query('select distinct id from external_key where tenant_id = $1', [tenant]);
  return { uses: uses.rows.map(({ key_id: id }) => id), keys: keys.rows.map(({ id }) => String(id)) };
}

const failedChange = async (
  at: ExternalKeeper,
  change: () => Promise<unknown> = () => externalKeys.set(tenant, offer),
) => {
  failing = at;
  await expect(change()).rejects.toMatchObject({ code: 'external-key.not-changed' });
  const state = await externalKeys.read(tenant);
  failing = undefined;
  return state;
};

test.each(externalKeepers)('says what failed at %s, and is continued when somebody asks', async (keeper) => {
  const state = await failedChange(keeper);
  expect(state).toMatchObject({ state: 'failed', sentence: expect.stringContaining('The Vault does not answer.') });
  expect(await externalKeys.retry(tenant)).toBe('done');
  expect(await externalKeys.read(tenant)).toMatchObject({ state: 'in-use', key: { key: 'bailiwick' } });
  const { uses, keys } = await stored();
  expect(uses).toEqual([keys[0], keys[0]]);
  await expect(externalKeys.retry(tenant)).rejects.toMatchObject({ code: 'external-key.not-failed', status: 409 });
});

test.each(externalKeepers)('of the first key that failed at %s, leads back to none', async (keeper) => {
  await failedChange(keeper);
  expect(await externalKeys.abandon(tenant)).toBe('done');
  expect(await externalKeys.read(tenant)).toMatchObject({ state: 'none', key: null });
  expect(await stored()).toEqual({ uses: [null, null], keys: [] });
  await expect(externalKeys.abandon(tenant)).rejects.toMatchObject({ code: 'external-key.not-failed' });
});

test('of another key leads back to the one before, as long as every process has that', async () => {
  await externalKeys.set(tenant, offer);
  const before = await stored();
  expect(await failedChange('discord-edge')).toMatchObject({ state: 'failed' });
  expect((await stored()).keys).toHaveLength(2);
  expect(await externalKeys.abandon(tenant)).toBe('done');
  expect(await stored()).toEqual(before);
  expect(await externalKeys.read(tenant)).toMatchObject({ state: 'in-use' });
  await failedChange('audio');
  const left = await stored();
  await expect(externalKeys.abandon(tenant)).rejects.toMatchObject({ code: 'external-key.no-way-back', status: 409 });
  expect(await stored()).toEqual(left);
  expect(await externalKeys.retry(tenant)).toBe('done');
});

test('of a removal leads back to the key, unless a process has forgotten it', async () => {
  await externalKeys.set(tenant, offer);
  const before = await stored();
  const remove = () => externalKeys.remove(tenant);
  expect(await failedChange('discord-edge', remove)).toMatchObject({ state: 'failed' });
  expect(await externalKeys.abandon(tenant)).toBe('done');
  expect(await stored()).toEqual(before);
  await failedChange('audio', remove);
  await expect(externalKeys.abandon(tenant)).rejects.toMatchObject({ code: 'external-key.no-way-back' });
  expect(await externalKeys.retry(tenant)).toBe('done');
  expect(await externalKeys.read(tenant)).toMatchObject({ state: 'none' });
});

test('is superseded by the next change, and told of no more', async () => {
  await failedChange('discord-edge');
  await externalKeys.set(tenant, offer);
  expect(await externalKeys.read(tenant)).toMatchObject({ state: 'in-use' });
  await expect(externalKeys.retry(tenant)).rejects.toMatchObject({ code: 'external-key.not-failed' });
});
