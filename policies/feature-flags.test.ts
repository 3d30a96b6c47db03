import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CacheMetrics } from '#infra/cache/cache-metrics.ts';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { auditRecord } from '#security/audit/record.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { openFeatureFlags } from './feature-flags.ts';
import { createFeatureStore, type ChooseInput } from './feature-store.ts';
import { featuresOf, type Feature } from './features.ts';

const stack = new AsyncDisposableStack();
const [here, there] = [snowflake('1'), snowflake('2')];
let server: TestDatabase;
let api: Database;
let audio: Database;
let tenant: TenantId;

beforeAll(async () => {
  server = stack.use(await testDatabase());
  api = stack.use(openDatabase({ url: server.urlOf('api'), maxConnections: 3 }));
  audio = stack.use(openDatabase({ url: server.urlOf('audio'), maxConnections: 3 }));
});
beforeEach(async () => {
  tenant = newTenantId();
  await api.inTenant(tenant, (transaction) =>
    transaction.query('insert into tenant (id, name) values ($1, $1)', [tenant]),
  );
});
afterAll(() => stack.disposeAsync());

const audit = (of: TenantId) =>
  auditRecord(
    {
      tenant: of,
      action: 'feature.write',
      kind: 'change',
      outcome: 'succeeded',
      actor: { type: 'tenant-member', id: 'discord:1' },
    },
    Date.now(),
  );
const choose = (feature: Feature, on: boolean | null, guild: ChooseInput['guild'] = null, of = tenant) =>
  createFeatureStore(api).choose({ tenant: of, guild, feature, on, audit: audit(of) });

/** The flags of a process that can only read, and how often it has read. */
async function reader(database: Database = audio) {
  let reads = 0;
  const counted: Database = {
    ...database,
    queryInTenant: (...given) => {
      reads += 1;
      return database.queryInTenant(...given);
    },
  };
  const clock = new FakeClock();
  const flags = stack.use(
    await openFeatureFlags({ database: counted, clock, metrics: new CacheMetrics(new Registry()) }),
  );
  return { flags, clock, reads: () => reads, off: (guild = here) => flags.off({ tenant, guild }) };
}

test('a guild has what was decided for it, else what its tenant has, else the default', async () => {
  await choose('lyrics', false);
  await choose('lyrics', true, there);
  await choose('charts', false, here);
  const { off } = await reader();
  expect(await off(here)).toEqual(['lyrics', 'charts']);
  expect(await off(there)).toEqual([]);
  await choose('lyrics', null);
  await choose('charts', null, here);
  await expect.poll(() => off(here)).toEqual([]);
});

test('a process reads once, until it is told of a change', async () => {
  const { off, clock, reads } = await reader();
  for (let asked = 0; asked < 20; asked += 1) await off();
  expect(reads()).toBe(1);
  await choose('effects', false);
  await expect.poll(() => off()).toEqual(['effects']);
  expect(reads()).toBe(2);
  clock.advance(5 * 60_000 + 1);
  await off();
  expect(reads()).toBe(3);
});

test("another tenant's choice changes nothing", async () => {
  const other = newTenantId();
  await api.inTenant(other, (transaction) =>
    transaction.query('insert into tenant (id, name) values ($1, $1)', [other]),
  );
  await choose('lyrics', false, null, other);
  expect(await (await reader()).off()).toEqual([]);
});

test('whoever only reads cannot choose', async () => {
  const store = createFeatureStore(audio);
  const choice = { tenant, guild: null, feature: 'lyrics', on: false, audit: audit(tenant) } as const;
  await expect(store.choose(choice)).rejects.toThrow(/permission denied/);
  expect(await createFeatureStore(api).choices(tenant)).toEqual([]);
});

test('a choice is journalled, or is not made', async () => {
  await choose('lyrics', false);
  const journalled = async () => {
    const admin = stack.use(openDatabase({ url: server.adminUrl, maxConnections: 1 }));
    const rows = await admin.queryAcrossTenants({
      text: "select 1 from audit_journal where tenant_id = $1 and record::jsonb->>'action' = 'feature.write'",
      values: [tenant],
    });
    return rows.length;
  };
  expect(await journalled()).toBe(1);
  const broken = { tenant, guild: null, feature: 'lyrics', on: true, audit: {} as never } as const;
  await expect(createFeatureStore(api).choose(broken)).rejects.toThrow();
  expect(await createFeatureStore(api).choices(tenant)).toMatchObject([{ feature: 'lyrics', on: false }]);
});

describe('two processes', () => {
  let child: ChildProcess;
  const asked = async (message?: object) => {
    const answer = once(child, 'message');
    child.send(message ?? {});
    return (await answer)[0] as readonly Feature[];
  };
  beforeEach(async () => {
    child = fork(path.join(import.meta.dirname, 'testing/features-process.ts'), { stdio: 'inherit' });
    expect(await asked({ url: server.urlOf('audio'), tenant, guild: here })).toEqual([]);
    return () => child.disconnect();
  });

  test('what one switches off is off at the other within a second', async () => {
    await choose('lyrics', false);
    const changedMs = performance.now();
    while (!(await asked()).includes('lyrics')) expect(performance.now() - changedMs).toBeLessThan(1_000);
    await choose('lyrics', true);
    const backMs = performance.now();
    while ((await asked()).includes('lyrics')) expect(performance.now() - backMs).toBeLessThan(1_000);
  });
});

test('commands need their features, and others none', () => {
  expect(featuresOf('playlist share')).toEqual(['library', 'sharing']);
  expect(featuresOf('lyrics')).toEqual(['lyrics']);
  expect(featuresOf('play')).toEqual([]);
});
