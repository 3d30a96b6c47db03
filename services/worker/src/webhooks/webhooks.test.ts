import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { Registry } from 'prom-client';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { openJobs, type Jobs } from '#infra/jobs/jobs.ts';
import { append } from '#infra/event-store/event-store.ts';
import { plainEvents } from '#infra/event-store/plain-events.ts';
import { credentialAggregate } from '#tenants/credential/credential-aggregate.ts';
import { tenantAggregate } from '#tenants/tenant/tenant-aggregate.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { Health } from '#infra/observability/health.ts';
import { createPolicyStore } from '#policies/policy-store.ts';
import { auditRecord } from '#security/audit/record.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { tellOfRotation } from '#security/keyring/key-events.ts';
import { webhookBodySchema, type WebhookChoices } from '#services/contracts/webhooks.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { startReceiver, type Receiver } from '#test/https-receiver.ts';
import { createDeliveries, type Deliveries } from './deliveries.ts';
import { createEndpoints, type Endpoints } from './endpoints.ts';
import { sendWebhook } from './request.ts';
import { openWorkerEvents } from '../events.ts';
import { startWebhooks } from './webhooks.ts';

let server: TestDatabase;
let database: Database;
let admin: pg.Pool;
let jobs: Jobs;
let folder: string;
let receiver: Receiver;
let endpoints: Endpoints;
let deliveries: Deliveries;
let tenant: TenantId;
const stack = new AsyncDisposableStack();

beforeAll(async () => {
  server = await testDatabase('worker');
  database = openDatabase({ url: server.url, maxConnections: 4 });
  admin = new pg.Pool({ connectionString: server.adminUrl, max: 2 });
  folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-webhooks-'));
  receiver = await startReceiver();
  const custodian = createFileCustodian({ folder, keyBase64: randomBytes(32).toString('base64') });
  const envelope = createEnvelope({ custodian, clock: systemClock });
  jobs = await openJobs({ url: server.url, maxConnections: 2 }, { database, logger: silentLogger() });
  const settings = { privateHosts: ['localhost'], trustPem: receiver.trustPem };
  const metrics = new Registry();
  const common = { database, clock: systemClock, logger: silentLogger() };
  const streamed = { installation: 'test', events: { carrier: 'postgres' } } as const;
  const from = { ...common, source: 'spiffe://test/svc/worker', health: new Health() };
  const events = await openWorkerEvents(streamed, from, stack);
  await startWebhooks(settings, { ...common, envelope, jobs, metrics, events });
  const now = () => Date.now();
  endpoints = createEndpoints({ envelope, privateHosts: ['localhost'], now });
  deliveries = createDeliveries({ envelope, jobs, now });
});
afterAll(async () => {
  await stack.disposeAsync();
  await receiver[Symbol.asyncDispose]();
  await jobs[Symbol.asyncDispose]();
  await admin.end();
  await database[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  tenant = await newTenant();
  receiver.answer = { status: 204 };
});
afterEach(() => {
  receiver.received.length = 0;
});

async function newTenant(): Promise<TenantId> {
  const id = newTenantId();
  await admin.query('insert into tenant (id, name) values ($1, $1)', [id]);
  return id;
}

const data = { guild: '80351110224678912', entry: 'ent_1' };
const create = (choices: Partial<WebhookChoices> = {}, of = tenant) =>
  database.inTenant(of, (transaction) =>
    endpoints.create(transaction, of, { url: receiver.url, description: '', events: ['track.started'], ...choices }),
  );
const message = (id: string) => ({ id, type: 'track.started', at: new Date(1_700_000_000_000), data }) as const;
const publish = (id: string, of = tenant) =>
  database.inTenant(of, (transaction) => deliveries.publish(transaction, of, message(id)));
const listed = (id: string, of = tenant) =>
  database.inTenant(of, (transaction) => deliveries.list(transaction, of, id, { take: 100 }));
const shown = async (of = tenant) => {
  const [webhook] = await database.inTenant(of, (transaction) => endpoints.list(transaction, of));
  return webhook;
};
const ended = (id: string, status: string, of = tenant) =>
  expect.poll(async () => (await listed(id, of))[0]?.status, { timeout: 30_000, interval: 100 }).toBe(status);
const attempted = (id: string, of = tenant) =>
  expect
    .poll(async () => (await listed(id, of))[0]?.responseStatus ?? (await listed(id, of))[0]?.fault, {
      timeout: 40_000,
      interval: 100,
    })
    .toBeTruthy();

test('delivers an event that any library for Standard Webhooks verifies, and nothing else of the endpoint', async () => {
  const { webhook, secret } = await create();
  await create({ events: ['queue.ended'] });
  await publish('msg_1');
  await ended(webhook.id, 'delivered');
  expect(receiver.received).toHaveLength(1);
  const [request] = receiver.received;
  if (!request) throw new Error('nothing was received');
  const headers = request.headers as Record<string, string>;
  const verified = new Verifier(secret).verify(request.body, headers);
  expect(webhookBodySchema('track.started').parse(verified)).toEqual({
    type: 'track.started',
    timestamp: '2023-11-14T22:13:20.000Z',
    tenant,
    data,
  });
  // The same by hand: the library that signs is not what decides whether it is right.
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  expect(key).toHaveLength(32);
  const signed = `msg_1.${headers['webhook-timestamp']}.${request.body}`;
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  expect(headers['webhook-id']).toBe('msg_1');
  expect(await listed(webhook.id)).toMatchObject([
    { status: 'delivered', attempts: 1, responseStatus: 204, fault: null, nextAttemptAt: null },
  ]);
});

test('sends an event once to an endpoint however often it is published, and again when somebody replays it', async () => {
  const { webhook } = await create();
  for (let repetition = 0; repetition < 3; repetition += 1) await publish('msg_once');
  await ended(webhook.id, 'delivered');
  const [delivery] = await listed(webhook.id);
  expect(await listed(webhook.id)).toHaveLength(1);
  await database.inTenant(tenant, (transaction) =>
    deliveries.replay(transaction, tenant, webhook.id, delivery?.id ?? ''),
  );
  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(2);
  expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(['msg_once', 'msg_once']);
});

test('signs with both secrets while a rotation overlaps, and with the new one alone afterwards', async () => {
  const { webhook, secret } = await create();
  const rotated = await database.inTenant(tenant, (transaction) => endpoints.rotate(transaction, tenant, webhook.id));
  expect(rotated.secret).not.toBe(secret);
  await publish('msg_both');
  await ended(webhook.id, 'delivered');
  const verifies = (by: string, at: number) => {
    const request = receiver.received[at];
    return new Verifier(by).verify(request?.body ?? '', request?.headers as Record<string, string>);
  };
  for (const each of [secret, rotated.secret]) expect(verifies(each, 0)).toMatchObject({ tenant });
  await admin.query("update webhook_endpoint set previous_until = now() - interval '1 s' where id = $1", [webhook.id]);
  await publish('msg_new');
  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(2);
  expect(verifies(rotated.secret, 1)).toMatchObject({ tenant });
  expect(() => verifies(secret, 1)).toThrow('No matching signature');
});

test('attempts a delivery again with the same webhook-id, and shows what the receiver said meanwhile', async () => {
  const { webhook } = await create();
  receiver.answer = { status: 500, headers: { 'set-cookie': 'secret=1' }, body: 'out\u0007 of\n order' };
  await publish('msg_again');
  await attempted(webhook.id);
  const [failed] = await listed(webhook.id);
  expect(failed).toMatchObject({ status: 'waiting', responseStatus: 500, excerpt: 'out of order' });
  expect(JSON.stringify(failed)).not.toContain('secret=1');
  expect((await shown())?.failingSince).not.toBeNull();
  receiver.answer = { status: 200 };
  await ended(webhook.id, 'delivered');
  const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(ids.length).toBeGreaterThan(1);
  expect(new Set(ids)).toEqual(new Set(['msg_again']));
  expect(await listed(webhook.id)).toMatchObject([{ attempts: ids.length, excerpt: null, fault: null }]);
  expect((await shown())?.failingSince).toBeNull();
});

test('disables an endpoint that answers 410 at once, records that, and begins anew when somebody enables it', async () => {
  const { webhook } = await create();
  receiver.answer = { status: 410 };
  await publish('msg_gone');
  await ended(webhook.id, 'failed');
  expect(await shown()).toMatchObject({ enabled: false, disabledBecause: 'The receiver wants no more events (410).' });
  const { rows } = await admin.query<{ record: string }>('select record from audit_journal where tenant_id = $1', [
    tenant,
  ]);
  expect(rows.map(({ record }) => JSON.parse(record) as object)).toMatchObject([
    { action: 'webhook.write', target: `webhook:${webhook.id}`, detail: { enabled: false }, reason: 'gone' },
  ]);
  await publish('msg_unsent');
  expect(await listed(webhook.id)).toHaveLength(1);
  receiver.answer = { status: 204 };
  await database.inTenant(tenant, (transaction) =>
    endpoints.change(transaction, tenant, webhook.id, { enabled: true }),
  );
  await publish('msg_sent');
  await ended(webhook.id, 'delivered');
});

test('disables an endpoint that has failed for three days, and ends what waits for it', async () => {
  const { webhook } = await create();
  receiver.answer = { status: 503 };
  await publish('msg_a');
  await attempted(webhook.id);
  expect(await shown()).toMatchObject({ enabled: true });
  await admin.query("update webhook_endpoint set failing_since = now() - interval '3 days' where id = $1", [
    webhook.id,
  ]);
  await publish('msg_b');
  await expect.poll(async () => (await shown())?.enabled, { timeout: 30_000 }).toBe(false);
  expect(await shown()).toMatchObject({ disabledBecause: 'No attempt has succeeded for three days.' });
  expect((await listed(webhook.id)).map(({ status }) => status)).toEqual(['failed', 'failed']);
});

test('gives up a delivery after three days, and attempts it no more', async () => {
  const { webhook } = await create();
  receiver.answer = { status: 500 };
  await publish('msg_old');
  await attempted(webhook.id);
  await admin.query("update webhook_delivery set since = now() - interval '3 days' where endpoint_id = $1", [
    webhook.id,
  ]);
  await ended(webhook.id, 'failed');
  expect((await shown())?.enabled).toBe(true);
});

test('follows no redirect', async () => {
  const elsewhere = await startReceiver();
  await using _closed = elsewhere;
  const { webhook } = await create();
  receiver.answer = { status: 307, headers: { location: elsewhere.url } };
  await publish('msg_redirected');
  await attempted(webhook.id);
  expect((await listed(webhook.id))[0]?.fault).toContain('redirects are not followed');
  expect(elsewhere.received).toEqual([]);
});

test('refuses an address in a private network when it is entered, and connects to none that a name leads to', async () => {
  for (const host of [
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '2130706433',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
  ])
    await expect(create({ url: `https://${host}/` }), host).rejects.toMatchObject({ code: 'webhook.private-address' });
  // As if it had been entered while the name led elsewhere, or the operator still allowed the host.
  const request = { url: receiver.url, secrets: [], messageId: 'msg_private', body: '{}' };
  const sent = (privateHosts: string[]) =>
    sendWebhook(
      request,
      { privateHosts, trustPem: receiver.trustPem },
      { nowMs: Date.now(), signal: new AbortController().signal },
    );
  expect(await sent([])).toEqual({ fault: 'The address is not on the public internet, so nothing is sent there.' });
  expect(receiver.received).toEqual([]);
  expect(await sent(['localhost'])).toEqual({ status: 204, excerpt: '' });
});

test('does not trust a certificate of the operator’s own authority for hosts that are not the operator’s', async () => {
  const other = await startReceiver();
  await using _closed = other;
  const { webhook } = await create({ url: other.url });
  await publish('msg_untrusted');
  await attempted(webhook.id);
  expect((await listed(webhook.id))[0]?.fault).toContain('certificate');
  expect(other.received).toEqual([]);
});

test('a receiver that never answers keeps only its own tenant waiting, and at most two connections', async () => {
  receiver.answer = 'nothing';
  const { webhook: hanging } = await create();
  for (let index = 0; index < 30; index += 1) await publish(`msg_hangs_${index}`);
  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(2);
  const other = await newTenant();
  const { webhook } = await create({ events: ['track.started'] }, other);
  receiver.answer = { status: 204 };
  const beganMs = performance.now();
  await publish('msg_quick', other);
  await ended(webhook.id, 'delivered', other);
  expect(performance.now() - beganMs).toBeLessThan(14_000);
  expect((await listed(hanging.id)).filter(({ status }) => status === 'delivered')).toEqual([]);
});

test('reads little of a long answer', async () => {
  const { webhook } = await create();
  receiver.answer = { status: 400, body: 'x'.repeat(5_000_000) };
  await publish('msg_long');
  await attempted(webhook.id);
  expect((await listed(webhook.id))[0]?.excerpt).toBe('x'.repeat(500));
});

test('a tenant has at most ten endpoints, and cannot reach those of another', async () => {
  const { webhook } = await create();
  for (let index = 1; index < 10; index += 1) await create();
  await expect(create()).rejects.toMatchObject({ code: 'webhook.too-many', status: 409 });
  const other = await newTenant();
  const within = <Result>(work: (transaction: Parameters<Endpoints['list']>[0]) => Promise<Result>) =>
    database.inTenant(other, work);
  for (const attempt of [
    () => within((transaction) => endpoints.remove(transaction, other, webhook.id)),
    () => within((transaction) => endpoints.remove(transaction, tenant, webhook.id)),
    () => within((transaction) => endpoints.rotate(transaction, other, webhook.id)),
    () => within((transaction) => deliveries.test(transaction, other, webhook.id)),
  ])
    await expect(attempt()).rejects.toMatchObject({ code: 'webhook.unknown' });
  expect(await database.inTenant(tenant, (transaction) => endpoints.list(transaction, tenant))).toHaveLength(10);
});

test('neither an address nor a secret nor what a receiver said is readable in the database', async () => {
  const { webhook, secret } = await create({ url: `${receiver.url}/hook?token=verysecret` });
  receiver.answer = { status: 400, body: 'a word of the receiver' };
  await publish('msg_sealed');
  await attempted(webhook.id);
  expect(receiver.received[0]?.path).toBe('/hook?token=verysecret');
  const { rows } = await admin.query<{ row: string }>(
    `select convert_from(decode(replace(encode(convert_to(e::text || d::text, 'UTF8'), 'hex'), '00', ''), 'hex'), 'UTF8') as row
     from webhook_endpoint e join webhook_delivery d on d.endpoint_id = e.id where e.id = $1`,
    [webhook.id],
  );
  expect(rows).toHaveLength(1);
  for (const text of ['verysecret', secret, 'a word of the receiver']) {
    expect(rows[0]?.row).not.toContain(text);
    expect(rows[0]?.row).not.toContain(Buffer.from(text).toString('hex'));
  }
});

test('tells of what is appended to the event store, each thing once: a queue ends only if no track follows', async () => {
  const { webhook } = await create({
    events: [
      'track.started',
      'queue.ended',
      'policy.changed',
      'key.rotated',
      'bot.unwell',
      'tenant.suspended',
      'credential.refused',
    ],
  });
  const events = plainEvents({
    TrackOrdered: { schema: z.object({}), personal: [] },
    TrackStarted: { schema: z.object({ entryId: z.string() }), personal: [] },
    TrackEnded: { schema: z.object({}), personal: [] },
  });
  const api = openDatabase({ url: server.urlOf('api'), maxConnections: 1 });
  await using _closed = api;
  const stream = `music-session/${data.guild}`;
  const happens = (...types: ('TrackOrdered' | 'TrackStarted' | 'TrackEnded')[]) =>
    api.inTenant(tenant, (transaction) =>
      append(
        transaction,
        events,
        { tenant, stream },
        {
          events: types.map((type) => ({ type, data: type === 'TrackStarted' ? { entryId: 'ent_1' } : {} }) as never),
          expected: 'any',
          atMs: Date.now(),
        },
      ),
    );
  await happens('TrackOrdered', 'TrackStarted');
  await happens('TrackEnded', 'TrackOrdered');
  await happens('TrackEnded');
  const refusal = { applicationId: snowflake('7'), reason: 'invalid-token' } as const;
  const by = { actor: { type: 'service', id: 'api' } } as const;
  await database.inTenant(tenant, (transaction) =>
    tellOfRotation(transaction, tenant, { purpose: 'data', version: 2 }, by, Date.now()),
  );
  await createPolicyStore(api).replace({
    tenant,
    guild: snowflake(data.guild),
    document: { rules: [], otherwise: 'allow' },
    author: 'discord:1',
    audit: (version) =>
      auditRecord(
        { tenant, kind: 'change', action: 'policy.write', outcome: 'succeeded', ...by, detail: { version } },
        Date.now(),
      ),
  });
  await api.inTenant(tenant, async (transaction) => {
    const by = 'operator:o';
    const suspension = { suspendedBy: by, suspendedAs: 'operator', reason: 'why it was' } as const;
    const suspended = { type: 'TenantSuspended', data: suspension } as const;
    await tenantAggregate.tell(transaction, tenant, { event: suspended, before: null, by, atMs: Date.now() });
    const refused = { type: 'CredentialRefused', data: refusal } as const;
    await credentialAggregate.tell(transaction, tenant, {
      event: refused,
      before: null,
      by: 'discord',
      atMs: Date.now(),
    });
  });
  const told = async () => (await listed(webhook.id)).filter(({ status }) => status === 'delivered').length;
  await expect.poll(told, { timeout: 30_000 }).toBe(6);
  const bodies = receiver.received.map(({ body }) => JSON.parse(body) as { type: string; data: object });
  expect(Object.fromEntries(bodies.map(({ type, data: what }) => [type, what]))).toEqual({
    'track.started': data,
    'queue.ended': { guild: data.guild },
    'key.rotated': { purpose: 'data', version: 2 },
    'policy.changed': { guild: data.guild, version: 1 },
    // Nobody's name, and not the operator's words.
    'tenant.suspended': { suspendedAs: 'operator' },
    'credential.refused': refusal,
  });
});
