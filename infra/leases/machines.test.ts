import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { startReplica, timing, type TestReplica, type TestReplicaOptions } from './testing/replica.ts';

/* Operators decide where a tenant runs, and which machines take nothing: replicas of two machines follow that. */
const within = { timeout: 10_000, interval: 20 };
let server: TestDatabase;
let admin: pg.Pool;
let running: TestReplica[] = [];

beforeAll(async () => {
  server = await testDatabase('supervisor');
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 2 });
});
afterEach(async () => {
  for (const replica of running) replica.clock.goOn();
  await Promise.all(running.map((replica) => replica[Symbol.asyncDispose]()));
  running = [];
  for (const table of ['tenant', 'replica', 'drained_machine']) await admin.query(`delete from ${table}`);
});
afterAll(async () => {
  await admin.end();
  await server[Symbol.asyncDispose]();
});

async function newTenants(count: number): Promise<TenantId[]> {
  const tenants = Array.from({ length: count }, newTenantId);
  await admin.query('insert into tenant (id, name) select id, id from unnest($1::text[]) as id', [tenants]);
  return tenants;
}
async function replicaOn(machine: string, port: number, options: Partial<TestReplicaOptions> = {}) {
  const replica = await startReplica({ url: server.url, address: `https://127.0.0.1:${port}`, machine, ...options });
  running.push(replica);
  return replica;
}
/** One on each of two machines, and how many tenants they share. */
async function two(count: number, options: Partial<TestReplicaOptions> = {}) {
  const tenants = await newTenants(count);
  const both = { replicas: 2, timing: { settlingMs: 60_000 }, ...options };
  const [north, south] = await Promise.all([replicaOn('north', 1, both), replicaOn('south', 2, both)]);
  await vi.waitFor(() => expect(north.acting.size + south.acting.size).toBe(count), within);
  return { tenants, north, south };
}
const pin = (tenants: readonly TenantId[], machine: string | null) =>
  admin.query("update tenant_lease set pinned_to = $2 where part = 'supervisor' and tenant_id = any($1)", [
    tenants,
    machine,
  ]);
const drain = (machine: string) =>
  admin.query("insert into drained_machine (machine, drained_by) values ($1, 'operator:1')", [machine]);
const resume = (machine: string) => admin.query('delete from drained_machine where machine = $1', [machine]);
const tokenOf = async (tenant: TenantId): Promise<number> => {
  const text = "select token from tenant_lease where part = 'supervisor' and tenant_id = $1";
  return Number((await admin.query<{ token: string }>(text, [tenant])).rows[0]?.token);
};
const has = (replica: TestReplica, tenants: readonly TenantId[]) =>
  vi.waitFor(() => expect([...replica.acting.keys()].toSorted()).toEqual(tenants.toSorted()), within);
const beats = (count: number) => new Promise((resolve) => setTimeout(resolve, count * timing.beatMs));

describe('a tenant that is pinned to a machine', () => {
  it('is passed on to it at once, and only after what was done for it has ended', async () => {
    const rare = { beatMs: 60_000, lifetimeMs: 600_000, certainMs: 600_000, settlingMs: 60_000 };
    const { north, south } = await two(4, { timing: rare, stopsInMs: 150 });
    const [moved] = [...north.acting.keys()] as [TenantId];
    const before = north.leases.of(moved)?.token ?? 0;
    const beganMs = Date.now();
    await pin([moved], 'south');
    await vi.waitFor(() => expect(south.leases.of(moved)?.token).toBe(before + 1), within);
    // By notification: between renewals that are a minute apart.
    expect(Date.now() - beganMs).toBeLessThan(timing.lifetimeMs);
    expect(Date.now() - beganMs).toBeGreaterThanOrEqual(150);
    expect(north.acting.has(moved)).toBe(false);
  });

  it('stays there however many there are, while the others are shared as before', async () => {
    const { tenants, north, south } = await two(6);
    await pin(tenants.slice(0, 4), 'south');
    await has(south, tenants.slice(0, 4));
    await has(north, tenants.slice(4));
    const told = [north, south].map((replica) => replica.told.length);
    await beats(10);
    await has(north, tenants.slice(4));
    expect([north, south].map((replica) => replica.told.length)).toEqual(told);
    // With as many as it should have altogether, it gets no others.
    const more = await newTenants(2);
    await has(north, [...tenants.slice(4), ...more]);
    await pin(tenants.slice(0, 4), null);
    await beats(5);
    await has(south, tenants.slice(0, 4));
  });

  it('is not taken by whoever is asked for it elsewhere, who waits until there is a holder', async () => {
    const { north, south } = await two(0);
    // It hears of nothing for a moment.
    south.clock.stop();
    const tenant = newTenantId();
    await admin.query(
      `begin; insert into tenant (id, name) values ('${tenant}', 'x');
       update tenant_lease set pinned_to = 'south' where tenant_id = '${tenant}'; commit`,
    );
    const asked = north.leases.claim(tenant);
    await Promise.race([asked.catch(() => undefined), beats(3)]);
    expect(await tokenOf(tenant)).toBe(0);
    south.clock.goOn();
    await expect(asked).rejects.toMatchObject({ code: 'lease.elsewhere', status: 421 });
    expect(await tokenOf(tenant)).toBe(1);
    await has(south, [tenant]);
  });

  it('runs elsewhere while its machine has no replica, and goes back when it has one again', async () => {
    const tenants = await newTenants(2);
    const north = await replicaOn('north', 1);
    await has(north, tenants);
    await pin(tenants, 'south');
    await beats(5);
    await has(north, tenants);
    const south = await replicaOn('south', 2);
    await has(south, tenants);
    south.kill();
    await has(north, tenants);
  });

  it('is pinned by the api alone: no part moves tenants by itself', async () => {
    const [tenant] = await newTenants(1);
    const rows: [string, number][] = [];
    for (const role of ['supervisor', 'edge', 'audio', 'proxy', 'api'] as const) {
      const client = new pg.Client({ connectionString: server.urlOf(role) });
      await client.connect();
      try {
        await client.query("select set_config('app.tenant', '*', false)");
        const text = 'update tenant_lease set pinned_to = $2 where tenant_id = $1';
        const changed = await client.query(text, [tenant, 'south']).catch(() => ({ rowCount: -1 }));
        rows.push([role, changed.rowCount ?? 0]);
      } finally {
        await client.end();
      }
    }
    expect(rows.slice(0, 4).map(([, count]) => count)).toEqual([-1, -1, -1, -1]);
    expect(rows[4]).toEqual(['api', 3]);
  });
});

describe('a machine that is drained', () => {
  it('passes on everything, also what is pinned to it, and takes nothing until that is undone', async () => {
    const { tenants, north, south } = await two(20);
    await pin(tenants.slice(0, 2), 'north');
    await vi.waitFor(() => expect(north.acting.has(tenants[0] as TenantId)).toBe(true), within);
    await drain('north');
    await has(south, tenants);
    for (const tenant of tenants)
      await expect(north.leases.claim(tenant)).rejects.toMatchObject({ code: 'lease.elsewhere' });
    const more = await newTenants(2);
    await has(south, [...tenants, ...more]);
    await expect(north.leases.claim(more[0] as TenantId)).rejects.toMatchObject({ code: 'lease.elsewhere' });
    await resume('north');
    await vi.waitFor(() => expect(north.acting.size).toBeGreaterThanOrEqual(10), within);
    for (const tenant of tenants.slice(0, 2)) expect(north.acting.has(tenant)).toBe(true);
  });

  it('is drained after a restart of its replicas, too', async () => {
    const { tenants, north, south } = await two(4);
    await drain('north');
    await has(south, tenants);
    running = [south];
    await north[Symbol.asyncDispose]();
    const again = await replicaOn('north', 3, { replicas: 2 });
    await beats(5);
    expect(again.told).toEqual([]);
    await has(south, tenants);
  });

  it('acts again, rather than nobody, once no other machine has a replica; and not any longer', async () => {
    const { tenants, north, south } = await two(4);
    await drain('north');
    await has(south, tenants);
    south.kill();
    await has(north, tenants);
    south.clock.goOn();
    await vi.waitFor(() => expect([north.acting.size, south.acting.size]).toEqual([0, 4]), within);
  });

  it('does not keep the other from taking all, as one that is only starting does', async () => {
    const tenants = await newTenants(4);
    await drain('north');
    await replicaOn('north', 1, { replicas: 2, timing: { settlingMs: 60_000 } });
    const south = await replicaOn('south', 2, { replicas: 2, timing: { settlingMs: 60_000 } });
    await has(south, tenants);
  });
});
