import pg from 'pg';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { newId, newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { grantHeader, issueGrant } from '#security/identity/grant.ts';
import { bot, service, spiffeId, type ServiceName } from '#security/identity/spiffe.ts';
import { connectWorkload } from '#security/identity/workload-connection.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import type { ToBot } from '#tenants/instance-protocol/door.ts';
import { buildSupervisor, type RunningSupervisor } from './build.ts';
import { instanceStateSchema } from '../instance-protocol/instance-state.ts';
import type { BotProcessEvents, Launcher } from './launcher.ts';
import { supervisorSettingsSchema } from './settings.ts';

/** Bots that behave like bots, without a process: they report that they are ready, and stop when told. */
class TameLauncher implements Launcher {
  readonly layers = ['tame'];
  readonly running = new Map<TenantId, BotProcessEvents>();

  launch(tenant: TenantId, events: BotProcessEvents) {
    this.running.set(tenant, events);
    const end = () => {
      if (this.running.delete(tenant)) events.exited({ code: 0, signal: null });
    };
    queueMicrotask(() => events.message({ type: 'state', state: 'ready' }));
    const send = (message: ToBot) => {
      if (message.type === 'ping') events.message({ type: 'pong', id: message.id });
    };
    return { pid: 1, send, stop: end, kill: end };
  }
}

const loopback = { host: '127.0.0.1', port: 0 };
const within = { timeout: 10_000, interval: 20 };
const resources = new AsyncDisposableStack();
const launcher = new TameLauncher();
let installation: TestInstallation;
let admin: pg.Client;
let running: RunningSupervisor;
let stack: AsyncDisposableStack;

const settings = () =>
  supervisorSettingsSchema.parse({
    ...installation.enrolmentFor('supervisor'),
    listen: loopback,
    ops: loopback,
    proxy: { url: 'https://127.0.0.1:1' },
    database: { url: installation.database.urlOf('supervisor'), maxConnections: 4 },
    bots: { bundleFile: import.meta.filename, maxInstances: 6 },
  });

async function start(): Promise<void> {
  stack = new AsyncDisposableStack();
  const agent = await installation.agentFor('supervisor');
  running = await buildSupervisor(settings(), { agent, logger: silentLogger(), launcher }, stack);
}

beforeAll(async () => {
  installation = resources.use(await testInstallation());
  admin = new pg.Client({ connectionString: installation.database.adminUrl });
  await admin.connect();
  resources.defer(() => admin.end());
  await start();
});
afterAll(async () => {
  await stack.disposeAsync();
  await resources.disposeAsync();
});

async function newTenant(
  status = 'active',
  applicationId: string | null = String(Date.now() + Math.floor(Math.random() * 1e9)),
): Promise<TenantId> {
  const tenant = newTenantId();
  await admin.query('insert into tenant (id, name, status, application_id) values ($1, $1, $2, $3)', [
    tenant,
    status,
    applicationId,
  ]);
  return tenant;
}

interface Call {
  readonly from?: ServiceName;
  readonly action?: string;
  readonly grantTenant?: TenantId;
  readonly grant?: 'none';
}

const actionOf = { PUT: 'instance.start', GET: 'instance.read', DELETE: 'instance.stop' } as const;

/** A call as gateway-proxy forwards it, or as an attacker would like to. */
async function call(method: 'PUT' | 'GET' | 'DELETE', tenant: string, options: Call = {}) {
  const agent = await installation.agentFor(options.from ?? 'gateway-proxy');
  const connection = connectWorkload({
    url: running.service.url,
    expectedSpiffeId: spiffeId(installation.installation, service('supervisor')),
    tls: agent.tls,
    clock: systemClock,
  });
  const proxy = await installation.agentFor('gateway-proxy');
  const grant = await issueGrant(
    await proxy.delegate('grant', 'supervisor'),
    {
      caller: service('api'),
      tenant: options.grantTenant ?? (tenant as TenantId),
      action: options.action ?? actionOf[method],
      decision: newId('dec'),
      requestId: newId('req'),
    },
    { audience: 'supervisor', nowMs: Date.now() },
  );
  try {
    const answer = await request(`${running.service.url}/v1/tenants/${tenant}/instance`, {
      method,
      dispatcher: connection.dispatcher(),
      headers: options.grant === 'none' ? {} : { [grantHeader]: grant },
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: text === '' ? undefined : (JSON.parse(text) as { code?: string }) };
  } finally {
    await connection[Symbol.asyncDispose]();
  }
}

const recordsOf = async (tenant: TenantId): Promise<AuditRecord[]> => {
  const { rows } = await admin.query<{ record: string }>(
    "select string_to_table(record, E'\\n') as record from audit_journal where tenant_id = $1 order by id",
    [tenant],
  );
  return rows.map(({ record }) => JSON.parse(record) as AuditRecord);
};
const rowOf = async (tenant: TenantId) =>
  (
    await admin.query<{ desired: string; state: string }>('select desired, state from instance where tenant_id = $1', [
      tenant,
    ])
  ).rows[0];

describe('the api, through the proxy', () => {
  test('starts a bot, sees it ready and stops it, and the audit log tells of both', async () => {
    const tenant = await newTenant();
    const started = await call('PUT', tenant);
    expect(started.status).toBe(200);
    expect(instanceStateSchema.parse(started.body)).toMatchObject({ desired: 'running', layers: ['tame'] });
    await vi.waitFor(
      async () => expect((await call('GET', tenant)).body).toMatchObject({ state: 'ready', restarts: 0 }),
      within,
    );
    await vi.waitFor(async () => expect(await rowOf(tenant)).toEqual({ desired: 'running', state: 'ready' }), within);
    expect((await call('DELETE', tenant)).status).toBe(204);
    expect((await call('GET', tenant)).body).toMatchObject({ desired: 'stopped', state: 'stopped' });
    expect(launcher.running.has(tenant)).toBe(false);
    const records = await recordsOf(tenant);
    expect(records.map(({ action, outcome, kind }) => `${kind} ${action} ${outcome}`)).toEqual([
      'lifecycle instance.start succeeded',
      'lifecycle instance.stop succeeded',
    ]);
  });

  test('stops the bot of a tenant that is being deleted and keeps nothing of it but the record', async () => {
    const tenant = await newTenant();
    await call('PUT', tenant);
    await admin.query("update tenant set status = 'deleting' where id = $1", [tenant]);
    expect((await call('DELETE', tenant)).status).toBe(204);
    expect(launcher.running.has(tenant)).toBe(false);
    expect(await rowOf(tenant)).toBeUndefined();
    expect((await recordsOf(tenant)).at(-1)).toMatchObject({ action: 'instance.stop', outcome: 'succeeded' });
    expect((await call('DELETE', tenant)).status).toBe(204);
  });

  test('starts a bot that runs already no second time', async () => {
    const tenant = await newTenant();
    await call('PUT', tenant);
    const events = launcher.running.get(tenant);
    await call('PUT', tenant);
    expect(launcher.running.get(tenant)).toBe(events);
  });

  test.each([
    ['a tenant that does not exist', () => Promise.resolve(newTenantId()), 404, 'instance.unknown-tenant'],
    ['a suspended tenant', () => newTenant('suspended'), 409, 'instance.tenant-not-active'],
    ['a tenant that is being deleted', () => newTenant('deleting'), 409, 'instance.tenant-not-active'],
    ['a tenant without an application', () => newTenant('active', null), 409, 'instance.no-application'],
  ])('is refused a bot for %s, and nothing is kept', async (_name, tenantOf, status, code) => {
    const tenant = await tenantOf();
    expect(await call('PUT', tenant)).toMatchObject({ status, body: { code } });
    expect(await rowOf(tenant)).toBeUndefined();
    expect(await recordsOf(tenant)).toEqual([]);
    expect(launcher.running.has(tenant)).toBe(false);
  });

  test('is refused one bot more than the machine takes', async () => {
    const tenants: TenantId[] = [];
    while (launcher.running.size < 6) {
      const tenant = await newTenant();
      tenants.push(tenant);
      expect((await call('PUT', tenant)).status).toBe(200);
    }
    const last = await newTenant();
    expect(await call('PUT', last)).toMatchObject({ status: 503, body: { code: 'instance.machine-full' } });
    for (const tenant of tenants) await call('DELETE', tenant);
    expect((await call('PUT', last)).status).toBe(200);
  });
});

describe('nobody else', () => {
  test.each([
    ['without a grant', { grant: 'none' }, 'guard.no-grant'],
    ['with the certificate of another service', { from: 'api' }, 'guard.not-the-proxy'],
    ['with a grant for reading', { action: 'instance.read' }, 'guard.other-action'],
    ['with a grant for another tenant', { grantTenant: newTenantId() }, 'guard.other-tenant'],
  ] satisfies [string, Call, string][])('starts a bot %s', async (_name, options, code) => {
    const tenant = await newTenant();
    expect(await call('PUT', tenant, options)).toMatchObject({ status: 403, body: { code } });
    expect(await rowOf(tenant)).toBeUndefined();
    expect(launcher.running.has(tenant)).toBe(false);
  });
});

describe('what changes elsewhere', () => {
  test('a tenant that is suspended loses its bot within a second, and has it back when it is not', async () => {
    const tenant = await newTenant();
    await call('PUT', tenant);
    const suspendedAt = performance.now();
    await admin.query("update tenant set status = 'suspended' where id = $1", [tenant]);
    await vi.waitFor(() => expect(launcher.running.has(tenant)).toBe(false), within);
    expect(performance.now() - suspendedAt).toBeLessThan(1_000);
    await admin.query("update tenant set status = 'active' where id = $1", [tenant]);
    await vi.waitFor(() => expect(launcher.running.has(tenant)).toBe(true), within);
  });

  test('a tenant that is deleted loses its bot', async () => {
    const tenant = await newTenant();
    await call('PUT', tenant);
    await admin.query('delete from tenant where id = $1', [tenant]);
    await vi.waitFor(() => expect(launcher.running.has(tenant)).toBe(false), within);
  });

  test('every bot that shall run is started again by the next supervisor, and no other', async () => {
    const [wanted, unwanted, suspended] = [await newTenant(), await newTenant(), await newTenant()];
    for (const tenant of [wanted, unwanted, suspended]) await running.supervisor.start(tenant, 'req_test');
    await running.supervisor.stop(unwanted, 'req_test');
    await stack.disposeAsync();
    expect(launcher.running.size).toBe(0);
    await admin.query("update tenant set status = 'suspended' where id = $1", [suspended]);
    await start();
    await vi.waitFor(() => expect(launcher.running.has(wanted)).toBe(true), within);
    expect(launcher.running.has(unwanted)).toBe(false);
    expect(launcher.running.has(suspended)).toBe(false);
  });
});

test('a bot whose identity is revoked is ended, and only that one; what takes its place is another process', async () => {
  const [revoked, other] = [await newTenant(), await newTenant()];
  for (const tenant of [revoked, other]) expect((await call('PUT', tenant)).status).toBe(200);
  const ready = async (tenant: TenantId) => expect((await running.supervisor.read(tenant)).state).toBe('ready');
  for (const tenant of [revoked, other]) await vi.waitFor(() => ready(tenant), within);
  const before = { revoked: launcher.running.get(revoked), other: launcher.running.get(other) };
  const { tokenService } = await installation.agentFor('api');
  const value = spiffeId(installation.installation, bot(revoked));
  await tokenService.revoke({ kind: 'subject', value, reason: 'taken over' });
  await vi.waitFor(async () => {
    await ready(revoked);
    expect(launcher.running.get(revoked)).not.toBe(before.revoked);
  }, within);
  expect(launcher.running.get(other)).toBe(before.other);
  for (const tenant of [revoked, other]) expect((await call('DELETE', tenant)).status).toBe(204);
});
