import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { queryAndCommit } from '#infra/database/pool.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { fenced, whileHeld } from './fenced.ts';
import { fence, heldElsewhere, type Lease } from './lease.ts';
import { startReplica, timing, type TestReplica, type TestReplicaOptions } from './testing/replica.ts';

const within = { timeout: 10_000, interval: 20 };

const renewals = async (): Promise<readonly number[]> =>
  (await admin.query<{ expires_at: Date }>('select expires_at from replica order by id')).rows.map(({ expires_at }) =>
    expires_at.getTime(),
  );

/** Resolves once every replica has renewed after now. */
async function allRenew(): Promise<void> {
  const before = await renewals();
  await vi.waitFor(
    async () => expect((await renewals()).every((expiry, at) => expiry > (before[at] ?? Infinity))).toBe(true),
    within,
  );
}
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
  await admin.query('delete from tenant');
  await admin.query('delete from replica');
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

async function replicaAt(port: number, options: Partial<TestReplicaOptions> = {}): Promise<TestReplica> {
  const replica = await startReplica({ url: server.url, address: `https://127.0.0.1:${port}`, ...options });
  running.push(replica);
  return replica;
}

/** Who acts for how many tenants; fails if two act for the same one. */
function spread(...replicas: readonly TestReplica[]): number[] {
  const tenants = replicas.flatMap(({ acting }) => [...acting.keys()]);
  expect(new Set(tenants).size, 'a tenant has two holders').toBe(tenants.length);
  return replicas.map(({ acting }) => acting.size);
}

const tokenOf = async (tenant: TenantId): Promise<number> => {
  const { rows } = await admin.query<{ token: string }>(
    "select token from tenant_lease where tenant_id = $1 and part = 'supervisor'",
    [tenant],
  );
  return Number(rows[0]?.token);
};
const writeUnder = (replica: TestReplica, lease: Lease, state: string): Promise<unknown> =>
  whileHeld(replica.database, lease, (transaction) =>
    queryAndCommit(transaction, {
      text: `insert into instance (tenant_id, state) values ($1, $2) on conflict (tenant_id) do update set state = $2`,
      values: [lease.tenant, state],
    }),
  );
const stateOf = async (tenant: TenantId): Promise<string | undefined> => {
  const { rows } = await admin.query<{ state: string }>('select state from instance where tenant_id = $1', [tenant]);
  return rows[0]?.state;
};

describe('replicas of a part', () => {
  it('share 1,000 tenants for which they race, and none gets two holders', async () => {
    await newTenants(1_000);
    const two = { replicas: 2, timing: { settlingMs: 60_000 } };
    const [one, other] = await Promise.all([replicaAt(1, two), replicaAt(2, two)]);
    await vi.waitFor(() => expect(spread(one, other)).toEqual([500, 500]), within);
    expect([one, other].flatMap(({ told }) => told).filter((line) => !line.startsWith('taken'))).toEqual([]);
  });

  it('hand over to a third that comes, each tenant only once the holder before has stopped', async () => {
    await newTenants(60);
    const one = await replicaAt(1, { stopsInMs: 300 });
    const other = await replicaAt(2, { stopsInMs: 300 });
    await vi.waitFor(() => expect(spread(one, other)).toEqual([30, 30]), within);
    const third = await replicaAt(3, { stopsInMs: 300 });
    await vi.waitFor(
      () => {
        const counts = spread(one, other, third);
        expect(counts.reduce((sum, count) => sum + count)).toBe(60);
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(16);
      },
      { ...within, interval: 5 },
    );
  });

  it('leave the share of one that is only starting to it, but not for long', async () => {
    await newTenants(10);
    const first = await replicaAt(1, { replicas: 2, timing: { settlingMs: 1_500 } });
    expect(spread(first)).toEqual([5]);
    await vi.waitFor(() => expect(spread(first)).toEqual([10]), within);
  });

  it('follow one that stops in an orderly way at once', async () => {
    await newTenants(10);
    const two = { replicas: 2, timing: { settlingMs: 60_000 } };
    const [one, other] = await Promise.all([replicaAt(1, two), replicaAt(2, two)]);
    await vi.waitFor(() => expect(spread(one, other)).toEqual([5, 5]), within);
    // The first to renew after the other has registered sees it.
    for (let time = 0; time < 2; time += 1) await allRenew();
    running = [one];
    const stoppedMs = Date.now();
    await other[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(spread(one)).toEqual([10]), within);
    expect(Date.now() - stoppedMs).toBeLessThan(timing.lifetimeMs);
  });

  it('follow one that was killed, once its leases have expired', async () => {
    const tenants = await newTenants(10);
    const [one, other] = await Promise.all([replicaAt(1, { replicas: 2 }), replicaAt(2, { replicas: 2 })]);
    await vi.waitFor(() => expect(spread(one, other)).toEqual([5, 5]), within);
    await new Promise((resolve) => setTimeout(resolve, timing.lifetimeMs));
    const killedMs = Date.now();
    const before = await Promise.all(tenants.map(tokenOf));
    const itsOwn = tenants.map((tenant) => other.acting.has(tenant));
    other.kill();
    await vi.waitFor(() => expect(one.acting.size).toBe(10), within);
    expect(Date.now() - killedMs).toBeGreaterThan(timing.lifetimeMs - 2 * timing.beatMs);
    expect(Date.now() - killedMs).toBeLessThan(timing.lifetimeMs + 1_000);
    const tokens = await Promise.all(tenants.map(tokenOf));
    expect(tokens).toEqual(before.map((token, index) => (itsOwn[index] ? token + 1 : token)));
  });

  it('follow one that was killed as soon as its leases have expired, however rarely they renew', async () => {
    await newTenants(2);
    const rarely = { beatMs: 3_000, lifetimeMs: 4_000, certainMs: 3_900 };
    const [one, other] = [await replicaAt(1, { replicas: 2, timing: rarely }), await replicaAt(2, { replicas: 2 })];
    await vi.waitFor(() => expect(spread(one, other)).toEqual([1, 1]), within);
    // Until it may remove others, and then right after a renewal: the next would come long after the other has expired.
    await new Promise((resolve) => setTimeout(resolve, rarely.lifetimeMs));
    const renewed = async () =>
      (await admin.query<{ expires_at: Date }>("select expires_at from replica where address like '%:1'")).rows[0]
        ?.expires_at;
    const before = await renewed();
    await vi.waitFor(async () => expect(await renewed()).not.toEqual(before), within);
    other.kill();
    const killedMs = Date.now();
    await vi.waitFor(() => expect(one.acting.size).toBe(2), within);
    expect(Date.now() - killedMs).toBeLessThan(timing.lifetimeMs + 800);
  });

  it('take the place of an earlier process at the same address without waiting', async () => {
    await newTenants(4);
    const before = await replicaAt(1, { timing: { lifetimeMs: 60_000 } });
    before.kill();
    const next = await replicaAt(1, { timing: { lifetimeMs: 60_000 } });
    expect(spread(next)).toEqual([4]);
  });

  it('keep their leases whatever their own clocks say', async () => {
    await newTenants(10);
    const hourMs = 3_600_000;
    const [ahead, behind] = await Promise.all([
      replicaAt(1, { replicas: 2, skewMs: hourMs }),
      replicaAt(2, { replicas: 2, skewMs: -hourMs }),
    ]);
    await vi.waitFor(() => expect(spread(ahead, behind)).toEqual([5, 5]), within);
    const before = [ahead, behind].flatMap(({ told }) => told);
    await new Promise((resolve) => setTimeout(resolve, 2 * timing.lifetimeMs));
    expect(spread(ahead, behind)).toEqual([5, 5]);
    expect([ahead.leases.certain, behind.leases.certain]).toEqual([true, true]);
    expect([ahead, behind].flatMap(({ told }) => told)).toEqual(before);
  });

  it('do not take from each other after an outage of the database: all are late then', async () => {
    await newTenants(10);
    const [one, other] = await Promise.all([replicaAt(1, { replicas: 2 }), replicaAt(2, { replicas: 2 })]);
    await vi.waitFor(() => expect(spread(one, other)).toEqual([5, 5]), within);
    const before = [one, other].flatMap(({ told }) => told);
    await new Promise((resolve) => setTimeout(resolve, timing.lifetimeMs));
    const name = new URL(server.adminUrl).pathname.slice(1);
    // The server does not let a database refuse those who connect from within it.
    const outside = new pg.Client({
      connectionString: Object.assign(new URL(server.adminUrl), { pathname: '/postgres' }).href,
    });
    await outside.connect();
    await outside.query(`alter database ${name} with allow_connections false`);
    await outside.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename = 'bailiwick_supervisor'",
      [name],
    );
    // One comes back while the other is still away.
    try {
      await new Promise((resolve) => setTimeout(resolve, 2 * timing.lifetimeMs));
      expect([one.leases.certain, other.leases.certain]).toEqual([false, false]);
      other.clock.stop();
    } finally {
      await outside.query(`alter database ${name} with allow_connections true`);
      await outside.end();
    }
    await new Promise((resolve) => setTimeout(resolve, timing.lifetimeMs / 2));
    other.clock.goOn();
    await new Promise((resolve) => setTimeout(resolve, timing.lifetimeMs));
    expect(spread(one, other)).toEqual([5, 5]);
    expect([one.leases.certain, other.leases.certain]).toEqual([true, true]);
    expect([one, other].flatMap(({ told }) => told)).toEqual(before);
  });

  it('do not take from each other after a database has only not answered for a while', async () => {
    await newTenants(10);
    const two = { replicas: 2, timing: { settlingMs: 60_000 } };
    const [one, other] = await Promise.all([replicaAt(1, two), replicaAt(2, two)]);
    await vi.waitFor(() => expect(spread(one, other)).toEqual([5, 5]), within);
    await new Promise((resolve) => setTimeout(resolve, timing.lifetimeMs));
    const before = [one, other].flatMap(({ told }) => told);
    const blocking = await admin.connect();
    try {
      // Only one of them is waiting for an answer when there is one again.
      other.clock.stop();
      await new Promise((resolve) => setTimeout(resolve, timing.beatMs));
      await blocking.query('begin; lock table replica in access exclusive mode');
      await new Promise((resolve) => setTimeout(resolve, 2 * timing.lifetimeMs));
      await blocking.query('commit');
    } finally {
      blocking.release();
    }
    await new Promise((resolve) => setTimeout(resolve, timing.lifetimeMs / 2));
    other.clock.goOn();
    await new Promise((resolve) => setTimeout(resolve, timing.lifetimeMs));
    expect([one, other].flatMap(({ told }) => told)).toEqual(before);
  });
});

describe('a holder that was stopped', () => {
  async function stoppedHolder() {
    const [tenant] = (await newTenants(1)) as [TenantId];
    const old = await replicaAt(1);
    const held = old.leases.of(tenant) as Lease;
    await writeUnder(old, held, 'ready');
    const next = await replicaAt(2);
    old.clock.stop();
    await vi.waitFor(() => expect(next.leases.of(tenant)?.token).toBe(held.token + 1), within);
    return { tenant, old, held, next };
  }

  it('cannot write any more, and does not overwrite what the next one wrote', async () => {
    const { tenant, old, held, next } = await stoppedHolder();
    await writeUnder(next, next.leases.of(tenant) as Lease, 'starting');
    await expect(writeUnder(old, held, 'ready')).rejects.toMatchObject({ code: 'lease.lost', status: 421 });
    expect(await stateOf(tenant)).toBe('starting');
  });

  it('does nothing on request when it goes on, before it has heard of its successor', async () => {
    const { tenant, old } = await stoppedHolder();
    expect(old.leases.of(tenant)).toBeDefined();
    await expect(old.leases.claim(tenant)).rejects.toMatchObject({ code: 'lease.uncertain', status: 503 });
  });

  it('may not go on with what was under way, as soon as it goes on', async () => {
    const { old, held } = await stoppedHolder();
    expect(old.leases.mayAct(held)).toBe(false);
    old.clock.goOn();
    await vi.waitFor(() => expect(old.told.at(-1)).toBe(`lost ${held.tenant}`), within);
    // It is told before this replica is registered anew.
    await vi.waitFor(() => expect(old.leases.isRunning).toBe(true), within);
    expect(old.leases.mayAct(held)).toBe(false);
  });

  it('gives up everything as the first thing that it does, and takes part again', async () => {
    const { tenant, old, next } = await stoppedHolder();
    old.clock.goOn();
    await vi.waitFor(() => expect(old.told.at(-1)).toBe(`lost ${tenant}`), within);
    expect(spread(old, next)).toEqual([0, 1]);
    const another = await newTenants(1);
    await vi.waitFor(() => expect(old.acting.has(another[0] as TenantId)).toBe(true), within);
  });
});

describe('a holder that only does not reach the database', () => {
  it('goes on with what is under way, since nobody can take over then', async () => {
    const [tenant] = (await newTenants(1)) as [TenantId];
    const one = await replicaAt(1);
    const held = one.leases.of(tenant) as Lease;
    const blocking = await admin.connect();
    try {
      await blocking.query('begin; lock table replica in access exclusive mode');
      await vi.waitFor(() => expect(one.leases.certain).toBe(false), within);
      expect([one.leases.isRunning, one.leases.mayAct(held)]).toEqual([true, true]);
    } finally {
      await blocking.query('rollback');
      blocking.release();
    }
  });
});

describe('a replica that leaves', () => {
  it('passes on each lease as soon as what was done for it has ended, and takes none', async () => {
    const tenants = await newTenants(6);
    const one = await replicaAt(1, { replicas: 2, stopsInMs: 50 });
    const other = await replicaAt(2, { replicas: 2 });
    await vi.waitFor(() => expect(spread(one, other)).toEqual([3, 3]), within);
    const began = Date.now();
    await one.leases.leave();
    await vi.waitFor(() => expect(spread(one, other)).toEqual([0, 6]), within);
    // Not only at the next renewals.
    expect(Date.now() - began).toBeLessThan(timing.lifetimeMs);
    for (const tenant of tenants)
      await expect(one.leases.claim(tenant)).rejects.toMatchObject({ code: 'lease.elsewhere' });
    await newTenants(2);
    await vi.waitFor(() => expect(spread(one, other)).toEqual([0, 8]), within);
  });

  it('frees thousands in a few statements, each once what was done for its tenant has ended', async () => {
    const count = 2_000;
    const tenants = await newTenants(count);
    const slow = new Set(tenants.filter((_tenant, index) => index % 100 === 0));
    const one = await replicaAt(1, { stopsInMs: (tenant) => (slow.has(tenant) ? 300 : 0) });
    await vi.waitFor(() => expect(spread(one)).toEqual([count]), within);
    const tooEarly: TenantId[] = [];
    // Between its renewals, which are rare, it hears what becomes free.
    const rare = { beatMs: 60_000, lifetimeMs: 600_000, certainMs: 600_000 };
    const onTaken = (tenant: TenantId) => {
      if (one.acting.has(tenant)) tooEarly.push(tenant);
    };
    const other = await replicaAt(2, { replicas: 2, timing: rare, onTaken });
    await admin.query(`create table freed (at timestamptz)`);
    await admin.query(`create function note_freed() returns trigger language plpgsql security definer as $$
      begin if exists (select from new_rows where replica_id is null) then insert into freed values (now()); end if; return null; end $$`);
    await admin.query(`create trigger note_freed after update on tenant_lease referencing new table as new_rows
      for each statement execute function note_freed()`);
    try {
      await one.leases.leave();
      await vi.waitFor(() => expect(spread(one, other)).toEqual([0, count]), within);
      const { rows } = await admin.query<{ statements: number }>('select count(*)::int as statements from freed');
      expect(tooEarly).toEqual([]);
      // Slow ones end at different times, and nobody waits for them.
      expect(rows[0]?.statements).toBeLessThan(count / 10);
    } finally {
      await admin.query('drop table freed; drop function note_freed cascade');
    }
  });

  it('keeps those whose work could not be ended, and passes on the others that were to be freed with them', async () => {
    const tenants = await newTenants(6);
    const [stuck] = tenants as [TenantId];
    const one = await replicaAt(1, {
      stopsInMs: (tenant) => {
        if (tenant === stuck) throw new Error('it cannot be ended');
        return 0;
      },
    });
    const other = await replicaAt(2, { replicas: 2, timing: { settlingMs: 60_000 } });
    await one.leases.leave();
    await vi.waitFor(() => expect([...other.acting.keys()].length).toBeGreaterThan(0), within);
    expect(one.leases.of(stuck)).toBeDefined();
    await vi.waitFor(() => expect(spread(one, other)).toEqual([1, 5]), within);
    expect(other.acting.has(stuck)).toBe(false);
  });

  it('leaves whoever asks it waiting until the next holder has the lease', async () => {
    const [tenant] = (await newTenants(1)) as [TenantId];
    const one = await replicaAt(1, { stopsInMs: 1_000 });
    const other = await replicaAt(2);
    const leaving = one.leases.leave();
    await vi.waitFor(() => expect(one.leases.of(tenant)).toBeUndefined(), within);
    expect(other.leases.of(tenant)).toBeUndefined();
    await expect(one.leases.claim(tenant)).rejects.toMatchObject({ code: 'lease.elsewhere' });
    // It is heard of before the next holder has its own answer.
    await vi.waitFor(() => expect(other.leases.of(tenant)).toBeDefined(), within);
    await leaving;
  });
});

describe('a lease', () => {
  it('is taken at the first request for its tenant, and then refused to others', async () => {
    const [one, other] = await Promise.all([
      replicaAt(1, { replicas: 2, timing: { beatMs: 60_000, lifetimeMs: 600_000, certainMs: 600_000 } }),
      replicaAt(2, { replicas: 2, timing: { beatMs: 60_000, lifetimeMs: 600_000, certainMs: 600_000 } }),
    ]);
    const [tenant] = (await newTenants(1)) as [TenantId];
    const claims = await Promise.allSettled([one.leases.claim(tenant), other.leases.claim(tenant)]);
    expect(claims.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(claims.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'lease.elsewhere', status: 421 },
    });
    expect(spread(one, other).toSorted()).toEqual([0, 1]);
  });

  it('cannot be taken between a fenced write and its commit', async () => {
    const [tenant] = (await newTenants(1)) as [TenantId];
    const one = await replicaAt(1);
    const lease = one.leases.of(tenant) as Lease;
    const order: string[] = [];
    let freeing: Promise<unknown> = Promise.resolve();
    await one.database.inTenant(tenant, async (transaction) => {
      await fence(transaction, lease);
      freeing = admin
        .query('update tenant_lease set replica_id = null where tenant_id = $1', [tenant])
        .then(() => order.push('taken away'));
      await new Promise((resolve) => setTimeout(resolve, 200));
      order.push('committing');
    });
    await freeing;
    expect(order).toEqual(['committing', 'taken away']);
  });

  it('ends with its tenant', async () => {
    const [tenant, another] = (await newTenants(2)) as [TenantId, TenantId];
    const one = await replicaAt(1);
    await admin.query('delete from tenant where id = $1', [tenant]);
    await vi.waitFor(() => expect(one.told).toContain(`lost ${tenant}`), within);
    expect([...one.acting.keys()]).toEqual([another]);
  });

  it('is written by nobody but the part that it is for', async () => {
    const [tenant] = (await newTenants(1)) as [TenantId];
    await replicaAt(1);
    for (const service of ['api', 'proxy', 'worker'] as const) {
      const client = new pg.Client({ connectionString: server.urlOf(service) });
      await client.connect();
      try {
        await client.query("select set_config('app.tenant', '*', false)");
        for (const statement of ['update tenant_lease set token = 9', "delete from replica where part = 'supervisor'"])
          await expect(client.query(statement), `${service}: ${statement}`).rejects.toThrow(/permission denied/);
      } finally {
        await client.end();
      }
    }
    for (const other of ['edge', 'audio'] as const) {
      const client = new pg.Client({ connectionString: server.urlOf(other) });
      await client.connect();
      try {
        await client.query("select set_config('app.tenant', '*', false)");
        expect((await client.query('update tenant_lease set token = 9')).rowCount, 'its own').toBe(1);
        for (const statement of ['update replica set expires_at = now()', 'delete from replica'])
          expect((await client.query(statement)).rowCount, `${other}: ${statement}`).toBe(0);
      } finally {
        await client.end();
      }
    }
    expect(await tokenOf(tenant)).toBe(1);
  });
});

it('a tenant without a lease has no transaction: it is rejected, not thrown', async () => {
  const none = () => {
    throw heldElsewhere();
  };
  const opened = vi.fn();
  const writing = fenced({ inTenant: opened }, none).inTenant(newTenantId(), async () => undefined);
  await expect(writing).rejects.toMatchObject({ code: 'lease.elsewhere' });
  expect(opened).not.toHaveBeenCalled();
});
