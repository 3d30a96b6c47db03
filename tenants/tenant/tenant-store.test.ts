import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { openRecords, type Records } from '#infra/database/prisma.ts';
import { newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { createPolicyStore, type PolicyStore } from '#policies/policy-store.ts';
import { auditRecord } from '#security/audit/record.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { createTenantStore, type TenantStore } from './tenant-store.ts';

let server: TestDatabase;
let admin: pg.Client;
let records: Records;
let database: Database;
let tenants: TenantStore;
let policies: PolicyStore;
const guild = snowflake('900');

beforeAll(async () => {
  server = await testDatabase('api');
  admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  records = openRecords({ url: server.url, maxConnections: 4 });
  tenants = createTenantStore(records);
  database = openDatabase({ url: server.url, maxConnections: 2 });
  policies = createPolicyStore(database);
});

afterAll(async () => {
  await records[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await admin.end();
  await server[Symbol.asyncDispose]();
});

const did = (action: string) => (tenant: TenantId) =>
  auditRecord(
    { tenant, kind: 'lifecycle', action, outcome: 'succeeded', actor: { type: 'operator', id: 'operator:o' } },
    Date.now(),
  );
const journalled = async (tenant: TenantId) => {
  const { rows } = await admin.query<{ record: string }>(
    "select string_to_table(record, E'\\n') as record from audit_journal where tenant_id = $1 order by id",
    [tenant],
  );
  return rows.map((row) => (JSON.parse(row.record) as { action: string }).action);
};
const created = () => tenants.create({ name: 'Acme', owner: 'operator:o' }, did('tenant.create'));
const why = { by: 'operator:o', reason: 'why' };
const application = (id: string) => ({ applicationId: snowflake(id), botUserId: snowflake(id), botUsername: 'Melody' });

test('creates a tenant with its owner and journals it in the same transaction', async () => {
  const tenant = await created();
  expect(await tenants.find(tenant.id)).toMatchObject({ name: 'Acme', status: 'created' });
  expect(await tenants.members(tenant.id)).toEqual([{ subject: 'operator:o', role: 'owner' }]);
  expect(await journalled(tenant.id)).toEqual(['tenant.create']);
});

test('changes nothing when the change cannot be journalled', async () => {
  const tenant = await created();
  const broken = () => ({ ...did('tenant.activate')(tenant.id), time: 'yesterday' });
  await expect(tenants.activate(tenant.id, application('11'), broken)).rejects.toMatchObject({
    code: 'audit.invalid-record',
  });
  expect(await tenants.find(tenant.id)).toMatchObject({ status: 'created', version: 1, applicationId: null });
});

test('refuses a move that the life of a tenant does not have, and says so', async () => {
  const tenant = await created();
  await expect(tenants.suspend(tenant.id, why, did('tenant.suspend'))).rejects.toMatchObject({
    code: 'tenant.status',
  });
  await tenants.activate(tenant.id, application('12'), did('tenant.activate'));
  expect(await tenants.suspend(tenant.id, why, did('tenant.suspend'))).toMatchObject({
    status: 'suspended',
    reason: 'why',
  });
  expect(await journalled(tenant.id)).toEqual(['tenant.create', 'tenant.activate', 'tenant.suspend']);
});

test('withdraws what activated a tenant, once; a suspended one stays as it is', async () => {
  const { id } = await created();
  const withdraw = () => tenants.withdraw(id, did('tenant.withdraw'));
  await withdraw();
  await tenants.activate(id, application('13'), did('tenant.activate'));
  await withdraw();
  await withdraw();
  const before = { status: 'created', applicationId: null, botUserId: null, botUsername: null };
  expect(await tenants.find(id)).toMatchObject(before);
  expect(await journalled(id)).toEqual(['tenant.create', 'tenant.activate', 'tenant.withdraw']);
  await tenants.activate(id, application('13'), did('tenant.activate'));
  await tenants.suspend(id, why, did('tenant.suspend'));
  await expect(withdraw()).rejects.toMatchObject({ code: 'tenant.status', status: 409 });
  expect(await tenants.find(id)).toMatchObject({ status: 'suspended', applicationId: '13' });
});

test('removes a tenant with its policies and members, and keeps its audit log', async () => {
  const tenant = await created();
  await policies.replace({
    tenant: tenant.id,
    guild,
    document: { rules: [], otherwise: 'deny' },
    author: 'operator:o',
    audit: () => did('policy.write')(tenant.id),
  });
  await tenants.startDeletion(tenant.id, 'operator:o', did('tenant.delete'));
  await tenants.remove(tenant.id, did('tenant.deleted'));
  expect(await tenants.find(tenant.id)).toBeUndefined();
  const left = await admin.query(
    'select 1 from guild_policy where tenant_id = $1 union all select 1 from tenant_member where tenant_id = $1',
    [tenant.id],
  );
  expect(left.rowCount).toBe(0);
  expect(await journalled(tenant.id)).toContain('tenant.deleted');
});

test('knows nothing of a tenant that is not there', async () => {
  await expect(tenants.resume(newTenantId(), did('x'))).rejects.toMatchObject({
    code: 'tenant.unknown',
    status: 404,
  });
});

test('adds versions of a policy and refuses one that was made against an older version', async () => {
  const tenant = (await created()).id;
  const save = (otherwise: string, expected?: number) =>
    policies.replace({
      tenant,
      guild,
      document: { rules: [], otherwise },
      author: 'a',
      audit: () => did('policy.write')(tenant),
      ...(expected === undefined ? {} : { expected }),
    });
  expect(await policies.current(tenant, guild)).toMatchObject({ version: 0 });
  await save('deny', 0);
  await expect(save('allow', 0)).rejects.toMatchObject({ code: 'policy.conflict', status: 412 });
  await save('allow', 1);
  expect(
    (await policies.history(tenant, guild, { limit: 10 })).map(({ version, policy }) => [version, policy.otherwise]),
  ).toEqual([
    [2, 'allow'],
    [1, 'deny'],
  ]);
  expect(await journalled(tenant)).toEqual(['tenant.create', 'policy.write', 'policy.write']);
});

test('lets exactly one of two people save who saw the same version', async () => {
  const tenant = (await created()).id;
  const save = () =>
    policies.replace({
      tenant,
      guild,
      document: { rules: [], otherwise: 'deny' },
      author: 'a',
      expected: 0,
      audit: () => did('policy.write')(tenant),
    });
  const outcomes = await Promise.allSettled([save(), save(), save()]);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await policies.current(tenant, guild)).toMatchObject({ version: 1 });
});

test('changes nothing when a document has a fault', async () => {
  const tenant = (await created()).id;
  const attempt = policies.replace({
    tenant,
    guild,
    document: { rules: [{}], otherwise: 'deny' },
    author: 'a',
    audit: () => did('policy.write')(tenant),
  });
  await expect(attempt).rejects.toMatchObject({ code: 'policy.invalid', status: 422 });
  expect(await policies.current(tenant, guild)).toMatchObject({ version: 0 });
  expect(await journalled(tenant)).toEqual(['tenant.create']);
});

test("takes no policy that makes all of a tenant's larger than every decision point should have to read", async () => {
  const { id: tenant } = await created();
  const write = (place: string, users: number) => {
    const rule = { id: 'r', effect: 'deny' as const, commands: ['stop' as const] };
    const rules = Array.from({ length: users }, (_, index) => ({
      ...rule,
      id: `r${index}-${'x'.repeat(55)}`,
      who: { users: [snowflake('1')] },
    }));
    return policies.replace({
      tenant,
      guild: snowflake(place),
      document: { rules, otherwise: 'allow' },
      author: 'operator:o',
      audit: () => did('policy.write')(tenant),
    });
  };
  const { policy } = await write('1', 100);
  const fitting = Math.floor((2 * 1024 * 1024) / JSON.stringify(policy).length);
  await admin.query(
    `insert into guild_policy (tenant_id, guild_id, version, document, author)
       select tenant_id, (1000 + place)::text, 1, document, author
       from guild_policy, generate_series(1, $2) as place where tenant_id = $1`,
    [tenant, fitting],
  );
  await expect(write('2', 100)).rejects.toMatchObject({ code: 'policy.too-much', status: 422 });
  expect(await policies.current(tenant, snowflake('2'))).toMatchObject({ version: 0 });
  await admin.query('delete from guild_policy where tenant_id = $1 and guild_id <> $2', [tenant, '1']);
  await write('2', 100);
});
