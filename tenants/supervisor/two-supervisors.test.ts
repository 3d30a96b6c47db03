import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import type { ToBot } from '#tenants/instance-protocol/door.ts';
import { buildSupervisor, type RunningSupervisor } from './build.ts';
import type { BotProcessEvents, Launcher } from './launcher.ts';
import { supervisorSettingsSchema } from './settings.ts';

/** Bots without processes, which tell how they ended. */
class CountedLauncher implements Launcher {
  readonly layers = ['counted'];
  readonly running = new Map<TenantId, BotProcessEvents>();
  readonly ends: string[] = [];

  launch(tenant: TenantId, events: BotProcessEvents) {
    this.running.set(tenant, events);
    const end = (how: string) => {
      if (!this.running.delete(tenant)) return;
      this.ends.push(`${how} ${tenant}`);
      events.exited({ code: 0, signal: null });
    };
    queueMicrotask(() => events.message({ type: 'state', state: 'ready' }));
    const send = (message: ToBot) => {
      if (message.type === 'ping') events.message({ type: 'pong', id: message.id });
    };
    return { pid: 1, send, stop: () => end('stopped'), kill: () => end('killed') };
  }
}

interface Supervising extends AsyncDisposable {
  readonly launcher: CountedLauncher;
  readonly running: RunningSupervisor;
}

const loopback = { host: '127.0.0.1', port: 0 };
const within = { timeout: 15_000, interval: 20 };
const resources = new AsyncDisposableStack();
let installation: TestInstallation;
let admin: pg.Pool;
const tenants: TenantId[] = [];

beforeAll(async () => {
  installation = resources.use(await testInstallation());
  admin = resources.adopt(new pg.Pool({ connectionString: installation.database.adminUrl, max: 2 }), (pool) =>
    pool.end(),
  );
  for (let index = 0; index < 6; index += 1) {
    const tenant = newTenantId();
    tenants.push(tenant);
    await admin.query("insert into tenant (id, name, status, application_id) values ($1, $1, 'active', $2)", [
      tenant,
      `3000000000000000${index}`,
    ]);
    await admin.query("insert into instance (tenant_id, desired) values ($1, 'running')", [tenant]);
  }
});
afterAll(() => resources.disposeAsync());

async function supervise(number: number, listen = loopback): Promise<Supervising> {
  const stack = new AsyncDisposableStack();
  const launcher = new CountedLauncher();
  const settings = supervisorSettingsSchema.parse({
    ...installation.enrolmentFor('supervisor'),
    listen,
    ops: loopback,
    replica: { number, of: 2 },
    proxy: { url: 'https://127.0.0.1:1' },
    database: { url: installation.database.urlOf('supervisor'), maxConnections: 3 },
    bots: { bundleFile: import.meta.filename },
  });
  const agent = await installation.agentFor('supervisor');
  const running = await buildSupervisor(settings, { agent, logger: silentLogger(), launcher }, stack).catch(
    async (error: unknown) => {
      await stack.disposeAsync();
      throw error;
    },
  );
  return { launcher, running, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** The bots of each; fails if a tenant has two. */
function botsOf(...supervisors: readonly Supervising[]): number[] {
  const all = supervisors.flatMap(({ launcher }) => [...launcher.running.keys()]);
  expect(new Set(all).size, 'a tenant has two bots').toBe(all.length);
  return supervisors.map(({ launcher }) => launcher.running.size);
}

test('two supervisors run half of the bots each; one that stops leaves its half to the other', async () => {
  const [one, other] = await Promise.all([supervise(1), supervise(2)]);
  await using _one = one;
  await vi.waitFor(() => expect(botsOf(one, other)).toEqual([3, 3]), within);
  const [tenant] = [...other.launcher.running.keys()] as [TenantId];
  await expect(one.running.supervisor.stop(tenant, 'req_test')).rejects.toMatchObject({
    code: 'lease.elsewhere',
    status: 421,
  });
  expect(other.launcher.running.has(tenant)).toBe(true);
  await vi.waitFor(async () => {
    const listed = (await one.running.supervisor.readAll()).map(({ state }) => state);
    expect(listed).toEqual(Array.from({ length: 6 }, () => 'ready'));
  }, within);
  // Each has seen the other: one that was never there would be waited for.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const stoppedMs = Date.now();
  await other[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(botsOf(one)).toEqual([6]), within);
  expect(Date.now() - stoppedMs).toBeLessThan(3_000);
  // All of them were asked to stop, and none of the others' was touched.
  expect(other.launcher.ends.filter((end) => end.startsWith('stopped'))).toHaveLength(3);
  expect(one.launcher.ends).toEqual([]);
});

test('a bot that was taken over is killed where it ran before, and its state is told by who runs it', async () => {
  await using one = await supervise(1);
  await vi.waitFor(() => expect(botsOf(one)).toEqual([3]), within);
  const [tenant] = [...one.launcher.running.keys()] as [TenantId];
  // As another supervisor does it that took this one for dead.
  await admin.query("delete from replica where part = 'supervisor'");
  await admin.query(
    "insert into replica values ('rep_other', 'supervisor', 'https://127.0.0.1:1', now() + interval '1 hour')",
  );
  await admin.query("update tenant_lease set replica_id = 'rep_other', token = token + 1");
  await admin.query("update instance set state = 'starting', restarts = 7 where tenant_id = $1", [tenant]);
  await vi.waitFor(() => expect(botsOf(one)).toEqual([0]), within);
  expect(one.launcher.ends).toContain(`killed ${tenant}`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { rows } = await admin.query('select state, restarts from instance where tenant_id = $1', [tenant]);
  expect(rows).toEqual([{ state: 'starting', restarts: 7 }]);
  await admin.query("delete from replica where id = 'rep_other'");
});

test('one that listens at every address of its machine has to name one at which it is reached', async () => {
  const refused = supervise(1, { host: '0.0.0.0', port: 0 });
  await expect(refused).rejects.toMatchObject({
    code: 'replica.address',
    message: expect.stringContaining('replica.address'),
  });
  const { rows } = await admin.query('select 1 from replica');
  expect(rows).toEqual([]);
});
