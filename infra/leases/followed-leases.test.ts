import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { followLeases, type FollowedLeases } from './followed-leases.ts';

const within = { timeout: 10_000, interval: 20 };
const resources = new AsyncDisposableStack();
let server: TestDatabase;
let database: Database;
let admin: pg.Pool;
let leases: FollowedLeases;
let tenant: TenantId;

beforeAll(async () => {
  server = resources.use(await testDatabase('proxy'));
  admin = resources.adopt(new pg.Pool({ connectionString: server.adminUrl, max: 2 }), (pool) => pool.end());
  database = resources.use(openDatabase({ url: server.url, maxConnections: 2 }));
  tenant = await newTenant();
  await register('rep_before', 'https://127.0.0.1:3004');
  await take(tenant, 'rep_before');
  leases = resources.use(await followLeases({ database, logger: silentLogger() })).supervisor;
});
afterAll(() => resources.disposeAsync());

async function newTenant(): Promise<TenantId> {
  const id = newTenantId();
  await admin.query('insert into tenant (id, name) values ($1, $1)', [id]);
  return id;
}
const register = (id: string, address: string) =>
  admin.query("insert into replica values ($1, 'supervisor', $2, now() + interval '1 hour')", [id, address]);
const take = (of: TenantId, replica: string | null) =>
  admin.query('update tenant_lease set replica_id = $2, token = token + 1 where tenant_id = $1', [of, replica]);

it('knows from the start who acts for whom, and where', () => {
  expect(leases.known).toBe(true);
  expect(leases.origins).toEqual(['https://127.0.0.1:3004']);
  expect(leases.originOf(tenant)).toBe('https://127.0.0.1:3004');
  expect([leases.isSuperseded(tenant, 0), leases.isSuperseded(tenant, 1)]).toEqual([true, false]);
});

it('follows leases to a new replica, and supersedes the holder before', async () => {
  const told = new Set<string | undefined>();
  const unfollow = leases.onChanged((changed) => void told.add(changed));
  await register('rep_next', 'https://127.0.0.1:3005/');
  await take(tenant, 'rep_next');
  await vi.waitFor(() => expect(leases.originOf(tenant)).toBe('https://127.0.0.1:3005'), within);
  expect([leases.isSuperseded(tenant, 1), leases.isSuperseded(tenant, 2)]).toEqual([true, false]);
  expect(told).toContain(tenant);
  unfollow();
});

it('knows that nobody acts when a replica is gone, and still refuses those before it', async () => {
  await admin.query("delete from replica where id = 'rep_next'");
  await vi.waitFor(() => expect(leases.originOf(tenant)).toBeUndefined(), within);
  await vi.waitFor(() => expect(leases.origins).toEqual(['https://127.0.0.1:3004']), within);
  expect(leases.isSuperseded(tenant, 1)).toBe(true);
});

it('learns of a newer holder from its own token, and never of an older one', () => {
  leases.learn(tenant, 7);
  leases.learn(tenant, 5);
  expect([leases.isSuperseded(tenant, 6), leases.isSuperseded(tenant, 7)]).toEqual([true, false]);
});

it('supersedes nobody of a tenant that no replica ever acted for', async () => {
  const fresh = await newTenant();
  await leases.refresh(fresh);
  expect([leases.originOf(fresh), leases.isSuperseded(fresh, 0)]).toEqual([undefined, false]);
});

it('catches up after its connection was lost', async () => {
  const other = await newTenant();
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'listen%'",
  );
  await take(other, 'rep_before');
  await vi.waitFor(() => expect(leases.originOf(other)).toBe('https://127.0.0.1:3004'), within);
});

it('forgets a tenant that is deleted', async () => {
  const gone = await newTenant();
  await take(gone, 'rep_before');
  await vi.waitFor(() => expect(leases.isSuperseded(gone, 0)).toBe(true), within);
  await admin.query('delete from tenant where id = $1', [gone]);
  await vi.waitFor(() => expect(leases.isSuperseded(gone, 0)).toBe(false), within);
});
