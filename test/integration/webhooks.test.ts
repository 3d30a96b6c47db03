import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Delivery } from '#services/contracts/webhooks.ts';
import { startReceiver, type Receiver } from '#test/https-receiver.ts';
import type { Call } from '#test/security/world/doors.ts';
import { startWorld, type World } from '#test/security/world/world.ts';

/* Webhooks as a tenant uses them: through the public API, with a server of its own. */
let world: World;
let receiver: Receiver;
let tenant: TenantId;
let other: TenantId;
let owner: string;
let webhook: { readonly id: string; readonly secret: string };

const ask = async (call: Call & { readonly session?: string }) => {
  const { path, ...rest } = call;
  return world.doors.public({ session: owner, path: `/v1/tenants/${tenant}/webhooks${path}`, ...rest });
};
const delivered = async () => {
  const { items } = (await ask({ path: `/${webhook.id}/deliveries?status=delivered` })).body as { items: Delivery[] };
  return items;
};

beforeAll(async () => {
  receiver = await startReceiver();
  world = await startWorld({ webhooks: { privateHosts: ['localhost'], trustPem: receiver.trustPem } });
  tenant = await world.bareTenant();
  other = await world.bareTenant();
  owner = await world.session('discord:100', { tenant, role: 'owner' });
  const body = { url: `${receiver.url}/hook`, description: 'Ours', events: ['policy.changed', 'track.started'] };
  const created = await ask({ method: 'POST', path: '', body });
  expect(created.status, created.text).toBe(201);
  expect(created.headers['cache-control']).toBe('no-store');
  webhook = created.body as typeof webhook;
}, 60_000);
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer = { status: 204 };
});

describe('a webhook', () => {
  it('shows its secret once, and everything else to whoever may read it', async () => {
    expect(webhook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    for (const role of ['admin', 'auditor'] as const) {
      const session = await world.session(`discord:2${role}`.replace(role, role === 'admin' ? '1' : '2'), {
        tenant,
        role,
      });
      const { status, text, body } = await ask({ path: '', session });
      expect(status).toBe(200);
      expect(text).not.toContain('whsec_');
      expect(body).toMatchObject({
        items: [
          { id: webhook.id, url: `${receiver.url}/hook`, description: 'Ours', enabled: true, failingSince: null },
        ],
      });
    }
  });

  it('is sent a test event, which its secret verifies', async () => {
    const answer = await ask({ method: 'POST', path: `/${webhook.id}/test` });
    expect(answer.status, answer.text).toBe(202);
    await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(1);
    const [request] = receiver.received;
    expect(request?.path).toBe('/hook');
    const headers = request?.headers as Record<string, string>;
    expect(new Verifier(webhook.secret).verify(request?.body ?? '', headers)).toMatchObject({
      type: 'webhook.test',
      tenant,
    });
    await expect.poll(delivered, { timeout: 30_000 }).toMatchObject([{ type: 'webhook.test', responseStatus: 204 }]);
  });

  it('is sent what happens, and can have it sent again', async () => {
    const guild = '80351110224678912';
    const saved = await world.doors.public({
      session: owner,
      method: 'PUT',
      path: `/v1/tenants/${tenant}/guilds/${guild}/policy`,
      headers: { 'if-match': '*' },
      body: { rules: [], otherwise: 'allow' },
    });
    expect(saved.status, saved.text).toBe(200);
    await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      type: 'policy.changed',
      tenant,
      data: { guild, version: 1 },
    });
    await expect.poll(async () => (await delivered())[0]?.type, { timeout: 30_000 }).toBe('policy.changed');
    const [delivery] = await delivered();
    const replay = { method: 'POST', path: `/${webhook.id}/deliveries/${delivery?.id}/replay` } as const;
    expect((await ask(replay)).status).toBe(202);
    await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(2);
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(ids[0]).toBe(ids[1]);
  });

  it('lists deliveries page by page', async () => {
    const first = (await ask({ path: `/${webhook.id}/deliveries?limit=1` })).body as {
      items: Delivery[];
      nextCursor: string;
    };
    const rest = (await ask({ path: `/${webhook.id}/deliveries?cursor=${first.nextCursor}` })).body as {
      items: Delivery[];
      nextCursor: null;
    };
    expect([...first.items, ...rest.items].map(({ type }) => type)).toEqual(['policy.changed', 'webhook.test']);
    expect(rest.nextCursor).toBeNull();
  });

  it('is changed, disabled and given another secret, by whoever may, and each change is recorded with its person', async () => {
    const viewer = await world.session('discord:300', { tenant, role: 'viewer' });
    const auditor = await world.session('discord:301', { tenant, role: 'auditor' });
    for (const session of [viewer, auditor])
      expect((await ask({ method: 'PATCH', path: `/${webhook.id}`, body: { enabled: false }, session })).status).toBe(
        403,
      );
    const stranger = await world.session('discord:302', { tenant: other, role: 'owner' });
    expect((await ask({ path: '', session: stranger })).status).toBe(404);
    const changed = await ask({ method: 'PATCH', path: `/${webhook.id}`, body: { enabled: false } });
    expect(changed.body).toMatchObject({ enabled: false, disabledBecause: 'Somebody disabled it.' });
    const rotated = await ask({ method: 'POST', path: `/${webhook.id}/secret` });
    expect(rotated.body).toMatchObject({
      secret: expect.stringMatching(/^whsec_/),
      previousSecretUntil: expect.any(String),
    });
    expect((rotated.body as typeof webhook).secret).not.toBe(webhook.secret);
    const records = (await world.audit(tenant)).filter(
      ({ action, kind }) => action === 'webhook.write' && kind === 'change',
    );
    for (const { actor, target } of records)
      expect({ actor, target }).toEqual({
        actor: { type: 'tenant-member', id: 'discord:100' },
        target: `webhook:${webhook.id}`,
      });
    expect(records.map(({ detail }) => detail)).toEqual([
      { host: new URL(receiver.url).host, events: 'policy.changed track.started' },
      { tested: expect.any(String) },
      { replayed: expect.any(String) },
      { enabled: false },
      { secret: 'rotated' },
    ]);
    expect(JSON.stringify(records)).not.toContain('/hook');
  });

  it('belongs to its tenant: from another it is unknown, and unchanged', async () => {
    const session = await world.session('discord:303', { tenant: other, role: 'owner' });
    const path = `/v1/tenants/${other}/webhooks/${webhook.id}`;
    for (const call of [
      { method: 'PATCH', path, body: { enabled: true } },
      { method: 'POST', path: `${path}/secret` },
      { method: 'POST', path: `${path}/test` },
      { path: `${path}/deliveries` },
      { method: 'DELETE', path },
    ] as const)
      expect((await world.doors.public({ session, ...call })).body).toMatchObject({ code: 'webhook.unknown' });
    expect((await ask({ path: '' })).body).toMatchObject({ items: [{ id: webhook.id, enabled: false }] });
  });

  it('can be managed by a program whose API key has the scope for it, and by no other', async () => {
    const keyWith = async (...scopes: string[]) => {
      const path = `/v1/tenants/${tenant}/api-keys`;
      const body = { name: 'Automation', scopes, expiresInDays: 1 };
      return ((await world.doors.public({ session: owner, method: 'POST', path, body })).body as { key: string }).key;
    };
    expect((await ask({ path: '', session: await keyWith('webhooks') })).status).toBe(200);
    expect((await ask({ path: '', session: await keyWith('read') })).status).toBe(403);
  });

  it('is removed with what was sent', async () => {
    expect((await ask({ method: 'DELETE', path: `/${webhook.id}` })).status).toBe(204);
    expect((await ask({ path: '' })).body).toEqual({ items: [] });
    const { rows } = await world.admin.query('select 1 from webhook_delivery where tenant_id = $1', [tenant]);
    expect(rows).toEqual([]);
  });
});
