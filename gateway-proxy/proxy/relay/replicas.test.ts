import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Changes, followedState } from '#infra/http/followed-state.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { heldElsewhere } from '#infra/leases/lease.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { BotIdentity } from '#test/installation.ts';
import { defaultBreakerSettings } from './breaker.ts';
import { guildOne, startTestProxy, startUpstream, type TestCaller, type TestProxy } from '../proxy.fixture.ts';

/** Two supervisors behind one proxy, each of which acts for some tenants. */
const within = { timeout: 10_000, interval: 20 };
const stack = new AsyncDisposableStack();
const held = { one: new Set<string>(), other: new Set<string>(), killed: new Set<string>(), next: new Set<string>() };
type Name = keyof typeof held;
const starts: string[] = [];
let world: TestProxy;
let api: TestCaller;
let tenant: TenantId;

const supervisor = (name: Name) => (app: HttpApp) => {
  const only = (of: string) => {
    if (!held[name].has(of)) throw heldElsewhere();
    return { by: name };
  };
  const path = '/v1/tenants/:tenant/instance';
  const tenantOf = (params: unknown) => (params as { tenant: string }).tenant;
  app.get('/v1/instances', { config: { action: 'instance.read' } }, async () => ({ by: name }));
  app.get(path, { config: { action: 'instance.read' } }, async ({ params }) => only(tenantOf(params)));
  app.put(path, { config: { action: 'instance.start' } }, async ({ params, body }) => {
    const answer = only(tenantOf(params));
    starts.push(`${name} ${tenantOf(params)} ${JSON.stringify(body)}`);
    return answer;
  });
  app.get(`${path}/events`, { config: { action: 'instance.read' } }, async ({ params }, reply) =>
    followedState(reply, {
      changes: new Changes<string>(),
      key: tenantOf(params),
      read: async () => only(tenantOf(params)),
      clock: systemClock,
      logger: silentLogger(),
    }),
  );
};

beforeAll(async () => {
  world = stack.use(
    await startTestProxy({
      limits: { denials: { perSec: 1, burst: 20 } },
      services: {
        supervisor: supervisor('one'),
        audio: (app) =>
          app.get(
            '/v1/tenants/:tenant/player-events',
            { config: { action: 'player.events' } },
            async ({ params }, reply) =>
              followedState(reply, {
                changes: new Changes<string>(),
                key: (params as { tenant: string }).tenant,
                read: async () => ({ state: 'idle' }),
                clock: systemClock,
                logger: silentLogger(),
              }),
          ),
      },
    }),
  );
  const origin = await startUpstream(world.installation, 'supervisor', supervisor('other'), stack);
  await register('one', world.upstreams['supervisor']?.url ?? '');
  await register('other', origin);
  api = await world.installation.agentFor('api');
});
afterAll(() => stack.disposeAsync());
beforeEach(async () => {
  tenant = await world.newTenant();
});

const register = (id: string, address: string) =>
  world.admin.query("insert into replica values ($1, 'supervisor', $2, now() + interval '1 hour')", [id, address]);
/** As the replica does it that takes the lease. */
async function take(of: TenantId, replica: Name): Promise<void> {
  for (const each of Object.values(held)) each.delete(of);
  held[replica].add(of);
  await world.admin.query('update tenant_lease set replica_id = $2, token = token + 1 where tenant_id = $1', [
    of,
    replica,
  ]);
}
const instance = () => `/supervisor/v1/tenants/${tenant}/instance`;
async function ask(options: Omit<Parameters<TestProxy['call']>[1], 'path'> & { path?: string } = {}) {
  const answer = await world.call(api, { path: instance(), ...options });
  return { status: answer.statusCode, body: (await answer.body.json()) as Record<string, unknown> };
}
/** Resolves with why the stream ended, as far as its reader can tell. */
async function follow(caller: TestCaller, path: string, callToken?: string) {
  const { statusCode, body } = await world.call(caller, { path, ...(callToken ? { callToken } : {}) });
  expect(statusCode).toBe(200);
  let read = '';
  const ended = Promise.withResolvers<void>();
  body.on('data', (chunk: Buffer) => {
    read += chunk.toString();
  });
  body.once('close', ended.resolve).on('error', () => undefined);
  await vi.waitFor(() => expect(read).not.toBe(''), within);
  return { ended: ended.promise };
}

describe('a call for a tenant', () => {
  it.each(['one', 'other'] as const)('reaches the replica that acts for it: %s', async (replica) => {
    await take(tenant, replica);
    await vi.waitFor(async () => expect(await ask()).toEqual({ status: 200, body: { by: replica } }), within);
  });

  it('reaches the next holder at once, with its body, although the proxy has not heard of the change', async () => {
    await take(tenant, 'one');
    expect(await ask()).toMatchObject({ body: { by: 'one' } });
    await world.admin.query('alter table tenant_lease disable trigger lease_changed');
    try {
      await take(tenant, 'other');
    } finally {
      await world.admin.query('alter table tenant_lease enable trigger lease_changed');
    }
    const before = starts.length;
    expect(await ask({ method: 'PUT', body: '{"now":true}' })).toEqual({ status: 200, body: { by: 'other' } });
    expect(starts.slice(before)).toEqual([`other ${tenant} {"now":true}`]);
  });

  it('is refused as not done while nobody acts for it', async () => {
    const answer = await world.call(api, { path: instance(), method: 'PUT' });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(await answer.body.json()).toMatchObject({ code: 'forward.moving' });
    expect(starts.filter((line) => line.includes(tenant))).toEqual([]);
  });
});

describe('a replica that starts where one was killed', () => {
  it('is called at once, although the breaker has opened for the one before it', async () => {
    const before = new AsyncDisposableStack();
    const origin = await startUpstream(world.installation, 'supervisor', supervisor('killed'), before);
    await register('killed', origin);
    await take(tenant, 'killed');
    await vi.waitFor(async () => expect(await ask()).toMatchObject({ body: { by: 'killed' } }), within);
    await before.disposeAsync();
    await vi.waitFor(async () => expect(await ask()).toMatchObject({ body: { code: 'forward.breaker-open' } }), within);
    await startUpstream(world.installation, 'supervisor', supervisor('next'), stack, Number(new URL(origin).port));
    expect(await ask()).toMatchObject({ body: { code: 'forward.breaker-open' } });
    const sinceMs = Date.now();
    await world.admin.query("delete from replica where id = 'killed'");
    await register('next', origin);
    await take(tenant, 'next');
    await vi.waitFor(async () => expect(await ask()).toMatchObject({ body: { by: 'next' } }), within);
    expect(Date.now() - sinceMs).toBeLessThan(defaultBreakerSettings.resetTimeoutMs / 2);
  });
});

describe('what belongs to no tenant', () => {
  it('reaches any replica', async () => {
    expect(await ask({ path: '/supervisor/v1/instances' })).toMatchObject({ status: 200 });
  });
});

describe('a stream', () => {
  it('ends when another replica acts for its tenant, and not before', async () => {
    await take(tenant, 'one');
    await vi.waitFor(async () => expect(await ask()).toMatchObject({ body: { by: 'one' } }), within);
    const { ended } = await follow(api, `${instance()}/events`);
    const another = await world.newTenant();
    await take(another, 'other');
    expect(await Promise.race([ended.then(() => 'ended'), new Promise((go) => setTimeout(go, 300, 'goes on'))])).toBe(
      'goes on',
    );
    await take(tenant, 'other');
    await ended;
    await vi.waitFor(async () => expect(await ask()).toMatchObject({ body: { by: 'other' } }), within);
  });
});

describe('a bot whose supervisor is no longer the holder', () => {
  let bot: BotIdentity;
  const events = () => `/audio/v1/tenants/${tenant}/player-events`;
  beforeEach(async () => {
    bot = await world.installation.botIdentity(tenant);
  });
  const tokenUnder = async (lease: number | undefined): Promise<string> => {
    const { tokenService } = await world.installation.agentFor('supervisor');
    return (await tokenService.vouchCallToken(bot.spiffeId, 'audio', bot.thumbprint, lease)).token;
  };
  const call = async (callToken: string) => {
    const answer = await world.call(bot, {
      path: `/audio/v1/tenants/${tenant}/guilds/${guildOne}/player`,
      callToken,
    });
    const { code } = (await answer.body.json()) as { code?: string };
    return { status: answer.statusCode, code, connection: answer.headers['connection'] };
  };

  it('is refused, on the record, and loses its connection; its successor is heard', async () => {
    await take(tenant, 'one');
    const old = await tokenUnder(1);
    await vi.waitFor(async () => expect((await call(old)).code).not.toMatch(/^authenticate/), within);
    await take(tenant, 'other');
    const refused = { status: 401, code: 'authenticate.superseded', connection: 'close' };
    await vi.waitFor(async () => expect(await call(old)).toEqual(refused), within);
    expect((await call(await tokenUnder(2))).code).not.toMatch(/^authenticate/);
    const records = await world.audit(tenant);
    expect(records.filter(({ reason }) => reason === 'authenticate.superseded').length).toBeGreaterThan(0);
  });

  it('is refused from the first call of its successor on, even if the proxy has not heard of the change', async () => {
    const old = await tokenUnder(3);
    expect((await call(old)).code).not.toMatch(/^authenticate/);
    expect((await call(await tokenUnder(4))).code).not.toMatch(/^authenticate/);
    expect(await call(old)).toMatchObject({ status: 401, code: 'authenticate.superseded' });
  });

  it('loses its streams at once, and cannot silence its successor by being refused', async () => {
    await take(tenant, 'one');
    const old = await tokenUnder(1);
    await vi.waitFor(async () => expect((await call(old)).code).not.toMatch(/^authenticate/), within);
    const { ended } = await follow(bot, events(), old);
    const beganMs = Date.now();
    await take(tenant, 'other');
    await ended;
    expect(Date.now() - beganMs).toBeLessThan(1_000);
    const successor = await tokenUnder(2);
    for (let refusals = 0; refusals < 40; refusals += 1) await call(old);
    expect((await call(successor)).code).not.toBe('limit.denials');
  });

  it('is refused if it claims no lease at all', async () => {
    await take(tenant, 'one');
    const none = await tokenUnder(undefined);
    await vi.waitFor(
      async () => expect(await call(none)).toMatchObject({ status: 401, code: 'authenticate.superseded' }),
      within,
    );
  });
});
