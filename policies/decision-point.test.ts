import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import pg from 'pg';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { FakeClock, systemClock } from '#infra/kernel/clock.ts';
import { newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { createDecisionPoint, type DecisionPoint } from './decision-point.ts';
import { packPolicy } from './packed-policy.ts';
import type { DecisionRequest } from './request.ts';

let server: TestDatabase;
let admin: pg.Client;
let database: Database;
let point: DecisionPoint;
const tenant = newTenantId();
const other = newTenantId();
const guild = snowflake('900');

beforeEach(async () => {
  server = await testDatabase('proxy');
  admin = new pg.Client({ connectionString: server.adminUrl });
  await admin.connect();
  for (const id of [tenant, other]) {
    await admin.query("insert into tenant (id, name, status) values ($1, 'T', 'active')", [id]);
    await admin.query('insert into policy_version (tenant_id) values ($1)', [id]);
  }
  await admin.query("insert into tenant_member (tenant_id, subject, role) values ($1, 'discord:5', 'viewer')", [
    tenant,
  ]);
  database = openDatabase({ url: server.url, maxConnections: 3 });
  point = await createDecisionPoint({ database, logger: silentLogger(), clock: systemClock });
});

afterEach(async () => {
  await point[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await admin.end();
  await server[Symbol.asyncDispose]();
});

const bySkip = (of: TenantId = tenant): DecisionRequest => ({
  tenant: of,
  workload: { kind: 'bot', tenant: of },
  action: 'player.skip',
  guild,
  member: {
    kind: 'discord',
    user: snowflake('1'),
    guild,
    channel: snowflake('2'),
    roles: [snowflake('20')],
    permissions: '0',
    voiceChannel: null,
    command: 'skip',
  },
});

const writePolicy = async (version: number, effect: 'allow' | 'deny', of: TenantId = tenant) => {
  const rules = [{ id: `rule-${version}`, effect, who: { roles: ['20'] }, commands: ['skip'] }];
  await admin.query(
    'insert into guild_policy (tenant_id, guild_id, version, document, author) values ($1, $2, $3, $4, $5)',
    [of, guild, version, { rules, otherwise: 'allow' }, 'test'],
  );
  await admin.query('update policy_version set version = version + 1 where tenant_id = $1', [of]);
};

test('lets a member skip where nothing says otherwise', async () => {
  expect(await point.decide(bySkip())).toMatchObject({ allowed: true, rule: 'otherwise' });
});

test('puts a new policy into force within a second, and only for its tenant', async () => {
  await point.decide(bySkip());
  await point.decide(bySkip(other));
  await writePolicy(1, 'deny');
  await vi.waitFor(
    async () => expect(await point.decide(bySkip())).toMatchObject({ allowed: false, rule: 'rule-1', reason: 'rule' }),
    { timeout: 1_000, interval: 10 },
  );
  expect(await point.decide(bySkip(other))).toMatchObject({ allowed: true });
  await writePolicy(2, 'allow');
  await vi.waitFor(async () => expect((await point.decide(bySkip())).allowed).toBe(true), {
    timeout: 1_000,
    interval: 10,
  });
});

test("one tenant's change leaves what is known of the others in place", async () => {
  let version = 0;
  // As long as a transaction runs anywhere in the database server, what was written since it began, which may include
  // this test's tenants, counts as changed in the next look.
  await vi.waitFor(
    async () => {
      await point.decide(bySkip());
      const { id } = await point.decide(bySkip(other));
      version += 1;
      await writePolicy(version, 'deny');
      const inForce = async () => expect((await point.decide(bySkip())).rule).toBe(`rule-${version}`);
      await vi.waitFor(inForce, { timeout: 1_000, interval: 10 });
      // Long enough for the next look at what has changed.
      await new Promise((resolve) => void setTimeout(resolve, 1_500));
      expect(point.decide(bySkip(other))).toMatchObject({ id });
    },
    { timeout: 20_000 },
  );
}, 30_000);

test('gives the same facts under the same version one decision id, and a new one under a new version', async () => {
  const first = await point.decide(bySkip());
  expect((await point.decide(bySkip())).id).toBe(first.id);
  await writePolicy(1, 'allow');
  await vi.waitFor(async () => expect((await point.decide(bySkip())).id).not.toBe(first.id), {
    timeout: 1_000,
    interval: 10,
  });
});

test('denies a workload what its role does not have, also when the member may do it', async () => {
  const request = { ...bySkip(), workload: { kind: 'service', name: 'worker' } } as DecisionRequest;
  expect(await point.decide(request)).toMatchObject({ allowed: false, reason: 'no-rule' });
});

test('denies a member asking for another guild than their own', async () => {
  expect(await point.decide({ ...bySkip(), guild: snowflake('901') })).toMatchObject({
    allowed: false,
    reason: 'other-guild',
  });
});

test('denies everything of an unknown tenant', async () => {
  expect(await point.decide(bySkip(newTenantId()))).toMatchObject({ allowed: false, reason: 'unknown-tenant' });
});

test('denies the bot of a suspended tenant, and lets it go on once resumed', async () => {
  await point.decide(bySkip());
  await admin.query("update tenant set status = 'suspended', version = version + 1 where id = $1", [tenant]);
  await vi.waitFor(
    async () => expect(await point.decide(bySkip())).toMatchObject({ allowed: false, reason: 'suspended' }),
    { timeout: 15_000 },
  );
  await admin.query("update tenant set status = 'active', version = version + 1 where id = $1", [tenant]);
  await vi.waitFor(async () => expect((await point.decide(bySkip())).allowed).toBe(true), { timeout: 15_000 });
});

test("decides a tenant member's request by their role in that tenant alone", async () => {
  const ask = (action: 'policy.read' | 'policy.write', of: TenantId) =>
    point.decide({
      tenant: of,
      workload: { kind: 'service', name: 'api' },
      action,
      member: { kind: 'tenant-member', subject: 'discord:5' },
    });
  expect((await ask('policy.read', tenant)).allowed).toBe(true);
  expect((await ask('policy.write', tenant)).allowed).toBe(false);
  expect((await ask('policy.read', other)).allowed).toBe(false);
});

test('denies when a stored policy cannot be read, instead of deciding without it', async () => {
  await admin.query(
    "insert into guild_policy (tenant_id, guild_id, version, document, author) values ($1, $2, 1, '{}', 'x')",
    [tenant, guild],
  );
  await admin.query('update policy_version set version = version + 1 where tenant_id = $1', [tenant]);
  await vi.waitFor(
    async () => expect(await point.decide(bySkip())).toMatchObject({ allowed: false, reason: 'failed' }),
    { timeout: 15_000 },
  );
});

describe('a policy that was stored packed', () => {
  const packed = packPolicy({ rules: [], otherwise: 'deny' });
  const store = async (bytes: Buffer) => {
    await admin.query(
      `insert into guild_policy (tenant_id, guild_id, version, document, packed, author)
         select $1, $2, coalesce(max(version), 0) + 1, $3, $4, 'x' from guild_policy where tenant_id = $1 and guild_id = $2`,
      [tenant, guild, { rules: [], otherwise: 'allow' }, bytes],
    );
    await admin.query('update policy_version set version = version + 1 where tenant_id = $1', [tenant]);
  };
  const decision = (expected: object) =>
    vi.waitFor(async () => expect(await point.decide(bySkip())).toMatchObject(expected), { timeout: 15_000 });

  test('is decided by without its document', async () => {
    await store(packed);
    await decision({ allowed: false, reason: 'no-rule' });
  });

  test('is read from its document if this release packs in another form', async () => {
    await store(Buffer.concat([Buffer.alloc(8), packed.subarray(8)]));
    await decision({ allowed: true, rule: 'otherwise' });
  });

  test('is read from its document if somebody has changed that by hand', async () => {
    await store(packed);
    await decision({ allowed: false });
    await admin.query(`update guild_policy set document = '{"rules":[],"otherwise":"maybe"}'`);
    await admin.query('update policy_version set version = version + 1 where tenant_id = $1', [tenant]);
    await decision({ allowed: false, reason: 'failed' });
  });

  test('denies if it is damaged', async () => {
    await store(packed.subarray(0, -1));
    await decision({ allowed: false, reason: 'failed' });
  });
});

test('gives a remembered decision only to the very same facts, and only while it holds', async () => {
  const { member } = bySkip();
  if (member?.kind !== 'discord') throw new Error('the member is one of Discord');
  const { id } = await point.decide(bySkip());
  await point.decide(bySkip(other));
  expect(point.decide(bySkip())).toMatchObject({ id });
  const others: Partial<DecisionRequest>[] = [
    { action: 'player.stop' },
    { tenant: other },
    { guild: snowflake('901') },
    { workload: { kind: 'service', name: 'api' } },
    { member: { ...member, user: snowflake('11') } },
    { member: { ...member, roles: [...member.roles, snowflake('21')] } },
    { member: { ...member, permissions: '8' } },
    { member: { ...member, channel: snowflake('31') } },
    { member: { ...member, command: 'stop' } },
    { member: { kind: 'tenant-member', subject: 'operator:owner' } },
  ];
  for (const facts of others) expect((await point.decide({ ...bySkip(), ...facts })).id).not.toBe(id);
  await writePolicy(1, 'deny');
  await vi.waitFor(async () => expect((await point.decide(bySkip())).allowed).toBe(false), { timeout: 15_000 });
});

test('waits only for a tenant that has to be loaded', async () => {
  const first = point.decide(bySkip());
  expect(first).toBeInstanceOf(Promise);
  await first;
  expect(point.decide(bySkip())).not.toBeInstanceOf(Promise);
  expect(point.decide({ ...bySkip(), action: 'player.stop' })).not.toBeInstanceOf(Promise);
});

test('stops deciding when it cannot know whether policies changed', async () => {
  const clock = new FakeClock();
  const second = await createDecisionPoint({ database, logger: silentLogger(), clock });
  expect((await second.decide(bySkip())).allowed).toBe(true);
  clock.advance(500);
  expect((await second.decide(bySkip())).allowed).toBe(true);
  await database[Symbol.asyncDispose]();
  for (let step = 0; step < 8; step += 1) {
    clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await second.decide(bySkip())).toMatchObject({ allowed: false, reason: 'stale' });
  expect(second.health().status).toBe('unhealthy');
  await second[Symbol.asyncDispose]();
  database = openDatabase({ url: server.url, maxConnections: 1 });
});
