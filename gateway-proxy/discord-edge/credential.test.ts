import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { updateApplication } from '#test/sandbox/world/applications.ts';
import { createCredentialStore } from './credential/credential-store.ts';
import { TestEdge, type TestTenant } from './test-edge.ts';
import { eventually } from './test-stream.ts';

let edge: TestEdge;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start();
});
afterAll(() => edge[Symbol.asyncDispose]());

const check = (tenant: TestTenant, token: string) =>
  edge.call({
    method: 'POST',
    path: `/v1/tenants/${tenant.id}/credential/check`,
    action: 'credential.check',
    tenant: tenant.id,
    body: { token },
  });
const remove = (tenant: TestTenant) =>
  edge.call({
    method: 'DELETE',
    path: `/v1/tenants/${tenant.id}/credential`,
    action: 'credential.delete',
    tenant: tenant.id,
  });
const stored = (tenant: TestTenant) =>
  edge.admin('select application_id, sealed from application_credential where tenant_id = $1', [tenant.id]);
const records = async (tenant: TestTenant) =>
  (
    await edge.admin(
      "select string_to_table(record, E'\\n') as record from audit_journal where tenant_id = $1 order by id",
      [tenant.id],
    )
  ).map(({ record }) => JSON.parse(String(record)) as Record<string, unknown>);

describe('a credential', () => {
  it('is checked without being stored', async () => {
    const tenant = await edge.tenant('Checked');
    expect(await check(tenant, tenant.application.token)).toMatchObject({
      status: 200,
      body: {
        applicationId: tenant.application.id,
        botUserId: tenant.application.botUserId,
        botUsername: 'Checked',
        inviteUrl: expect.stringContaining(tenant.application.id) as string,
      },
    });
    expect(await stored(tenant)).toEqual([]);
    expect(await records(tenant)).toEqual([]);
  });

  it('is stored sealed, with a record of who did it', async () => {
    const tenant = await edge.tenant('Stored');
    expect((await edge.storeCredential(tenant)).status).toBe(200);
    const [row] = await stored(tenant);
    expect(row?.['application_id']).toBe(tenant.application.id);
    expect(String(row?.['sealed'])).not.toContain(tenant.application.token);
    expect(await records(tenant)).toMatchObject([
      {
        kind: 'change',
        action: 'credential.store',
        outcome: 'succeeded',
        actor: { type: 'service', id: 'api' },
        target: `application:${tenant.application.id}`,
      },
    ]);
    expect(JSON.stringify(await records(tenant))).not.toContain(tenant.application.token);
  });

  it('is not stored when it would not work, and says why', async () => {
    const tenant = await edge.tenant('Refused');
    updateApplication(edge.sandbox.world, tenant.application.id, { interactionsEndpointUrl: 'https://example.com' });
    expect(await edge.storeCredential(tenant)).toMatchObject({
      status: 422,
      body: { code: 'credential.interactions-endpoint-set' },
    });
    expect(await edge.storeCredential(tenant, 'nonsense')).toMatchObject({
      status: 422,
      body: { code: 'credential.malformed' },
    });
    const wrong = tenant.application.token.replace(/.{6}$/, 'AAAAAA');
    expect(await edge.storeCredential(tenant, wrong)).toMatchObject({
      status: 422,
      body: { code: 'credential.rejected' },
    });
    edge.link.cut();
    expect(await edge.storeCredential(tenant)).toMatchObject({
      status: 503,
      body: { code: 'credential.discord-unreachable' },
    });
    edge.link.restore();
    expect(await stored(tenant)).toEqual([]);
    expect(await records(tenant)).toEqual([]);
  });

  it('is refused to a second tenant, even when both try at once', async () => {
    const first = await edge.tenant('First');
    const second = { ...(await edge.tenant('Second')), application: first.application };
    const answers = await Promise.all([edge.storeCredential(first), edge.storeCredential(second)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({
      code: 'credential.used-by-another-tenant',
    });
    const rows = await edge.admin('select tenant_id from application_credential where application_id = $1', [
      first.application.id,
    ]);
    expect(rows).toHaveLength(1);
    const loser = answers[0]?.status === 409 ? first : second;
    expect(await records(loser)).toEqual([]);
  });

  it('moves a running session to another application', async () => {
    const tenant = await edge.connected('Before');
    const other = await edge.tenant('After');
    const moved = { ...tenant, application: other.application };
    expect((await edge.storeCredential(moved)).status).toBe(200);
    await eventually(async () => {
      const { body } = await edge.session(tenant, 'GET');
      return (body as { status: string; applicationId: string }).status === 'connected';
    });
    expect((await edge.session(tenant, 'GET')).body).toMatchObject({ applicationId: other.application.id });
    expect(edge.count('identify', moved)).toBe(1);
    expect((await edge.rest(tenant, 'GET', `/applications/${tenant.application.id}/commands`)).status).toBe(403);
  });

  it('is deleted with its session, and nothing can be sent with it any more', async () => {
    const tenant = await edge.connected('Gone');
    expect((await remove(tenant)).status).toBe(204);
    expect(await stored(tenant)).toEqual([]);
    expect(await edge.admin('select 1 from gateway_session where tenant_id = $1', [tenant.id])).toEqual([]);
    expect((await records(tenant)).at(-1)).toMatchObject({ action: 'credential.delete', outcome: 'succeeded' });
    expect((await edge.session(tenant, 'GET')).body).toMatchObject({ status: 'none' });
    const asked = () =>
      edge.sandbox.requestLog.since().filter(({ applicationId }) => applicationId === tenant.application.id);
    const before = asked().length;
    expect((await edge.rest(tenant, 'GET', '/users/@me')).status).toBe(409);
    expect(asked()).toHaveLength(before);
    expect((await remove(tenant)).status).toBe(204);
  });

  it('that was deleted opens from no copy of the database', async () => {
    const tenant = await edge.connected('Restored');
    const [row] = await edge.admin('select * from application_credential where tenant_id = $1', [tenant.id]);
    expect((await remove(tenant)).status).toBe(204);
    await edge.admin(
      `insert into application_credential (tenant_id, application_id, bot_user_id, sealed, checked_at)
       values ($1, $2, $3, $4, $5)`,
      [tenant.id, row?.['application_id'], row?.['bot_user_id'], row?.['sealed'], row?.['checked_at']],
    );
    expect((await edge.session(tenant, 'PUT')).status).toBeGreaterThanOrEqual(500);
    expect(edge.count('identify', tenant)).toBe(1);
    expect((await edge.storeCredential(tenant)).status).toBe(200);
    expect((await edge.session(tenant, 'PUT')).status).toBe(200);
  });

  it.each(['suspended', 'deleting'])('is not stored for a tenant that is %s', async (status) => {
    const tenant = await edge.tenant(`Is ${status}`, status);
    expect(await edge.storeCredential(tenant)).toMatchObject({
      status: 409,
      body: { code: 'credential.tenant-closed' },
    });
    expect(await stored(tenant)).toEqual([]);
    expect(await records(tenant)).toEqual([]);
  });

  it('is refused when the body is not what it should be, without repeating it', async () => {
    const tenant = await edge.tenant('Strange');
    const answer = await edge.call({
      method: 'PUT',
      path: `/v1/tenants/${tenant.id}/credential`,
      action: 'credential.store',
      tenant: tenant.id,
      body: { token: tenant.application.token, extra: true },
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'http.invalid' } });
    expect(JSON.stringify(answer.body)).not.toContain(tenant.application.token);
  });
});

it('a credential that was loaded keeps no memory but its own', async () => {
  const tenant = await edge.tenant('Loaded');
  await edge.storeCredential(tenant);
  await using database = openDatabase({ url: edge.installation.database.urlOf('edge'), maxConnections: 1 });
  const loaded = await createCredentialStore(database, {} as Envelope, systemClock).load(tenant.id);
  expect(loaded?.sealed.buffer.byteLength).toBe(loaded?.sealed.length);
});

describe('every route', () => {
  it('refuses a grant for another tenant, another action, or none', async () => {
    const tenant = await edge.tenant('Guarded');
    const other = await edge.tenant('Other');
    const path = `/v1/tenants/${tenant.id}/session`;
    expect(await edge.call({ method: 'GET', path, action: 'session.read', tenant: other.id })).toMatchObject({
      status: 403,
      body: { code: 'guard.other-tenant' },
    });
    expect(await edge.call({ method: 'GET', path, action: 'session.stop', tenant: tenant.id })).toMatchObject({
      status: 403,
      body: { code: 'guard.other-action' },
    });
    expect(await edge.call({ method: 'GET', path, action: 'session.read', tenant: tenant.id })).toMatchObject({
      status: 200,
    });
  });
});
