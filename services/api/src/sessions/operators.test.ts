import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { openRecords, type Records } from '#infra/database/prisma.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { auditRecord } from '#security/audit/record.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { createOperatorSignIns, machineOperator, operatorSignInMs } from './operator-sign-ins.ts';
import { createOperators, type Operators } from './operators.ts';
import { createSignInStore, type SignInStore } from './sign-in-store.ts';

let server: TestDatabase;
let records: Records;
let database: Database;
let clock: FakeClock;
let operators: Operators;
let signIns: SignInStore;

beforeAll(async () => {
  server = await testDatabase('api');
  records = openRecords({ url: server.url, maxConnections: 2 });
  database = openDatabase({ url: server.url, maxConnections: 4 });
});
afterAll(async () => {
  await records[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});
beforeEach(async () => {
  clock = new FakeClock();
  operators = createOperators(database, clock);
  signIns = createSignInStore(records, database, clock);
  await database.acrossTenants((transaction) => transaction.query('delete from operator'));
});

const audit = () =>
  auditRecord(
    {
      tenant: installationLog,
      kind: 'change',
      action: 'operator.write',
      outcome: 'succeeded',
      actor: { type: 'operator', id: 'operator:owner' },
    },
    clock.now(),
  );
const add = (id: string) => operators.add(id, 'operator:owner', audit);
const ids = async () => (await operators.list({ after: undefined, take: 200 })).map(({ userId }) => userId);
const hourMs = 60 * 60_000;

test('is recognised by the sign-in with Discord, for half a day, from the sign-in after being added on', async () => {
  const before = await signIns.open('discord:1', 'discord');
  clock.advance(1);
  await add('1');
  expect(await signIns.find(before.id)).toBeUndefined();
  const after = await signIns.open('discord:1', 'discord');
  expect(await signIns.find(after.id)).toEqual({ subject: 'discord:1', operator: 'operator:1' });
  expect(after.expiresAt.getTime()).toBe(clock.now() + 12 * hourMs);
  const other = await signIns.open('discord:2', 'discord');
  expect(await signIns.find(other.id)).toEqual({ subject: 'discord:2' });
});

test('is nobody at once when removed, with the API keys that were made as an operator, and no others', async () => {
  await Promise.all(['1', '2'].map(add));
  const tenant = newTenantId();
  const keep = ['discord:1', 'operator:owner'];
  await database.acrossTenants(async (transaction) => {
    await transaction.query('insert into tenant (id, name) values ($1, $2)', [tenant, 'T']);
    for (const maker of [...keep, 'operator:1'])
      await transaction.query(
        `insert into api_key (id, tenant_id, name, scopes, key_hash, maker, expires_at)
         values ($1, $2, 'k', '{read}', sha256($3), $1, now() + '1 day')`,
        [maker, tenant, maker],
      );
  });
  const signIn = await signIns.open('discord:1', 'discord');
  await operators.remove('1', audit);
  expect(await signIns.find(signIn.id)).toBeUndefined();
  expect(await ids()).toEqual(['2']);
  const { rows } = await database.acrossTenants((transaction) =>
    transaction.query<{ maker: string }>('select maker from api_key order by maker'),
  );
  expect(rows.map(({ maker }) => maker)).toEqual(keep);
});

test('is refused twice, and there is always one left, also when two are removed at once', async () => {
  await Promise.all(['1', '2'].map(add));
  await expect(add('1')).rejects.toMatchObject({ code: 'operator.exists', status: 409 });
  await expect(operators.remove('3', audit)).rejects.toMatchObject({ code: 'operator.unknown', status: 404 });
  const both = await Promise.allSettled(['1', '2'].map((id) => operators.remove(id, audit)));
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(both).toContainEqual(expect.objectContaining({ reason: expect.objectContaining({ code: 'operator.last' }) }));
  expect(await ids()).toHaveLength(1);
});

test('follows the settings file: who is named there is added, stays while named, and goes with the name', async () => {
  await add('1');
  await operators.follow(['1', '2']);
  const listed = await operators.list({ after: undefined, take: 10 });
  expect(listed.map(({ userId, addedBy, inSettings }) => [userId, addedBy, inSettings])).toEqual([
    ['1', 'operator:owner', true],
    ['2', 'settings', true],
  ]);
  await expect(operators.remove('2', audit)).rejects.toMatchObject({ code: 'operator.in-settings', status: 409 });
  await operators.follow([]);
  expect(await operators.list({ after: undefined, take: 10 })).toMatchObject([{ userId: '1', inSettings: false }]);
  const admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  const { rows } = await admin.query<{ record: string }>(
    `select record from audit_journal where record like '%"id":"settings"%'`,
  );
  await admin.end();
  const told = rows.flatMap(({ record }) => record.split('\n').map((line) => JSON.parse(line) as { detail: object }));
  expect(told.map(({ detail }) => detail)).toEqual([{ added: true }, { added: false }]);
});

test('signs in with the latest one-time sign-in alone, once, in time, and not again after a restart', async () => {
  const links = createOperatorSignIns(database, clock);
  const refused = { code: 'session.sign-in-refused', status: 401 };
  const first = await links.issue();
  const second = await links.issue();
  await expect(links.redeem(first.token)).rejects.toMatchObject(refused);
  expect(await links.redeem(second.token)).toBe(machineOperator);
  await expect(links.redeem(second.token)).rejects.toMatchObject(refused);
  const late = await links.issue();
  clock.advance(operatorSignInMs);
  await expect(links.redeem(late.token)).rejects.toMatchObject(refused);

  const shown = 'shown-at-the-start-of-the-platform';
  const tokenSha256Base64 = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(shown))).toString('base64');
  const adopted = { tokenSha256Base64, expiresAtMs: clock.now() + hourMs };
  await links.adopt(adopted);
  const newer = await links.issue();
  // The api restarts with the settings of its first start.
  await createOperatorSignIns(database, clock).adopt(adopted);
  await expect(links.redeem(shown)).rejects.toMatchObject(refused);
  expect(await links.redeem(newer.token)).toBe(machineOperator);
});
