import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRecords, type Records } from '#infra/database/prisma.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { auditRecord } from '#security/audit/record.ts';
import { verifierOf } from '#security/audit/checkpoint.ts';
import { sealedColumnsOf, sealedValues } from '#security/keyring/sealed-columns.ts';
import { auditWorld, type AuditWorld } from '#test/audit-world.ts';
import { createTenantStore, type TenantStore } from '../tenant/tenant-store.ts';
import { certifyDeletion } from './certify.ts';
import { createDeletions, type Deletions } from './deletions.ts';
import { countKeyVersions } from './key-count.ts';
import { createCertificateKey } from './signing-key.ts';
import { verifyCertificate } from './verify.ts';

let world: AuditWorld;
let records: Records;
let tenants: TenantStore;
let deletions: Deletions;

beforeAll(async () => {
  world = await auditWorld();
  records = openRecords({ url: world.server.urlOf('api'), maxConnections: 4 });
  tenants = createTenantStore(records);
  deletions = createDeletions(records);
});
afterAll(async () => {
  await records[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const actor = { type: 'tenant-member', id: 'discord:1' } as const;
const did = (tenant: TenantId) =>
  auditRecord({ tenant, kind: 'lifecycle', action: 'tenant.delete', outcome: 'succeeded', actor }, Date.now());

const begun = async () => {
  const { id } = await tenants.create({ name: 'Acme', owner: 'operator:o' }, did);
  await tenants.startDeletion(id, 'discord:1', did);
  const deletion = await deletions.ofTenant(id);
  if (!deletion) throw new Error('not recorded');
  return { tenant: id, deletion: deletion.id };
};
const key = () => createCertificateKey({ database: world.worker, envelope: world.envelope, installation: 'harmony' });
const certify = (deletion: string) =>
  certifyDeletion({ database: world.worker, key: key(), installation: 'harmony' }, deletion);
const statedIn = async (deletion: string) => {
  const verdict = verifyCertificate(
    (await deletions.find(deletion))?.certificate ?? '',
    verifierOf(await key().signer()),
  );
  if (!verdict.ok) throw new Error(verdict.fault);
  const { deleted, destroyed } = verdict.value;
  return Object.fromEntries([...deleted, ...destroyed].map(({ store, count }) => [store, count]));
};

test('a count is of the transaction that deletes: rolled back with it, and complete however many there are', async () => {
  const { tenant, deletion } = await begun();
  const add = (guild: number) =>
    world.admin.query("insert into music_session (tenant_id, guild_id, document, version) values ($1, $2, '{}', 1)", [
      tenant,
      String(guild),
    ]);
  for (const guild of [1, 2, 3]) await add(guild);
  const crash = world.worker.inTenant(tenant, async (transaction) => {
    await transaction.query('delete from invitation where tenant_id = $1', [tenant]);
    throw new Error('killed');
  });
  await expect(crash).rejects.toThrow('killed');
  const client = await world.admin.connect();
  await client.query('begin');
  await client.query('delete from music_session where tenant_id = $1', [tenant]);
  await client.query('rollback');
  client.release();
  await world.admin.query("delete from music_session where tenant_id = $1 and guild_id = '1'", [tenant]);
  await world.admin.query('delete from music_session where tenant_id = $1', [tenant]);
  await world.admin.query('delete from music_session where tenant_id = $1', [tenant]);
  await tenants.remove(tenant, did);
  await using _sequencer = world.start();
  await world.sealed();
  await certify(deletion);
  expect(await statedIn(deletion)).toMatchObject({ music_session: 3, tenant: 1, tenant_member: 1, invitation: 0 });
});

test('the versions of a key are counted once, also by an attempt that found them destroyed', async () => {
  const { tenant, deletion } = await begun();
  for (const versions of [2, 0])
    await world.api.inTenant(tenant, (transaction) =>
      countKeyVersions(transaction, { tenant, keeper: 'discord-edge' }, versions),
    );
  await tenants.remove(tenant, did);
  await using _sequencer = world.start();
  await world.sealed();
  await certify(deletion);
  expect(await statedIn(deletion)).toMatchObject({ 'key/discord-edge': 2, 'key/audio': 0 });
});

test('nothing is counted of a tenant that is not being deleted', async () => {
  const { id } = await tenants.create({ name: 'Bare', owner: 'operator:o' }, did);
  await world.admin.query('delete from tenant_member where tenant_id = $1', [id]);
  const { rows } = await world.admin.query('select 1 from deletion_count where tenant_id = $1', [id]);
  expect(rows).toEqual([]);
});

test('there is one certificate, whoever asks again or at the same time, and its key is made once', async () => {
  const { tenant, deletion } = await begun();
  await tenants.startDeletion(tenant, 'discord:2', did);
  await tenants.remove(tenant, did);
  await using _sequencer = world.start();
  await world.sealed();
  await Promise.all([certify(deletion), certify(deletion), certify(deletion)]);
  const first = await deletions.find(deletion);
  await certify(deletion);
  expect(await deletions.find(deletion)).toEqual(first);
  expect(first?.certificate).toMatch(/^bailiwick-deletion\/1\n/);
  expect(first?.requestedBy).toBe('discord:1');
  // The later ones found no counts any more.
  expect(await statedIn(deletion)).toMatchObject({ tenant: 1, tenant_member: 1 });
  expect((await world.admin.query('select 1 from deletion_key')).rowCount).toBe(1);
});

test('its key can be sealed again by the worker, as when keys are moved to another custodian', async () => {
  const before = verifierOf(await key().signer());
  const platform = sealedColumnsOf('worker').filter(({ of }) => of === 'platform');
  expect(platform.map(({ table }) => table)).toEqual(['deletion_key']);
  const { envelope } = world;
  let values = 0;
  await world.worker.acrossTenants(async (transaction) => {
    for (const column of platform)
      for (const { sealed, location, replace } of await sealedValues(column, transaction, 'platform')) {
        await replace(await envelope.seal(await envelope.open(sealed, location), location));
        values += 1;
      }
  });
  expect(values).toBe(1);
  expect(verifierOf(await key().signer())).toBe(before);
});

test('is refused before the deletion has ended, and before the log contains that it has', async () => {
  const { tenant, deletion } = await begun();
  await expect(certify(deletion)).rejects.toMatchObject({ code: 'deletion.unfinished' });
  {
    await using _sequencer = world.start();
    await world.sealed();
  }
  await tenants.remove(tenant, did);
  await expect(certify(deletion)).rejects.toMatchObject({ code: 'deletion.log-not-sealed', status: 503 });
  expect((await deletions.find(deletion))?.certificate).toBeNull();
  await expect(certify('del_x')).rejects.toMatchObject({ code: 'deletion.unknown' });
});

test('every table of rows of tenants counts what is deleted from it, except the log', async () => {
  const { rows } = await world.admin.query<{ name: string }>(
    `select relname as name from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
       and exists (select from pg_attribute a where a.attrelid = c.oid and attname = 'tenant_id' and not attisdropped)
       and not exists (select from pg_trigger t where t.tgrelid = c.oid and tgname = 'count_deleted') order by 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual([
    'audit_checkpoint',
    'audit_journal',
    'audit_key',
    'audit_leaf',
    'audit_succession',
    'deletion_count',
  ]);
});
