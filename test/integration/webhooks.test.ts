import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import type { Delivery } from '#services/contracts/webhooks.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { startReceiver, type Receiver } from '#test/https-receiver.ts';
import { scratchFolder } from '#test/scratch.ts';
import type { Call } from '#test/security/world/doors.ts';
import { startWorld, type World } from '#test/security/world/world.ts';
import { bailiwick } from './cli-in-process.ts';

/* Webhooks as a tenant uses them: through the public API, with a server of its own. */
let world: World;
let receiver: Receiver;
let tenant: TenantId;
let other: TenantId;
let owner: string;
let webhook: { readonly id: string; readonly secret: string };

const ask = async (call: Call & { readonly session?: string }) => {
  const { path: rest, ...more } = call;
  return world.doors.public({ session: owner, path: `/v1/tenants/${tenant}/webhooks${rest}`, ...more });
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
});
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

  it('keeps its secret when the keys of the tenant are rotated', async () => {
    const sealed = async () =>
      (
        await world.admin.query<{ secret: Buffer; url: Buffer }>(
          'select secret, url from webhook_endpoint where id = $1',
          [webhook.id],
        )
      ).rows[0];
    const before = await sealed();
    const rotated = await world.doors.public({
      session: owner,
      method: 'POST',
      path: `/v1/tenants/${tenant}/keys/rotate`,
    });
    expect(rotated.status, rotated.text).toBeLessThan(300);
    await expect.poll(async () => (await sealed())?.secret.readUInt32BE(1), { timeout: 30_000 }).toBe(2);
    const after = await sealed();
    expect(after?.url.equals(before?.url ?? Buffer.alloc(0))).toBe(false);
    await ask({ method: 'POST', path: `/${webhook.id}/test` });
    await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(1);
    const [request] = receiver.received;
    const headers = request?.headers as Record<string, string>;
    expect(new Verifier(webhook.secret).verify(request?.body ?? '', headers)).toMatchObject({ type: 'webhook.test' });
    await expect.poll(async () => (await delivered()).length, { timeout: 30_000 }).toBe(3);
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
    expect([...first.items, ...rest.items].map(({ type }) => type)).toEqual([
      'webhook.test',
      'policy.changed',
      'webhook.test',
    ]);
    expect(rest.nextCursor).toBeNull();
  });

  it('is changed, disabled and given another secret, by whoever may, and each change is recorded with its person', async () => {
    const viewer = await world.session('discord:300', { tenant, role: 'viewer' });
    const auditor = await world.session('discord:301', { tenant, role: 'auditor' });
    const admin = await world.session('discord:304', { tenant, role: 'admin' });
    const added = await ask({
      method: 'POST',
      path: '',
      body: { url: 'https://example.com', events: ['key.rotated'] },
      session: admin,
    });
    expect(added.status, added.text).toBe(201);
    const { id: addedId } = added.body as typeof webhook;
    expect((await ask({ method: 'DELETE', path: `/${addedId}`, session: admin })).status).toBe(204);
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
      ({ action, kind, target }) =>
        action === 'webhook.write' && kind === 'change' && target === `webhook:${webhook.id}`,
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
      { tested: expect.any(String) },
      { enabled: false },
      { secret: 'rotated' },
    ]);
    expect(JSON.stringify(records)).not.toContain('/hook');
  });

  it('belongs to its tenant: from another it is unknown, and unchanged', async () => {
    const session = await world.session('discord:303', { tenant: other, role: 'owner' });
    const at = `/v1/tenants/${other}/webhooks/${webhook.id}`;
    for (const call of [
      { method: 'PATCH', path: at, body: { enabled: true } },
      { method: 'POST', path: `${at}/secret` },
      { method: 'POST', path: `${at}/test` },
      { path: `${at}/deliveries` },
      { method: 'DELETE', path: at },
    ] as const)
      expect((await world.doors.public({ session, ...call })).body).toMatchObject({ code: 'webhook.unknown' });
    expect((await ask({ path: '' })).body).toMatchObject({ items: [{ id: webhook.id, enabled: false }] });
  });

  it('can be managed by a program whose API key has the scope for it, and by no other', async () => {
    const keyWith = async (...scopes: string[]) => {
      const call = { session: owner, method: 'POST', path: `/v1/tenants/${tenant}/api-keys` } as const;
      const body = { name: 'Automation', scopes, expiresInDays: 1 };
      return ((await world.doors.public({ ...call, body })).body as { key: string }).key;
    };
    expect((await ask({ path: '', session: await keyWith('webhooks') })).status).toBe(200);
    expect((await ask({ path: '', session: await keyWith('read') })).status).toBe(403);
  });

  it('is managed from the command line', async () => {
    const folder = await scratchFolder('webhooks');
    const file = path.join(folder, 'session.json');
    await writeFile(file, JSON.stringify({ url: `http://127.0.0.1:${world.parts.proxy.publicPort}`, token: owner }));
    vi.stubEnv('BAILIWICK_SESSION', file);
    const events = ['--event', 'queue.ended', '--event', 'bot.unwell'];
    const made = await bailiwick('webhook', 'create', tenant, `${receiver.url}/cli`, ...events);
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^whsec_\S+\n$/) });
    const [, id = ''] = /(whk_\w+) {2}\S+\/cli/.exec((await bailiwick('webhook', 'list', tenant)).out) ?? [];
    const tested = await bailiwick('webhook', 'test', tenant, id);
    expect(tested).toMatchObject({ code: 0, out: expect.stringContaining('webhook.test  delivered, attempted once') });
    expect(receiver.received.map(({ path: at }) => at)).toEqual(['/cli']);
    receiver.answer = { status: 500, body: 'broken' };
    expect(await bailiwick('webhook', 'test', tenant, id)).toMatchObject({
      code: 1,
      out: expect.stringContaining('It said: broken'),
    });
    receiver.answer = { status: 204 };
    const sent = await bailiwick('webhook', 'deliveries', tenant, id, '--status', 'delivered', '--json');
    const { items } = JSON.parse(sent.out) as { items: Delivery[] };
    expect((await bailiwick('webhook', 'replay', tenant, id, items[0]?.id ?? '')).code).toBe(0);
    expect((await bailiwick('webhook', 'secret', tenant, id)).out).toMatch(/^whsec_\S+\n$/);
    expect((await bailiwick('webhook', 'change', tenant, id, '--disable')).out).toContain('Nothing is sent any more.');
    expect((await bailiwick('webhook', 'list', tenant)).out).toContain('Disabled: Somebody disabled it.');
    expect((await bailiwick('webhook', 'remove', tenant, id)).code).toBe(0);
    expect(await bailiwick('webhook', 'remove', tenant, id)).toMatchObject({ code: 5, out: '' });
    expect((await bailiwick('webhook', 'create', tenant, 'https://10.0.0.1', ...events)).code).toBe(1);
    vi.unstubAllEnvs();
  });

  it('is removed with what was sent', async () => {
    expect((await ask({ method: 'DELETE', path: `/${webhook.id}` })).status).toBe(204);
    expect((await ask({ path: '' })).body).toEqual({ items: [] });
    const { rows } = await world.admin.query('select 1 from webhook_delivery where tenant_id = $1', [tenant]);
    expect(rows).toEqual([]);
  });
});

describe('what is done at certain times', () => {
  const tasks = async (session: string) => world.doors.public({ session, path: '/v1/operator/schedules' });
  const run = async (session: string, name: string) =>
    world.doors.public({ session, method: 'POST', path: `/v1/operator/schedules/${name}/run` });
  const latest = async (name: string) => {
    const { items } = (await tasks(world.owner)).body as { items: { name: string; lastRun: object | null }[] };
    return items.find((each) => each.name === name)?.lastRun;
  };

  it('is listed and run by operators, and by nobody else; who did is recorded', async () => {
    expect((await tasks(owner)).status).toBe(403);
    expect((await run(owner, 'database-upkeep')).status).toBe(403);
    expect(await latest('database-upkeep')).toBeNull();
    expect((await run(world.owner, 'database-upkeep')).status).toBe(202);
    const done = {
      status: 'done',
      sentence: expect.stringMatching(/^Looked at \d+ tables and analysed \d+\./),
      missed: 0,
    };
    await expect.poll(() => latest('database-upkeep'), { timeout: 30_000 }).toMatchObject(done);
    expect((await run(world.owner, 'nothing')).status).toBe(404);
    const records = await world.audit(installationLog);
    expect(records).toContainEqual(
      expect.objectContaining({ action: 'schedule.run', outcome: 'allowed', target: 'schedule:database-upkeep' }),
    );
  });

  it('tells tenants what they have used, once for a day', async () => {
    const body = { url: `${receiver.url}/usage`, events: ['usage.reported'] };
    expect((await ask({ method: 'POST', path: '', body })).status).toBe(201);
    for (let time = 0; time < 2; time += 1) {
      expect((await run(world.owner, 'usage-reports')).status).toBe(202);
      await expect.poll(() => latest('usage-reports'), { timeout: 30_000 }).toMatchObject({ status: 'done' });
    }
    await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(1);
    const told = JSON.parse(receiver.received[0]?.body ?? '') as { timestamp: string; data: { day: string } };
    expect(told).toMatchObject({ type: 'usage.reported', data: { tracksStarted: 0, guilds: 0 } });
    expect(Date.parse(told.timestamp) - Date.parse(told.data.day)).toBe(24 * 60 * 60_000);
  });
});

describe('events that could not be handled', () => {
  const letters = (session: string, rest = '', method: 'GET' | 'POST' = 'GET') =>
    world.doors.public({ session, method, path: `/v1/operator/dead-letters${rest}` });

  it('are listed and replayed, once, by operators, and by nobody else; who did is recorded', async () => {
    const body = { url: `${receiver.url}/replayed`, events: ['key.rotated'] };
    expect((await ask({ method: 'POST', path: '', body })).status).toBe(201);
    const event = {
      tenant,
      stream: 'key/data',
      version: 1,
      atMs: Date.now(),
      id: newId('evt'),
      place: { transaction: '1', position: '1' },
      type: 'KeyRotated',
      schemaVersion: 1,
      facts: { purpose: 'data', version: 7 },
    };
    const id = newId('edl');
    await world.admin.query(
      `insert into event_dead_letter (id, consumer, carrier, origin, reason, detail, tenant_id, event)
         values ($1, 'webhooks', 'postgres', 'key/data/1', 'handler', 'Error', $2, $3)`,
      [id, tenant, event],
    );
    expect((await letters(owner)).status).toBe(403);
    expect((await letters(owner, `/${id}/replay`, 'POST')).status).toBe(403);
    expect(receiver.received).toEqual([]);
    const listed = (await letters(world.owner)).body as { items: object[]; nextCursor: string | null };
    expect(listed).toMatchObject({ items: [{ id, consumer: 'webhooks', tenant, replayedAt: null }], nextCursor: null });

    expect((await letters(world.owner, `/${id}/replay`, 'POST')).status).toBe(200);
    await expect.poll(() => receiver.received.length, { timeout: 30_000 }).toBe(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ type: 'key.rotated', data: { version: 7 } });
    const again = await letters(world.owner, `/${id}/replay`, 'POST');
    expect(again).toMatchObject({ status: 409, body: { code: 'dead-letter.replayed' } });
    expect((await letters(world.owner, `/${newId('edl')}/replay`, 'POST')).status).toBe(404);
    expect(await world.audit(installationLog)).toContainEqual(
      expect.objectContaining({ action: 'event.replay', outcome: 'allowed', target: `dead-letter:${id}` }),
    );
  });
});
