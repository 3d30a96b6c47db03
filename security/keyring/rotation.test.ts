import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, type Database, type Transaction } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import type { Custodian } from './custodian.ts';
import { createEnvelope, keyVersionOf, type Envelope } from './envelope.ts';
import { createFileCustodian } from './file-custodian.ts';
import { acrossRotation, rotateTenantKey, whileSealing, type RotationPorts } from './rotation.ts';
import { sealedColumnsOf, sealedValues } from './sealed-columns.ts';

/* A table of the edge's own stands for all: what is read and written is only the sealed text and its row. */
let server: TestDatabase;
let database: Database;
let folder: string;
let custodian: Custodian;
let envelope: Envelope;
let tenant: TenantId;
let done: number[] = [];

beforeAll(async () => {
  server = await testDatabase('edge');
  database = openDatabase({ url: server.urlOf('edge'), maxConnections: 4 });
  folder = await mkdtemp(path.join(tmpdir(), 'rotation-'));
  custodian = createFileCustodian({ folder, keyBase64: Buffer.alloc(32, 7).toString('base64') }, systemClock);
  envelope = createEnvelope({ custodian });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  tenant = newTenantId();
  done = [];
});

const location = (row: number) => ({ tenant, table: 'gateway_session', column: 'document', row: String(row) });

const write = (row: number, text: string) =>
  database.inTenant(tenant, async (transaction) => {
    await whileSealing(transaction, tenant);
    await put(transaction, row, await envelope.seal(Buffer.from(text), location(row)));
  });

const put = (transaction: Transaction, row: number, sealed: Uint8Array) =>
  transaction.query(
    `insert into gateway_session (tenant_id, shard_id, session_id, resume_url, sequence, document) values ($1, $2, '', '', 0, $3)
       on conflict (tenant_id, shard_id) do update set document = excluded.document`,
    [tenant, row, { sealed: Buffer.from(sealed).toString('base64') }],
  );

async function sealedIn(row: number): Promise<Buffer> {
  const { rows } = await database.inTenant(tenant, (transaction) =>
    transaction.query<{ document: { sealed: string } }>(
      'select document from gateway_session where tenant_id = $1 and shard_id = $2',
      [tenant, row],
    ),
  );
  return Buffer.from(rows[0]?.document.sealed ?? '', 'base64');
}

const read = (row: number) =>
  acrossRotation(async () => Buffer.from(await envelope.open(await sealedIn(row), location(row))).toString());

const rotate = (to: number, changed: Partial<Custodian> = {}, how: Pick<RotationPorts, 'batch' | 'forMs'> = {}) =>
  rotateTenantKey(
    {
      custodian: { ...bound(), ...changed },
      envelope,
      database,
      columns: sealedColumnsOf('discord-edge'),
      done: async (_transaction, version) => void done.push(version),
      ...how,
    },
    tenant,
    to,
  );

const bound = (): Pick<Custodian, 'versions' | 'rotate' | 'retire'> => ({
  versions: (name) => custodian.versions(name),
  rotate: (name) => custodian.rotate(name),
  retire: (name, before) => custodian.retire(name, before),
});

const versions = async () => (await custodian.versions(`tenant-${tenant}`)).map(({ version }) => version);

test('everything is sealed with the new version, and what the old one sealed opens no more', async () => {
  await write(0, 'a token');
  await write(1, 'a session');
  const copy = await sealedIn(0);
  expect(await rotate(2)).toEqual({ version: 2, resealed: 2, complete: true });
  expect([await read(0), await read(1)]).toEqual(['a token', 'a session']);
  expect(keyVersionOf(await sealedIn(0))).toBe(2);
  expect(await versions()).toEqual([2]);
  await expect(envelope.open(copy, location(0))).rejects.toMatchObject({ code: 'keyring.retired-version' });
  // Nor with what another process has cached for itself.
  await expect(createEnvelope({ custodian }).open(copy, location(0))).rejects.toMatchObject({
    code: 'keyring.retired-version',
  });
  expect(done).toEqual([2]);
});

test('repeating it changes nothing, and is not recorded again', async () => {
  await write(0, 'a token');
  await rotate(2);
  const sealed = await sealedIn(0);
  expect(await rotate(2)).toEqual({ version: 2, resealed: 0, complete: true });
  expect(await sealedIn(0)).toEqual(sealed);
  expect(done).toEqual([2]);
});

test('two processes that are asked at once add one version, and what each seals with it opens', async () => {
  for (let row = 0; row < 12; row += 1) await write(row, `value ${row}`);
  const other = createFileCustodian({ folder, keyBase64: Buffer.alloc(32, 7).toString('base64') }, systemClock);
  const soon = async (name: string, of: Custodian) => {
    await delay(50);
    return of.rotate(name);
  };
  const ofOther = {
    custodian: {
      versions: (name: string) => other.versions(name),
      rotate: (name: string) => soon(name, other),
      retire: (name: string, before: number) => other.retire(name, before),
    },
    envelope: createEnvelope({ custodian: other }),
    database,
    columns: sealedColumnsOf('discord-edge'),
    done: async (_transaction: Transaction, version: number) => void done.push(version),
  };
  const both = await Promise.all([
    rotate(2, { rotate: (name) => soon(name, custodian) }),
    rotateTenantKey(ofOther, tenant, 2),
  ]);
  expect(both.map(({ version, complete }) => ({ version, complete }))).toEqual([
    { version: 2, complete: true },
    { version: 2, complete: true },
  ]);
  expect(await versions()).toEqual([2]);
  expect(done).toEqual([2]);
  for (let row = 0; row < 12; row += 1) expect(await read(row)).toBe(`value ${row}`);
});

test('a tenant for whom nothing was ever sealed has no key afterwards either', async () => {
  expect(await rotate(1)).toEqual({ version: null, resealed: 0, complete: true });
  await expect(versions()).rejects.toMatchObject({ code: 'keyring.unknown-key' });
});

describe('interrupted', () => {
  const killed = () => Promise.reject(new Error('killed'));

  test.each([
    ['before the key has a new version', { rotate: killed }],
    [
      'after it has',
      {
        rotate: async (name: string) => {
          await custodian.rotate(name);
          return killed();
        },
      },
    ],
    ['before the old one is destroyed', { retire: killed }],
    [
      'after it is, before that is recorded',
      {
        retire: async (name: string, before: number) => {
          await custodian.retire(name, before);
          return killed();
        },
      },
    ],
  ])('%s, it can be repeated, and nothing was ever lost', async (_when, changed) => {
    await write(0, 'a token');
    await expect(rotate(2, changed)).rejects.toThrow('killed');
    expect(await read(0)).toBe('a token');
    await rotate(2);
    expect(await read(0)).toBe('a token');
    expect(await versions()).toEqual([2]);
    await write(0, 'another');
    expect(await read(0)).toBe('another');
  });
});

test('reads and writes go on meanwhile; none is lost, and none is left under an old version', async () => {
  await write(0, '0');
  const stop = new AbortController();
  let written = 0;
  const writing = (async () => {
    while (!stop.signal.aborted) {
      await write(0, String(written + 1));
      written += 1;
    }
  })();
  const reading = (async () => {
    let reads = 0;
    for (; !stop.signal.aborted; reads += 1) expect(Number(await read(0))).toBeGreaterThanOrEqual(0);
    return reads;
  })();
  for (let to = 2; to <= 12; to += 1) {
    await rotate(to);
    await delay(5);
  }
  stop.abort();
  await writing;
  expect(await reading).toBeGreaterThan(10);
  expect(written).toBeGreaterThan(10);
  expect(await read(0)).toBe(String(written));
  expect(keyVersionOf(await sealedIn(0))).toBe(12);
  expect(await versions()).toEqual([12]);
});

test('many values are sealed again in batches, with as many requests as the time needs, and writes between them', async () => {
  for (let row = 0; row < 25; row += 1) await write(row, String(row));
  const step = () => rotate(2, {}, { batch: 10, forMs: 0 });
  expect(await step()).toEqual({ version: 2, resealed: 10, complete: false });
  expect(await versions()).toEqual([1, 2]);
  await write(3, 'changed');
  await write(20, 'changed');
  expect(await step()).toEqual({ version: 2, resealed: 10, complete: false });
  expect(done).toEqual([]);
  // One of the last five is written under the new version already.
  expect(await step()).toEqual({ version: 2, resealed: 4, complete: false });
  expect(await step()).toEqual({ version: 2, resealed: 0, complete: true });
  expect(await versions()).toEqual([2]);
  expect(done).toEqual([2]);
  for (let row = 0; row < 25; row += 1) expect(await read(row)).toBe(row === 3 || row === 20 ? 'changed' : String(row));
});

test('what is older is found by the number in the header, whatever its bytes', async () => {
  const [column] = sealedColumnsOf('discord-edge').filter(({ table }) => table === 'gateway_session');
  if (!column) throw new Error('there is no such column');
  const numbers = [1, 255, 256, 65_535, 65_536, 2_147_483_648];
  await database.inTenant(tenant, async (transaction) => {
    for (const [row, version] of numbers.entries()) {
      const header = Buffer.from([1, 0, 0, 0, 0, 9, 9, 9]);
      header.writeUInt32BE(version, 1);
      await put(transaction, row, header);
    }
    for (const olderThan of numbers) {
      const found = await sealedValues(column, transaction, tenant, { olderThan, limit: 10 });
      expect(found.map(({ sealed }) => keyVersionOf(sealed))).toEqual(numbers.filter((version) => version < olderThan));
    }
  });
});

test('a value that was sealed before and is stored late is not lost: the rotation waits for it', async () => {
  await write(0, 'early');
  const sealed = Promise.withResolvers<void>();
  const stored = Promise.withResolvers<void>();
  const writing = database.inTenant(tenant, async (transaction) => {
    await whileSealing(transaction, tenant);
    const late = await envelope.seal(Buffer.from('late'), location(0));
    sealed.resolve();
    await stored.promise;
    await put(transaction, 0, late);
  });
  await sealed.promise;
  let rotated = false;
  const rotating = rotate(2).then(() => (rotated = true));
  await delay(300);
  expect(rotated).toBe(false);
  stored.resolve();
  await Promise.all([writing, rotating]);
  expect(await read(0)).toBe('late');
  expect(keyVersionOf(await sealedIn(0))).toBe(2);
});

test('a value that cannot be opened blocks the destruction of the key that might', async () => {
  await write(0, 'a token');
  await database.inTenant(tenant, async (transaction) => {
    const broken = await sealedIn(0);
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    await put(transaction, 0, broken);
  });
  await expect(rotate(2)).rejects.toMatchObject({ code: 'keyring.edited' });
  expect(await versions()).toEqual([1, 2]);
});

test('a batch reads few rows, however many the tenant has', async () => {
  const [column] = sealedColumnsOf('discord-edge').filter(({ table }) => table === 'gateway_session');
  if (!column) throw new Error('the column is not listed');
  const read = await database.inTenant(tenant, async (transaction) => {
    const sealed = Buffer.from(await envelope.seal(Buffer.alloc(1_000), location(0))).toString('base64');
    await transaction.query(
      `insert into gateway_session (tenant_id, shard_id, session_id, resume_url, sequence, document)
         select $1, shard, '', '', 0, jsonb_build_object('sealed', $2::text) from generate_series(0, 4999) as shard`,
      [tenant, sealed],
    );
    const rowsRead = async () => {
      const { rows } = await transaction.query<{ read: number }>(
        `select (seq_tup_read + idx_tup_fetch)::int as read from pg_stat_xact_user_tables where relname = 'gateway_session'`,
      );
      return rows[0]?.read ?? Number.NaN;
    };
    const before = await rowsRead();
    const after = [tenant, 2_000];
    const values = await sealedValues(column, transaction, tenant, { olderThan: 2, limit: 10, after });
    expect(values.map(({ primaryKey }) => primaryKey[1])).toEqual(
      Array.from({ length: 10 }, (_none, at) => 2_001 + at),
    );
    return (await rowsRead()) - before;
  });
  // It reads each row that it locks twice.
  expect(read).toBeLessThanOrEqual(30);
});
