import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { tryToLead } from '#infra/database/leadership.ts';
import type { Transaction } from '#infra/database/pool.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { openCheckpoint, parseVerifier } from './checkpoint.ts';
import { journal } from './journal.ts';
import { createLogKeys } from './log-keys.ts';
import { leafHash, MerkleEdge } from './merkle.ts';
import { encodeRecord, type AuditRecord } from './record.ts';
import type { Sequencer } from './sequencer.ts';
import { auditWorld, someRecords, until, type AuditWorld } from '#test/audit-world.ts';

let world: AuditWorld;
let running: Sequencer[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  world = await auditWorld();
});
afterEach(async () => {
  for (const sequencer of running) await sequencer[Symbol.asyncDispose]();
  running = [];
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await world[Symbol.asyncDispose]();
});

const start = (...args: Parameters<AuditWorld['start']>) => {
  const sequencer = world.start(...args);
  running.push(sequencer);
  return sequencer;
};

/** Reads a log as an auditor would and checks all of it: indices, hashes, every checkpoint and its signature. */
async function readLog(tenant: TenantId): Promise<string[]> {
  const { leaves, checkpoints, key } = await world.api.inTenant(tenant, async (transaction) => ({
    leaves: (
      await transaction.query<{ leaf_index: string; record: string; leaf_hash: Buffer }>(
        `select leaf_index + place - 1 as leaf_index, line as record,
                substring(leaf_hash from (place::int - 1) * 32 + 1 for 32) as leaf_hash
         from audit_leaf, string_to_table(record, E'\\n') with ordinality as part (line, place)
         order by audit_leaf.leaf_index, place`,
      )
    ).rows,
    checkpoints: (
      await transaction.query<{ tree_size: string; note: string }>('select * from audit_checkpoint order by tree_size')
    ).rows,
    key: (await transaction.query<{ verifier: string }>('select verifier from audit_key')).rows[0]?.verifier,
  }));
  const edge = MerkleEdge.empty();
  const notes = new Map(checkpoints.map(({ tree_size: size, note }) => [Number(size), note]));
  leaves.forEach((leaf, index) => {
    expect(Number(leaf.leaf_index)).toBe(index);
    expect(leaf.leaf_hash).toEqual(leafHash(Buffer.from(leaf.record)));
    edge.append(leaf.leaf_hash);
    const note = notes.get(edge.size);
    if (note)
      expect(openCheckpoint(note, parseVerifier(key ?? ''))).toMatchObject({
        ok: true,
        value: { size: edge.size, root: edge.root() },
      });
  });
  if (leaves.length > 0) expect(notes.has(leaves.length)).toBe(true);
  return leaves.map((leaf) => leaf.record);
}

const texts = (records: readonly AuditRecord[]) => records.map(encodeRecord);
const [tenantA, tenantB] = [newTenantId(), newTenantId()];

test("seals what is journalled into each tenant's own log, in order, and soon", async () => {
  start();
  const ofA = someRecords(tenantA, 300);
  const ofB = someRecords(tenantB, 3, { reason: 'caf\u00e9 \u{1f3b5} \u0000 \\x00' });
  await world.write(tenantA, ofA);
  const started = performance.now();
  await world.write(tenantB, ofB);
  await world.sealed();
  // A second on an idle machine.
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(await readLog(tenantA)).toEqual(texts(ofA));
  expect(await readLog(tenantB)).toEqual(texts(ofB));
  const later = someRecords(tenantA, 5);
  await world.write(tenantA, later);
  await world.sealed();
  expect(await readLog(tenantA)).toEqual(texts([...ofA, ...later]));
});

test('keeps going in batches smaller than what waits', async () => {
  const tenant = newTenantId();
  const records = someRecords(tenant, 100);
  await world.write(tenant, records);
  start({ batchRows: 2 });
  await world.sealed();
  expect(await readLog(tenant)).toEqual(texts(records));
});

test('looks once for a small batch, and less often while there is nothing', async () => {
  const tenant = newTenantId();
  await world.write(tenant, someRecords(tenant, 3));
  const clock = new FakeClock();
  let transactions = 0;
  const lead = async () => {
    const leadership = await tryToLead(world.server.url, 'a lock of its own');
    if (!leadership) return undefined;
    const { lost } = leadership;
    return {
      lost,
      acrossTenants: <Result>(work: (transaction: Transaction) => Promise<Result>) => {
        transactions += 1;
        return leadership.acrossTenants(work);
      },
      [Symbol.asyncDispose]: () => leadership[Symbol.asyncDispose](),
    };
  };
  start({ clock, lead });
  const rounds: (readonly [transactions: number, pauseMs: number | undefined])[] = [];
  for (let round = 0; round < 4; round += 1) {
    clock.advance(1_000);
    await until(async () => clock.dueInMs().length === 1);
    rounds.push([transactions, clock.dueInMs()[0]]);
    transactions = 0;
  }
  // It finds whose records wait, and seals them; then it finds nothing.
  expect(rounds).toEqual([
    [2, 200],
    [1, 250],
    [1, 500],
    [1, 500],
  ]);
});

test('loses nothing when transactions commit in another order than they journalled', async () => {
  const tenant = newTenantId();
  start();
  const slow = someRecords(tenant, 3);
  const quick = someRecords(tenant, 3);
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let journalled: (() => void) | undefined;
  const isJournalled = new Promise<void>((resolve) => (journalled = resolve));
  const slowTransaction = world.api.inTenant(tenant, async (transaction) => {
    await journal(transaction, slow);
    journalled?.();
    await held;
  });
  await isJournalled;
  await world.write(tenant, quick);
  await until(async () => (await readLog(tenant)).length === 3);
  expect(await readLog(tenant)).toEqual(texts(quick));
  release?.();
  await slowTransaction;
  await until(async () => (await readLog(tenant)).length === 6);
  expect(await readLog(tenant)).toEqual(texts([...quick, ...slow]));
});

test('many writers at once: every record once', async () => {
  const tenants = Array.from({ length: 5 }, () => newTenantId());
  start({ gatherMs: 1 });
  const written = new Map<TenantId, string[]>(tenants.map((tenant) => [tenant, []]));
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const tenant = tenants[index % tenants.length] ?? tenantA;
      const records = someRecords(tenant, 1 + (index % 4));
      await world.write(tenant, records);
      written.get(tenant)?.push(...texts(records));
    }),
  );
  await world.sealed();
  for (const tenant of tenants) expect((await readLog(tenant)).sort()).toEqual(written.get(tenant)?.sort());
});

describe('of two', () => {
  test('one leads; when its connection is cut the other goes on, and each record is sealed once', async () => {
    const tenant = newTenantId();
    const pair = [start({ pollMs: 20 }), start({ pollMs: 20 })];
    const leaders = async () => (await Promise.all(pair.map((each) => each.status()))).map(({ leader }) => leader);
    await until(async () => (await leaders()).includes(true));
    const records = someRecords(tenant, 50);
    for (const [index, record] of records.entries()) {
      await world.write(tenant, [record]);
      // One whose connection was just cut may not know it yet; it can seal nothing any more.
      await until(async () => (await leaders()).filter(Boolean).length <= 1);
      if (index % 20 === 10) {
        await world.admin.query(
          "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())",
        );
      }
    }
    await world.sealed();
    expect(await readLog(tenant)).toEqual(texts(records));
  });

  test('a standby takes over when the leader stops', async () => {
    const tenant = newTenantId();
    const first = world.start({ pollMs: 20 });
    await until(async () => (await first.status()).leader);
    const second = start({ pollMs: 20 });
    await world.write(tenant, someRecords(tenant, 1));
    await world.sealed();
    expect((await second.status()).leader).toBe(false);
    await first[Symbol.asyncDispose]();
    await world.write(tenant, someRecords(tenant, 1));
    await until(async () => (await readLog(tenant)).length === 2);
    expect((await second.status()).leader).toBe(true);
  });
});

describe('killed with SIGKILL', () => {
  async function startChild(): Promise<ChildProcess> {
    const child = fork(path.join(import.meta.dirname, 'testing', 'sequencer-process.ts'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.push(child);
    child.send({ url: world.server.url, installation: world.installation, ...world.custodianSettings });
    await once(child, 'message');
    return child;
  }
  const kill = async (child: ChildProcess) => {
    if (child.signalCode) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };

  test('between moving the records and signing, it loses none and doubles none', async () => {
    const tenant = newTenantId();
    const records = someRecords(tenant, 200);
    await world.write(tenant, records.slice(0, 100));
    const child = await startChild();
    await until(async () => (await readLog(tenant)).length === 100);
    // The next batch stops where the checkpoint is written: records have been moved by then, and are not committed.
    const admin = await world.admin.connect();
    await admin.query('begin');
    await admin.query('lock table audit_checkpoint in share mode');
    await world.write(tenant, records.slice(100));
    await until(async () => {
      const { rowCount } = await world.admin.query(
        "select 1 from pg_locks where not granted and relation = 'audit_checkpoint'::regclass and database = (select oid from pg_database where datname = current_database())",
      );
      return rowCount === 1;
    });
    await kill(child);
    await admin.query('rollback');
    admin.release();
    expect((await readLog(tenant)).length).toBe(100);
    await startChild();
    await world.sealed();
    expect(await readLog(tenant)).toEqual(texts(records));
    for (const each of children) await kill(each);
  });
});

describe("a tenant's log that cannot be sealed", () => {
  const codeOf = async (sequencer: Sequencer, tenant: TenantId) => (await sequencer.status()).passedOver.get(tenant);

  test('because its key was destroyed, holds up no other and is told of', async () => {
    const [broken, well] = [newTenantId(), newTenantId()];
    await createLogKeys({
      database: world.worker,
      envelope: world.envelope,
      installation: world.installation,
    }).signerFor(broken);
    await world.custodian.destroyKey(tenantKeyName(broken));
    world.envelope.forget(broken);
    await world.write(broken, someRecords(broken, 2));
    await world.write(well, someRecords(well, 2));
    const sequencer = start({ batchRows: 1 });
    await until(async () => (await readLog(well)).length === 2);
    await until(async () => (await codeOf(sequencer, broken)) === 'keyring.unknown-key');
    expect(await readLog(broken)).toEqual([]);
    await world.admin.query('delete from audit_journal');
  });

  test('because its leaves and its checkpoint disagree, holds up no other and grows no further', async () => {
    const [damaged, well] = [newTenantId(), newTenantId()];
    const first = start();
    await world.write(damaged, someRecords(damaged, 3));
    await world.sealed();
    await first[Symbol.asyncDispose]();
    await world.admin.query(
      "update audit_checkpoint set root_hash = decode(repeat('00', 32), 'hex') where tenant_id = $1",
      [damaged],
    );
    await world.write(damaged, someRecords(damaged, 2));
    await world.write(well, someRecords(well, 2));
    const sequencer = start();
    await until(async () => (await readLog(well)).length === 2);
    await until(async () => (await codeOf(sequencer, damaged)) === 'audit.damaged');
    const { rowCount } = await world.admin.query('select 1 from audit_leaf where tenant_id = $1', [damaged]);
    expect(rowCount).toBe(1);
    await world.admin.query('delete from audit_journal');
  });
});

describe('of what is sealed', () => {
  test("a transaction of tenant A sees A's log alone", async () => {
    start();
    await world.write(tenantA, someRecords(tenantA, 1));
    await world.write(tenantB, someRecords(tenantB, 1));
    await world.sealed();
    for (const table of ['audit_leaf', 'audit_checkpoint', 'audit_key']) {
      const { rows } = await world.api.inTenant(tenantA, (transaction) =>
        transaction.query<{ tenant_id: string }>(`select distinct tenant_id from ${table}`),
      );
      expect(rows).toEqual([{ tenant_id: tenantA }]);
    }
  });

  test('nobody changes or removes anything, not even the worker', async () => {
    for (const table of ['audit_leaf', 'audit_checkpoint', 'audit_key']) {
      for (const statement of [`delete from ${table}`, `update ${table} set tenant_id = ''`, `truncate ${table}`]) {
        await expect(world.worker.acrossTenants((transaction) => transaction.query(statement))).rejects.toThrow(
          /permission denied/,
        );
        await expect(world.api.acrossTenants((transaction) => transaction.query(statement))).rejects.toThrow(
          /permission denied/,
        );
      }
    }
  });

  test("the log's private key stands nowhere in the clear", async () => {
    const { rows } = await world.admin.query<{ sealed: Buffer }>('select sealed from audit_key');
    expect(rows.length).toBeGreaterThan(0);
    const pkcs8Ed25519 = Buffer.from('302e020100300506032b657004220420', 'hex');
    for (const { sealed } of rows) expect(sealed.includes(pkcs8Ed25519)).toBe(false);
  });
});

test('tells how long records have waited when nobody seals them', async () => {
  const tenant = newTenantId();
  await world.write(tenant, someRecords(tenant, 1));
  const standby = start({ lead: async () => undefined });
  await until(async () => (await standby.status()).lagMs > 50);
  expect(await standby.status()).toMatchObject({ leader: false });
  await world.admin.query('delete from audit_journal');
});
