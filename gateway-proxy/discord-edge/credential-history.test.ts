import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { credentialAggregate } from '#tenants/credential/credential-aggregate.ts';
import type { CredentialState } from '#tenants/credential/credential-events.ts';
import { evolve, refuse } from '#tenants/credential/credential-life.ts';
import { changeCredential } from './credential/credential-row.ts';
import { TestEdge, type TestTenant } from './test-edge.ts';
import { eventually } from './test-stream.ts';

/* What becomes of a Discord token, as events without the token. */
let edge: TestEdge;
let database: Database;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start();
  database = openDatabase({ url: edge.installation.database.urlOf('api'), maxConnections: 1 });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await edge[Symbol.asyncDispose]();
});

const eventsOf = (id: TenantId) =>
  database.inTenant(id, (transaction) => credentialAggregate.events(transaction, id, { limit: 100 }));
const typesOf = async ({ id }: TestTenant) => (await eventsOf(id)).map(({ event }) => event.type);
async function rowOf(id: TenantId): Promise<CredentialState | null> {
  const [row] = await edge.admin(
    `select application_id as "applicationId", bot_user_id as "botUserId", status, refusal, key_version as "keyVersion"
       from application_credential where tenant_id = $1`,
    [id],
  );
  return (row as unknown as CredentialState | undefined) ?? null;
}
async function expectFold({ id }: TestTenant): Promise<void> {
  const events = await eventsOf(id);
  let state: CredentialState | null = null;
  for (const { event, before } of events) {
    expect(before).toEqual(state);
    state = evolve(state, event);
  }
  expect(await rowOf(id)).toEqual(state);
}
const remove = (tenant: TestTenant) =>
  edge.call({
    method: 'DELETE',
    path: `/v1/tenants/${tenant.id}/credential`,
    action: 'credential.delete',
    tenant: tenant.id,
  });
const rotate = (tenant: TestTenant, to: number) =>
  edge.call({
    method: 'POST',
    path: `/v1/tenants/${tenant.id}/keys/rotation`,
    action: 'key.rotate',
    tenant: tenant.id,
    body: { to },
  });
const status = async (tenant: TestTenant) => ((await edge.session(tenant, 'GET')).body as { status: string }).status;

it('stored, accepted, replaced, sealed anew and removed: the row is the fold, and no event has a part of the token', async () => {
  const tenant = await edge.connected('Lived');
  await eventually(async () => (await typesOf(tenant)).length === 2);
  await expectFold(tenant);
  expect((await edge.storeCredential(tenant)).status).toBe(200);
  await eventually(async () => (await typesOf(tenant)).length === 4);
  await expectFold(tenant);
  expect((await rotate(tenant, 2)).body).toMatchObject({ version: 2, complete: true });
  await expectFold(tenant);
  expect((await rotate(tenant, 2)).status).toBe(200);
  expect((await remove(tenant)).status).toBe(204);
  expect((await remove(tenant)).status).toBe(204);
  await expectFold(tenant);
  const events = await eventsOf(tenant.id);
  expect(events.map(({ event, by }) => [event.type, by])).toEqual([
    ['CredentialStored', 'api'],
    ['CredentialAccepted', 'discord'],
    ['CredentialReplaced', 'api'],
    ['CredentialAccepted', 'discord'],
    ['CredentialResealed', 'api'],
    ['CredentialRemoved', 'api'],
  ]);
  const [{ all } = { all: '' }] = await edge.admin('select string_agg(e::text, chr(10)) as all from event e');
  for (const part of tenant.application.token.split('.')) expect(String(all)).not.toContain(part);
});

it('that Discord refuses says so with a code, once, until another one is stored', async () => {
  const tenant = await edge.connected('Reset');
  await eventually(async () => (await typesOf(tenant)).length === 2);
  edge.sandbox.faults.inject({ close: { applicationId: tenant.application.id, code: 4004 } });
  await eventually(async () => (await status(tenant)) === 'failed');
  await eventually(async () => (await typesOf(tenant)).includes('CredentialRefused'));
  expect((await eventsOf(tenant.id)).at(-1)).toMatchObject({
    event: { data: { applicationId: tenant.application.id, reason: 'invalid-token' } },
    by: 'discord',
  });
  expect(await rowOf(tenant.id)).toMatchObject({ status: 'refused', refusal: 'invalid-token' });
  await expectFold(tenant);
  expect((await edge.storeCredential(tenant)).status).toBe(200);
  await eventually(async () => (await rowOf(tenant.id))?.status === 'accepted');
  expect(await typesOf(tenant)).toEqual([
    'CredentialStored',
    'CredentialAccepted',
    'CredentialRefused',
    'CredentialReplaced',
    'CredentialAccepted',
  ]);
  await expectFold(tenant);
});

it('is not refused because of what the platform does wrong, or Discord for a while', async () => {
  const tenant = await edge.connected('Innocent');
  await eventually(async () => (await typesOf(tenant)).length === 2);
  edge.sandbox.faults.inject({ close: { applicationId: tenant.application.id, code: 4013 } });
  await eventually(async () => (await status(tenant)) === 'failed');
  expect((await edge.session(tenant, 'PUT')).status).toBe(200);
  await eventually(async () => (await status(tenant)) === 'connected');
  expect(await typesOf(tenant)).toEqual(['CredentialStored', 'CredentialAccepted']);
});

it('that could not be stored has no event', async () => {
  const first = await edge.tenant('Has it');
  const second = { ...(await edge.tenant('Wants it')), application: first.application };
  expect((await edge.storeCredential(first)).status).toBe(200);
  expect((await edge.storeCredential(second)).status).toBe(409);
  expect(await typesOf(second)).toEqual([]);
  expect(await typesOf(first)).toEqual(['CredentialStored']);
});

it('is not refused by what Discord has said of the token before it', async () => {
  const tenant = await edge.tenant('Replaced');
  expect((await edge.storeCredential(tenant)).status).toBe(200);
  const [row] = await edge.admin('select checked_at from application_credential where tenant_id = $1', [tenant.id]);
  const storedAt = row?.['checked_at'] as Date;
  const ofEdge = openDatabase({ url: edge.installation.database.urlOf('edge'), maxConnections: 1 });
  await using _closed = ofEdge;
  const refusedAt = (only: Date) =>
    ofEdge.inTenant(tenant.id, (transaction) =>
      changeCredential(transaction, tenant.id, {
        decide: (credential) => refuse(credential, 'invalid-token'),
        by: 'discord',
        atMs: Date.now(),
        only,
      }),
    );
  await refusedAt(new Date(storedAt.getTime() - 1));
  expect(await rowOf(tenant.id)).toMatchObject({ status: 'stored', refusal: null });
  await refusedAt(storedAt);
  await refusedAt(storedAt);
  expect(await typesOf(tenant)).toEqual(['CredentialStored', 'CredentialRefused']);
  await expectFold(tenant);
});
