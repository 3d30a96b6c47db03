import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database, type Transaction } from '#infra/database/pool.ts';
import { FakeClock, systemClock, type Clock } from '#infra/kernel/clock.ts';
import { newId, newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { carryValues, type CarryPorts } from '#security/keyring/external/carry.ts';
import { secretLocation } from '#security/keyring/external/external-key-store.ts';
import { openTenantKeyring, type TenantKeyring } from '#security/keyring/external/tenant-keyring.ts';
import { externalKeysSettingsSchema, type ExternalKeyOffer } from '#security/keyring/external/settings.ts';
import { ExternalKeyWatch } from '#security/keyring/external/watch.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { rotateTenantKey, whileSealing } from '#security/keyring/rotation.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { scratchFolder } from '#test/scratch.ts';
import { VaultServer, type AppRole, type ServerKind } from './vault-server.ts';

/* One process's use of tenants' own keys, with a real Vault, a real database and the platform's keys in files. */
const keeper = 'audio';
const settings = externalKeysSettingsSchema.parse({ privateHosts: ['localhost'], checkEverySec: 10, silentForSec: 60 });
let vault: VaultServer;
let server: TestDatabase;
let admin: pg.Client;
let database: Database;
let folder: string;
const keyBase64 = randomBytes(32).toString('base64');
let stack: AsyncDisposableStack;
let tenant: TenantId;
let custodian: Custodian;
let roles: Readonly<Record<'first' | 'second', AppRole>>;

const policyFor = (key: string) => `
path "transit/keys/${key}" { capabilities = ["read"] }
path "transit/encrypt/${key}" { capabilities = ["update"] }
path "transit/decrypt/${key}" { capabilities = ["update"] }
`;

/** The same with the customer's server of each kind. */
export function externalKeysStand(kind: ServerKind): void {
  beforeAll(async () => {
    vault = await VaultServer.start(kind);
    server = await testDatabase('audio');
    admin = new pg.Client({ connectionString: server.adminUrl });
    await admin.connect();
    database = openDatabase({ url: server.url, maxConnections: 4 });
    folder = await scratchFolder('external-keys');
  });
  afterAll(async () => {
    await database[Symbol.asyncDispose]();
    await admin.end();
    await server[Symbol.asyncDispose]();
    await vault[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    tenant = newTenantId();
    await admin.query('delete from tenant');
    await admin.query('insert into tenant (id, name) values ($1, $1)', [tenant]);
    custodian = createFileCustodian({ folder, keyBase64 }, systemClock);
    for (const key of ['first', 'second']) await vault.ask('POST', `transit/keys/${key}`, { type: 'aes256-gcm96' });
    roles = {
      first: await vault.role('first', policyFor('first')),
      second: await vault.role('second', policyFor('second')),
    };
  });
  afterEach(async () => {
    await stack.disposeAsync();
    for (const key of ['first', 'second']) {
      await vault.ask('POST', `transit/keys/${key}/config`, { deletion_allowed: true });
      await vault.ask('DELETE', `transit/keys/${key}`);
    }
  });

  /** As a process that has just started. */
  async function started(clock: Clock = systemClock): Promise<TenantKeyring> {
    const keyring = await openTenantKeyring(custodian, { keeper, database, settings, clock, logger: silentLogger() });
    stack.use(keyring.externalKeys);
    return keyring;
  }

  const offerOf = (key: 'first' | 'second'): ExternalKeyOffer => ({
    url: vault.url,
    mount: 'transit',
    authMount: 'approle',
    key,
    trustPem: vault.trustPem,
    ...roles[key],
  });

  /** Stores a key that works, as the route does. @returns its id */
  async function offered(keyring: TenantKeyring, key: 'first' | 'second'): Promise<string> {
    const id = newId('xky');
    const { secretId, ...address } = offerOf(key);
    const proof = await keyring.externalKeys.prove(tenant, offerOf(key));
    const secret = await keyring.envelope.seal(Buffer.from(secretId), secretLocation(tenant, id));
    const stored = { tenant, id, address, secret, proof };
    await database.inTenant(tenant, (transaction) => keyring.externalKeys.store.insert(transaction, stored));
    keyring.externalKeys.stored(stored);
    return id;
  }

  const nothing = async () => undefined;
  const portsOf = (keyring: TenantKeyring, changes: Partial<CarryPorts> = {}): CarryPorts => ({
    ...keyring,
    database,
    custodian,
    columns: sealedColumnsOf(keeper),
    rotated: nothing,
    done: nothing,
    ...changes,
  });
  async function carry(
    keyring: TenantKeyring,
    keyId: string | null,
    changes?: Partial<CarryPorts>,
    changeId = newId('xkc'),
  ) {
    for (;;) if ((await carryValues(portsOf(keyring, changes), tenant, { changeId, keyId })).complete) return changeId;
  }

  const place = (list: string) => ({ tenant, table: 'track_list', column: 'tracks', row: `1/${list}` });
  async function write(keyring: TenantKeyring, list: string, text = list): Promise<void> {
    await database.inTenant(tenant, async (transaction) => {
      await whileSealing(transaction, tenant);
      const seal = (column: 'name' | 'tracks') => keyring.envelope.seal(Buffer.from(text), { ...place(list), column });
      await transaction.query(
        `insert into track_list (tenant_id, owner, list, name, tracks, length) values ($1, '1', $2, $3, $4, 0)`,
        [tenant, list, await seal('name'), await seal('tracks')],
      );
    });
  }
  const stored = async (list: string): Promise<Buffer> => {
    const { rows } = await admin.query<{ tracks: Buffer }>(
      'select tracks from track_list where tenant_id = $1 and list = $2',
      [tenant, list],
    );
    return rows[0]?.tracks ?? Buffer.alloc(0);
  };
  const read = async (keyring: TenantKeyring, list: string): Promise<string> =>
    Buffer.from(await keyring.envelope.open(await stored(list), place(list))).toString();
  const versions = async () => (await custodian.versions(tenantKeyName(tenant))).map(({ version }) => version);
  const keysStored = async () =>
    (await admin.query<{ id: string }>('select id from external_key where tenant_id = $1', [tenant])).rows.map(
      ({ id }) => id,
    );

  test('neither the platform nor the customer opens alone what is sealed with both keys', async () => {
    const keyring = await started();
    await write(keyring, 'a');
    const before = await stored('a');
    await carry(keyring, await offered(keyring, 'first'));
    expect(await read(await started(), 'a')).toBe('a');
    const alone = createEnvelope({ custodian });
    await expect(alone.open(await stored('a'), place('a'))).rejects.toMatchObject({ code: 'keyring.unknown-format' });
    // What a backup from before holds opens no more.
    await expect((await started()).envelope.open(before, place('a'))).rejects.toMatchObject({
      code: 'keyring.retired-version',
    });
    await custodian.destroyKey(tenantKeyName(tenant));
    await expect(read(await started(), 'a')).rejects.toMatchObject({ code: 'keyring.unknown-key' });
  });

  test('is used from the start by a tenant that has stored nothing yet', async () => {
    const keyring = await started();
    await carry(keyring, await offered(keyring, 'first'));
    await write(keyring, 'a');
    expect((await stored('a'))[0]).toBe(2);
    expect(await read(await started(), 'a')).toBe('a');
  });

  test('changes from one key to another and to none, and forgets the former each time', async () => {
    const keyring = await started();
    await write(keyring, 'a');
    const first = await offered(keyring, 'first');
    await carry(keyring, first);
    await write(keyring, 'b');
    const second = await offered(keyring, 'second');
    await carry(keyring, second);
    expect(await keysStored()).toEqual([second]);
    await vault.setPolicy('first', 'path "nothing" { capabilities = ["read"] }');
    for (const list of ['a', 'b']) expect(await read(await started(), list)).toBe(list);
    await carry(keyring, null);
    expect(await keysStored()).toEqual([]);
    expect(await versions()).toEqual([4]);
    await vault.setPolicy('second', 'path "nothing" { capabilities = ["read"] }');
    for (const list of ['a', 'b']) expect(await read(await started(), list)).toBe(list);
  });

  test('is completed by another process after it was killed at any point', async () => {
    const keyring = await started();
    for (const list of ['a', 'b', 'c', 'd', 'e', 'f']) await write(keyring, list);
    const id = await offered(keyring, 'first');
    const changeId = newId('xkc');
    // Dies at its nth transaction, before or after that is committed.
    for (let dies = 1; dies <= 10; dies += 1) {
      let transactions = 0;
      const dying = async <Result>(of: TenantId, work: (transaction: Transaction) => Promise<Result>) => {
        transactions += 1;
        if (transactions !== dies) return database.inTenant(of, work);
        if (dies % 2 === 0) await database.inTenant(of, work);
        throw new Error('killed');
      };
      const process = await started();
      const attempt = carry(process, id, { database: { inTenant: dying } }, changeId);
      await attempt.catch((error: unknown) => expect(error).toMatchObject({ message: 'killed' }));
      for (const list of ['a', 'f']) expect(await read(await started(), list)).toBe(list);
    }
    await carry(await started(), id, {}, changeId);
    for (const list of ['a', 'b', 'c', 'd', 'e', 'f']) {
      expect(await read(await started(), list)).toBe(list);
      expect((await stored(list))[0]).toBe(2);
    }
    expect(await versions()).toHaveLength(1);
  });

  test('loses nothing that is written meanwhile, and leaves none of it without the new key', async () => {
    const keyring = await started();
    for (let count = 0; count < 20; count += 1) await write(keyring, `before${count}`);
    const id = await offered(keyring, 'first');
    const over = new AbortController();
    const written: string[] = [];
    const writer = async (name: string) => {
      for (let count = 0; !over.signal.aborted; count += 1) {
        const list = `${name}${count}`;
        await write(keyring, list);
        written.push(list);
      }
    };
    const writing = Promise.all([writer('x'), writer('y')]);
    await carry(keyring, id);
    over.abort();
    await writing;
    const { rows } = await admin.query<{ list: string }>('select list from track_list where tenant_id = $1', [tenant]);
    expect(rows).toHaveLength(20 + written.length);
    const fresh = await started();
    for (const { list } of rows) {
      expect((await stored(list))[0]).toBe(2);
      expect(await read(fresh, list)).toBe(list);
    }
  });

  test('keeps the former key, and seals again, while a value is found that it has sealed', async () => {
    const keyring = await started();
    const first = await offered(keyring, 'first');
    await carry(keyring, first);
    await write(keyring, 'a');
    const second = await offered(keyring, 'second');
    // A process that has not heard of the change seals with the version that the change relies on.
    const stale = await started();
    const changeId = newId('xkc');
    const late = async () => {
      stale.envelope.forget(tenant);
      await write(stale, 'late');
    };
    const racing = { ...portsOf(keyring), custodian: { ...pick(custodian), rotate: rotatedThen(late) } };
    await expect(carryValues(racing, tenant, { changeId, keyId: second })).rejects.toMatchObject({
      code: 'keyring.values-left',
    });
    expect(await keysStored()).toHaveLength(2);
    expect(await read(await started(), 'late')).toBe('late');
    await carry(keyring, second, {}, changeId);
    expect(await keysStored()).toEqual([second]);
    for (const list of ['a', 'late']) expect(await read(await started(), list)).toBe(list);
  });

  const pick = (all: Custodian) => ({
    versions: (name: string) => all.versions(name),
    retire: (name: string, before: number) => all.retire(name, before),
  });
  const rotatedThen = (then: () => Promise<void>) => async (name: string) => {
    const version = await custodian.rotate(name);
    await then();
    return version;
  };

  test('a later change supersedes an earlier one, which then does nothing', async () => {
    const keyring = await started();
    await write(keyring, 'a');
    const [earlier, later] = [newId('xkc', 1_000), newId('xkc', 2_000)];
    const [first, second] = [await offered(keyring, 'first'), await offered(keyring, 'second')];
    await carry(keyring, second, {}, later);
    await carry(keyring, first, {}, earlier);
    expect(keyring.externalKeys.useOf(tenant)).toMatchObject({ keyId: second, changeId: later });
    expect(await read(await started(), 'a')).toBe('a');
  });

  test('refuses a key that is not stored, and changes nothing', async () => {
    const keyring = await started();
    await write(keyring, 'a');
    await expect(carry(keyring, newId('xky'))).rejects.toMatchObject({ code: 'external-key.unknown' });
    expect(keyring.externalKeys.useOf(tenant)).toBeUndefined();
    expect(await versions()).toEqual([1]);
  });

  test('rotations of the platform keep both keys, and the secret id', async () => {
    const keyring = await started();
    await write(keyring, 'a');
    await carry(keyring, await offered(keyring, 'first'));
    const columns = sealedColumnsOf(keeper);
    const ports = { custodian, envelope: keyring.envelope, database, columns, done: nothing };
    expect(await rotateTenantKey(ports, tenant, 3)).toMatchObject({ version: 3, resealed: 3, complete: true });
    expect((await stored('a'))[0]).toBe(2);
    expect(await read(await started(), 'a')).toBe('a');
  });

  test('a Vault that gives no answer is waited for once, and after that only by the checks', async () => {
    const clock = new FakeClock(Date.now());
    const keyring = await started(clock);
    await write(keyring, 'a');
    const id = await offered(keyring, 'first');
    await carry(keyring, id);
    keyring.envelope.forget(tenant);
    vault.pause();
    try {
      const took = async () => {
        const began = performance.now();
        await expect(read(keyring, 'a')).rejects.toMatchObject({ code: 'keyring.external-key', kind: 'silent' });
        return performance.now() - began;
      };
      expect(await took()).toBeLessThan(2_700);
      for (let count = 0; count < 20; count += 1) expect(await took()).toBeLessThan(300);
    } finally {
      vault.resume();
    }
    await expect(read(keyring, 'a')).rejects.toMatchObject({ kind: 'silent' });
    const [inUse] = keyring.externalKeys.inUse();
    if (!inUse) throw new Error('no key is in use');
    await expect
      .poll(() =>
        keyring.externalKeys.check(inUse.key).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    expect(await read(keyring, 'a')).toBe('a');
  });

  test('a change at one replica is in force at the other at once, which seals nothing more as before', async () => {
    const [one, other] = [await started(), await started()];
    await other.externalKeys.follow();
    for (const keyring of [one, other]) await write(keyring, keyring === one ? 'a' : 'b');
    for (const [index, key] of (['first', 'second', undefined] as const).entries()) {
      const id = key === undefined ? null : await offered(one, key);
      await carry(one, id);
      await expect.poll(() => other.externalKeys.useOf(tenant), { timeout: 1_000 }).toMatchObject({ keyId: id });
      // The data key that it had before was wrapped by the former key, which opens nothing more.
      const list = `c${index}`;
      await write(other, list);
      expect((await stored(list))[0]).toBe(id === null ? 1 : 2);
      for (const each of ['a', 'b', list]) for (const at of [one, other]) expect(await read(at, each)).toBe(each);
    }
  });

  test('two replicas notice both that a key is lost and that it is back, and record each once', async () => {
    const one = await watching();
    const other = await watched(one.clock);
    await expect(read(other.keyring, 'a')).resolves.toBe('a');
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round += 1) await Promise.all([one.watch.round(), other.watch.round()]);
    };
    await rounds(1);
    await vault.setPolicy('first', 'path "nothing" { capabilities = ["read"] }');
    one.clock.advance(10_000);
    await rounds(3);
    for (const { told, keyring } of [one, other]) {
      expect(told).toEqual(['lost']);
      await expect(read(keyring, 'a')).rejects.toMatchObject({ kind: 'forbidden' });
    }
    expect(await one.records()).toHaveLength(1);
    await vault.setPolicy('first', policyFor('first'));
    await rounds(2);
    for (const { told, keyring } of [one, other]) {
      expect(told).toEqual(['lost', 'returned']);
      expect(await read(keyring, 'a')).toBe('a');
    }
    expect(await one.records()).toHaveLength(2);
    expect(await one.state()).toEqual({ lost_at: null, fault: null });
  });

  /** A process on this clock, its watch, and what that has told. */
  async function watched(clock: Clock) {
    const keyring = await started(clock);
    const told: string[] = [];
    const watch = new ExternalKeyWatch({
      ...keyring,
      keeper,
      database,
      settings,
      clock,
      logger: silentLogger(),
      lost: () => told.push('lost'),
      returned: () => told.push('returned'),
    });
    return { keyring, told, watch };
  }

  /** A tenant's own key that a process watches, on a clock of the test's. */
  async function watching() {
    const clock = new FakeClock(Date.now());
    const { keyring, told, watch } = await watched(clock);
    await write(keyring, 'a');
    await carry(keyring, await offered(keyring, 'first'));
    const state = async () =>
      (await admin.query('select lost_at, fault from external_key_use where tenant_id = $1', [tenant])).rows[0] as {
        lost_at: Date | null;
        fault: string | null;
      };
    const records = async () =>
      (
        await admin.query<{ record: string }>('select record::text from audit_journal where tenant_id = $1', [tenant])
      ).rows
        .map(({ record }) => record)
        .filter((record) => record.includes('key.external'));
    return { clock, keyring, told, watch, state, records };
  }

  test('a key that is refused twice is lost, which is recorded once, and its data keys are forgotten', async () => {
    const { clock, keyring, told, watch, state, records } = await watching();
    await watch.round();
    expect(await read(keyring, 'a')).toBe('a');
    await vault.setPolicy('first', 'path "nothing" { capabilities = ["read"] }');
    clock.advance(10_000);
    await watch.round();
    expect(await state()).toEqual({ lost_at: null, fault: null });
    expect(await read(keyring, 'a')).toBe('a');
    for (let rounds = 0; rounds < 3; rounds += 1) await watch.round();
    expect(told).toEqual(['lost']);
    expect(await state()).toMatchObject({ fault: expect.stringContaining('no longer allows the platform') });
    expect(await records()).toHaveLength(1);
    await expect(read(keyring, 'a')).rejects.toMatchObject({ kind: 'forbidden' });
    await vault.setPolicy('first', policyFor('first'));
    await watch.round();
    await watch.round();
    expect(told).toEqual(['lost', 'returned']);
    expect(await state()).toEqual({ lost_at: null, fault: null });
    expect(await records()).toHaveLength(2);
    expect(await read(keyring, 'a')).toBe('a');
  });

  test('a key that was never taken into use is deleted after an hour, and no other', async () => {
    const { keyring, watch } = await watching();
    const [used] = await keysStored();
    const unused = await offered(keyring, 'second');
    await watch.round();
    expect(new Set(await keysStored())).toEqual(new Set([used, unused]));
    await admin.query("update external_key set created_at = now() - interval '61 minutes'");
    await watch.round();
    expect(await keysStored()).toEqual([used]);
    expect(await read(keyring, 'a')).toBe('a');
  });

  test('a single refusal is forgiven, and what could not be opened because of it may try again', async () => {
    const { clock, records, told, watch } = await watching();
    for (let count = 0; count < 3; count += 1) {
      await vault.setPolicy('first', 'path "nothing" { capabilities = ["read"] }');
      clock.advance(10_000);
      await watch.round();
      await vault.setPolicy('first', policyFor('first'));
      await watch.round();
    }
    expect(told).toEqual(['returned', 'returned', 'returned']);
    expect(await records()).toEqual([]);
  });

  test('a Vault that is sealed is lost only after as long as data keys are cached', async () => {
    const { clock, told, watch, state } = await watching();
    await watch.round();
    await vault.seal();
    try {
      for (let seconds = 0; seconds < 55; seconds += 5) {
        clock.advance(5_000);
        await watch.round();
      }
      expect(told).toEqual([]);
      clock.advance(5_000);
      await watch.round();
      expect(told).toEqual(['lost']);
      expect(await state()).toMatchObject({ fault: expect.stringContaining('its Vault is sealed') });
    } finally {
      await vault.unseal();
    }
    await expect.poll(() => watch.round().then(() => told), { interval: 500 }).toEqual(['lost', 'returned']);
  });
}
