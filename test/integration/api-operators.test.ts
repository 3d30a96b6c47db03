import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { frame } from '#infra/streaming/wire-format.ts';
import { publishedSchemas } from '#services/contracts/published-schemas.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { startWorld, type World } from '#test/security/world/world.ts';

/** Operators by Discord id: added, recognised, removed; and the responses to others who try. */
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const ask = (session: string) => (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) =>
  world.doors.public({ method, path, session, ...(body === undefined ? {} : { body }) });
const asOwner = (...call: Parameters<ReturnType<typeof ask>>) => ask(world.owner)(...call);
const told = async () =>
  (await world.audit(installationLog))
    .filter(({ action }) => action === 'operator.write')
    .map(({ outcome, actor, target, detail }) => ({ outcome, by: actor.id, target, detail }));
const operatorsNow = async () => (await world.admin.query('select user_id from operator order by 1')).rows;

describe('an operator', () => {
  it('is added by an operator, listed, and acts as a member if that suffices and otherwise as an operator', async () => {
    const own = await world.bareTenant();
    const foreign = await world.bareTenant();
    await world.session('discord:501', { tenant: own, role: 'owner' });
    const added = await asOwner('POST', '/v1/operators', { id: '501' });
    expect(added).toMatchObject({ status: 201, body: { id: '501', addedBy: 'operator:owner', inSettings: false } });
    expect(await asOwner('POST', '/v1/operators', { id: '501' })).toMatchObject({
      status: 409,
      code: 'operator.exists',
    });
    expect((await asOwner('GET', '/v1/operators')).body).toMatchObject({ items: [{ id: '501' }], nextCursor: null });
    expect(await told()).toEqual([
      { outcome: 'succeeded', by: 'operator:owner', target: 'operator:501', detail: { added: true } },
    ]);

    const they = ask(await world.session('discord:501'));
    expect((await they('GET', '/v1/me')).body).toMatchObject({
      subject: 'discord:501',
      operator: true,
      tenants: [{ id: own, role: 'owner' }],
    });
    expect((await they('GET', '/v1/operator/health')).status).toBe(200);
    expect((await they('GET', `/v1/tenants/${installationLog}/audit/records`)).status).toBe(200);
    for (const [tenant, by] of [
      [own, 'discord:501'],
      [foreign, 'operator:501'],
    ] as const) {
      expect(await they('POST', `/v1/tenants/${tenant}/suspend`, { reason: 'x' })).toMatchObject({
        status: 200,
        body: { suspendedBy: by },
      });
      const suspended = (await world.audit(tenant)).find(({ action }) => action === 'tenant.suspend');
      expect(suspended?.actor.id).toBe(by);
    }
    expect(await they('GET', `/v1/tenants/${newTenantId()}`)).toMatchObject({ status: 404, code: 'tenant.unknown' });
  });

  it('loses with the removal its session, its rights and the API keys it made as one, but not its own tenants', async () => {
    const [own, foreign] = [await world.bareTenant(), await world.bareTenant()];
    for (const id of ['502', '503']) await asOwner('POST', '/v1/operators', { id });
    const session = await world.session('discord:502', { tenant: own, role: 'owner' });
    const key = async (tenant: string) => {
      const body = { name: 'k', scopes: ['read'], expiresInDays: 1 };
      const made = await ask(session)('POST', `/v1/tenants/${tenant}/api-keys`, body);
      expect(made.status, made.text).toBe(201);
      return (made.body as { key: string }).key;
    };
    const [kept, lost] = [await key(own), await key(foreign)];
    expect((await ask(lost)('GET', `/v1/tenants/${foreign}`)).status).toBe(200);
    expect((await asOwner('DELETE', '/v1/operators/502')).status).toBe(204);
    expect((await ask(session)('GET', '/v1/me')).status).toBe(401);
    expect((await ask(lost)('GET', `/v1/tenants/${foreign}`)).status).toBe(401);
    expect((await ask(kept)('GET', `/v1/tenants/${own}`)).status).toBe(200);
    const again = ask(await world.session('discord:502'));
    expect((await again('GET', '/v1/me')).body).toMatchObject({ operator: false, tenants: [{ id: own }] });
    expect(await again('GET', '/v1/operator/health')).toMatchObject({ status: 403, code: 'api.denied' });
    expect(await again('GET', `/v1/tenants/${foreign}`)).toMatchObject({ status: 404, code: 'tenant.unknown' });
    expect(await told()).toContainEqual({
      outcome: 'succeeded',
      by: 'operator:owner',
      target: 'operator:502',
      detail: { added: false },
    });
  });

  it('cannot be removed if it is the last one, or not an operator at all', async () => {
    const rest = ((await asOwner('GET', '/v1/operators')).body as { items: { id: string }[] }).items.map(
      ({ id }) => id,
    );
    for (const id of rest.slice(1)) await asOwner('DELETE', `/v1/operators/${id}`);
    const before = await operatorsNow();
    expect(await asOwner('DELETE', `/v1/operators/${rest[0]}`)).toMatchObject({ status: 409, code: 'operator.last' });
    expect(await asOwner('DELETE', '/v1/operators/1')).toMatchObject({ status: 404, code: 'operator.unknown' });
    expect(await asOwner('POST', '/v1/operators', { id: 'Ada' })).toMatchObject({ status: 400, code: 'http.invalid' });
    expect(await operatorsNow()).toEqual(before);
  });

  it('cannot be added by anyone else: no tenant owner, no API key, nobody without a session', async () => {
    const tenant = await world.bareTenant();
    const owner = await world.session('discord:510', { tenant, role: 'owner' });
    const body = { name: 'k', scopes: ['members'], expiresInDays: 1 };
    const made = await ask(owner)('POST', `/v1/tenants/${tenant}/api-keys`, body);
    const before = await operatorsNow();
    for (const [session, status] of [
      [owner, 403],
      [(made.body as { key: string }).key, 404],
      ['x'.repeat(43), 401],
    ] as const) {
      expect((await ask(session)('POST', '/v1/operators', { id: '510' })).status).toBe(status);
      expect((await ask(session)('DELETE', '/v1/operators/501')).status).toBe(status);
      expect((await ask(session)('GET', '/v1/operators')).status).toBe(status);
    }
    expect(await operatorsNow()).toEqual(before);
    expect(await told()).toContainEqual(expect.objectContaining({ outcome: 'denied', by: 'discord:510' }));
  });
});

describe('a Lavalink node', () => {
  const password = 'a-password-that-nobody-reads';
  const put = (node: string, draining: boolean, match = '*', session = world.owner) =>
    world.doors.public({
      method: 'PUT',
      path: `/v1/operator/nodes/${node}/draining`,
      session,
      body: { draining },
      headers: { 'if-match': match },
    });
  const remove = (node: string, match = '*') =>
    world.doors.public({
      method: 'DELETE',
      path: `/v1/operator/nodes/${node}`,
      session: world.owner,
      headers: { 'if-match': match },
    });
  const nodes = async () => (await asOwner('GET', '/v1/operator/nodes')).body as { items: Record<string, unknown>[] };
  const recorded = async () =>
    (await world.audit(installationLog))
      .filter(({ target }) => target?.startsWith('lavalink-node:'))
      .map(({ outcome, target, detail }) => ({ outcome, target, detail }));

  it('is added while the platform runs, followed by audio, drained, and then removed; its password is nowhere', async () => {
    const url = 'http://127.0.0.1:9';
    const body = { id: 'oslo', url, password, regions: ['stockholm'] };
    const added = await asOwner('POST', '/v1/operator/nodes', body);
    expect(added).toMatchObject({
      status: 201,
      body: { id: 'oslo', url, draining: false, inSettings: false, version: 1 },
    });
    expect(added.text).not.toContain(password);
    expect(await asOwner('POST', '/v1/operator/nodes', body)).toMatchObject({ status: 409, code: 'node.exists' });
    // Audio has heard of it.
    await expect
      .poll(async () => (await nodes()).items.map(({ id, players }) => [id, players]), { timeout: 5_000 })
      .toEqual([
        ['main', 0],
        ['oslo', 0],
      ]);
    const stored = JSON.stringify((await world.admin.query('select * from lavalink_node')).rows);
    for (const spelling of [password, Buffer.from(password).toString('base64url').slice(0, 30)])
      expect(stored).not.toContain(spelling);
    expect(JSON.stringify(await world.audit(installationLog))).not.toContain(password);

    expect(await remove('oslo')).toMatchObject({ status: 409, code: 'node.not-drained' });
    expect(await put('oslo', true, '"7"')).toMatchObject({ status: 412, code: 'node.changed' });
    expect(await put('oslo', true, '"1"')).toMatchObject({ status: 200, body: { draining: true, version: 2 } });
    expect(await remove('oslo', '"1"')).toMatchObject({ status: 412 });
    expect((await remove('oslo', '"2"')).status).toBe(204);
    expect(await remove('oslo')).toMatchObject({ status: 404, code: 'node.unknown' });
    expect(await recorded()).toEqual([
      { outcome: 'succeeded', target: 'lavalink-node:oslo', detail: { added: true, url } },
      { outcome: 'succeeded', target: 'lavalink-node:oslo', detail: { draining: true } },
      { outcome: 'succeeded', target: 'lavalink-node:oslo', detail: { added: false } },
    ]);
  });

  it('of the settings file is drained like others, and cannot be removed or replaced', async () => {
    expect(await put('main', true, '"0"')).toMatchObject({
      status: 200,
      body: { id: 'main', url: null, draining: true, inSettings: true, version: 1 },
    });
    expect(await remove('main')).toMatchObject({ status: 409, code: 'node.in-settings' });
    const body = { id: 'main', url: 'https://elsewhere.example.com', password };
    expect(await asOwner('POST', '/v1/operator/nodes', body)).toMatchObject({ status: 409, code: 'node.exists' });
    expect(await put('main', false)).toMatchObject({ status: 200, body: { draining: false, version: 2 } });
  });

  it('is changed by nobody but an operator, and only where it is https or on this machine', async () => {
    const tenant = await world.bareTenant();
    const owner = await world.session('discord:520', { tenant, role: 'owner' });
    const before = (await world.admin.query('select * from lavalink_node')).rows;
    const body = { id: 'oslo', url: 'https://oslo.example.com', password };
    expect((await ask(owner)('POST', '/v1/operator/nodes', body)).status).toBe(403);
    expect((await ask(owner)('GET', '/v1/operator/nodes')).status).toBe(403);
    expect((await put('main', true, '*', owner)).status).toBe(403);
    for (const url of [
      'http://oslo.example.com',
      'https://user:word@oslo.example.com',
      'ftp://oslo.example.com',
      'oslo',
    ])
      expect(await asOwner('POST', '/v1/operator/nodes', { ...body, url })).toMatchObject({ status: 400 });
    for (const id of ['a/b', '', 'a'.repeat(64), '../main'])
      expect((await asOwner('POST', '/v1/operator/nodes', { ...body, id })).status).toBe(400);
    expect((await world.admin.query('select * from lavalink_node')).rows).toEqual(before);
  });
});

describe('workflows', () => {
  it('are listed for operators with their steps, and only a failed one can be retried', async () => {
    const tenant = await world.bareTenant();
    expect(await asOwner('DELETE', `/v1/tenants/${tenant}`)).toMatchObject({ status: 204 });
    const id = `offboarding-${tenant}`;
    const { body } = await asOwner('GET', '/v1/operator/workflows?status=done');
    expect((body as { items: { id: string }[] }).items.find((each) => each.id === id)).toMatchObject({
      workflow: 'offboarding',
      status: 'done',
      tenant,
      completed: [
        'stop the bot',
        'delete its music sessions',
        'destroy its token and key',
        'remove its data',
        'forget its other workflows',
        'certify the deletion',
      ],
      step: null,
      failure: null,
      compensable: false,
      compensation: null,
    });
    expect(await asOwner('POST', `/v1/operator/workflows/${id}/retry`)).toMatchObject({
      status: 409,
      code: 'saga.not-failed',
    });
    expect(await asOwner('POST', `/v1/operator/workflows/${id}/compensate`)).toMatchObject({
      status: 409,
      code: 'saga.done',
    });
    for (const verb of ['retry', 'compensate'])
      expect(await asOwner('POST', `/v1/operator/workflows/nothing/${verb}`)).toMatchObject({
        status: 404,
        code: 'saga.unknown',
      });
    expect((await asOwner('GET', '/v1/operator/workflows?status=failed')).body).toEqual({ items: [] });
    expect(await asOwner('GET', '/v1/operator/workflows?limit=0')).toMatchObject({ status: 400, code: 'http.invalid' });
  });

  it('of deletions cannot be taken back, and say why', async () => {
    const tenant = await world.bareTenant();
    const client = await world.admin.connect();
    const id = `offboarding-${tenant}`;
    let deleted: Promise<unknown> | undefined;
    try {
      // It stays in a step.
      await client.query('begin');
      await client.query('lock table invitation in exclusive mode');
      deleted = asOwner('DELETE', `/v1/tenants/${tenant}`);
      const stands = async () => {
        const { items } = (await asOwner('GET', '/v1/operator/workflows?status=running')).body as {
          items: { id: string; step: { name: string } | null }[];
        };
        return items.find((each) => each.id === id)?.step?.name;
      };
      await expect.poll(stands, { timeout: 15_000 }).toBe('remove its data');
      const refused = await asOwner('POST', `/v1/operator/workflows/${id}/compensate`);
      expect(refused).toMatchObject({ status: 409, code: 'saga.not-compensable' });
      expect(refused.text).toContain('What was deleted cannot be brought back.');
    } finally {
      await client.query('rollback');
      client.release();
    }
    await deleted;
    await expect
      .poll(async () => (await world.admin.query('select 1 from tenant where id = $1', [tenant])).rowCount)
      .toBe(0);
  });

  it('are nothing for anybody else', async () => {
    const session = await world.session('discord:601', { tenant: await world.bareTenant(), role: 'owner' });
    expect(await ask(session)('GET', '/v1/operator/workflows')).toMatchObject({ status: 403 });
    for (const verb of ['retry', 'compensate'])
      expect(await ask(session)('POST', `/v1/operator/workflows/nothing/${verb}`)).toMatchObject({ status: 403 });
  });
});

describe('the registry of schemas', () => {
  const at = '/v1/schema-registry';
  const keyOf = async (session: string, tenant: string, scopes = ['event-schemas']) => {
    const body = { name: 'Reader of Kafka', scopes, expiresInDays: 1 };
    const made = await ask(session)('POST', `/v1/tenants/${tenant}/api-keys`, body);
    expect(made.status, made.text).toBe(201);
    return (made.body as { key: string }).key;
  };
  const operatorsKey = async () => keyOf(world.owner, await world.bareTenant());
  const basic = (key: string) => `Basic ${Buffer.from(`reader:${key}`).toString('base64')}`;
  const clientOf = (password: string) =>
    new SchemaRegistry({
      host: `http://127.0.0.1:${world.parts.proxy.publicPort}${at}`,
      auth: { username: 'reader', password },
      retry: { retries: 0 },
    });
  const event = {
    specversion: '1.0',
    id: 'evt_1',
    source: 'spiffe://test/svc/worker',
    type: 'bailiwick.KeyRotated',
    subject: 'key/data',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    tenant: 'ten_1',
    partitionkey: 'ten_1',
    sequence: '1',
    schemaversion: 1,
    transaction: '1',
    position: '1',
    data: { purpose: 'data', version: 2 },
    jws: 'x..y',
  };

  it("serves a client that is not ours, with an operator's API key as the password", async () => {
    const client = clientOf(await operatorsKey());
    const { id, schema } = publishedSchemas().latestOf('KeyRotated');
    expect(await client.getLatestSchemaId('bailiwick.KeyRotated')).toBe(id);
    expect(await client.getRegistryId('bailiwick.KeyRotated', 1)).toBe(id);
    expect(await client.decode(frame(id, Buffer.from(JSON.stringify(event))))).toEqual(event);
    expect(await client.encode(id, event)).toEqual(frame(id, Buffer.from(JSON.stringify(event))));
    await expect(client.decode(frame(id, Buffer.from('{"data":{}}')))).rejects.toThrow(/invalid/i);
    await expect(client.decode(frame(999, Buffer.from('{}')))).rejects.toThrow(/Schema 999 not found/);
    const own = { type: SchemaType.JSON as const, schema: JSON.stringify(schema) };
    expect(await client.getRegistryIdBySchema('bailiwick.KeyRotated', own)).toBe(id);
    const registered = { subject: 'bailiwick.KeyRotated', compatibility: COMPATIBILITY.FULL_TRANSITIVE };
    expect(await client.register(own, registered)).toEqual({ id });
    const mine = { type: SchemaType.JSON as const, schema: '{"title":"Mine","type":"object"}' };
    await expect(client.register(mine, registered)).rejects.toThrow(/read-only/);
  });

  it('answers as one of Confluent does, errors and media type included', async () => {
    const key = await operatorsKey();
    const { latest, ids } = { latest: 'bailiwick.KeyRotated', ids: publishedSchemas().all };
    const call = async (path: string, body?: unknown) => {
      const answer = await world.doors.public({
        path: `${at}${path}`,
        headers: { authorization: basic(key), 'content-type': 'application/vnd.schemaregistry.v1+json' },
        ...(body === undefined ? {} : { method: 'POST', body }),
      });
      expect(answer.headers['content-type'], path).toMatch(/^application\/vnd\.schemaregistry\.v1\+json/);
      return { status: answer.status, body: answer.body };
    };
    const { id, schema } = publishedSchemas().latestOf('KeyRotated');
    const text = JSON.stringify(schema);
    expect(await call('/subjects')).toEqual({ status: 200, body: ids.map(({ subject }) => subject).toSorted() });
    expect(await call(`/subjects/${latest}/versions`)).toEqual({ status: 200, body: [1] });
    const shown = { subject: latest, version: 1, id, schemaType: 'JSON', schema: text };
    expect(await call(`/subjects/${latest}/versions/latest`)).toEqual({ status: 200, body: shown });
    expect(await call(`/schemas/ids/${id}?subject=&fetchMaxId=false`)).toEqual({
      status: 200,
      body: { schemaType: 'JSON', schema: text },
    });
    expect(await call(`/schemas/ids/${id}/schema`)).toEqual({ status: 200, body: schema });
    expect(await call(`/schemas/ids/${id}/versions`)).toEqual({ status: 200, body: [{ subject: latest, version: 1 }] });
    expect(await call('/schemas/types')).toEqual({ status: 200, body: ['JSON'] });
    expect(await call('/config')).toEqual({ status: 200, body: { compatibilityLevel: 'FULL_TRANSITIVE' } });
    expect(await call('/mode')).toEqual({ status: 200, body: { mode: 'READONLY' } });
    const given = { schema: text, schemaType: 'JSON' };
    const compatibility = `/compatibility/subjects/${latest}/versions`;
    expect(await call(`${compatibility}/1`, given)).toEqual({ status: 200, body: { is_compatible: true } });
    const broken = { ...given, schema: text.replace('"integer"', '"string"') };
    for (const where of [`${compatibility}/latest?verbose=true`, `${compatibility}?verbose=true`])
      expect((await call(where, broken)).body).toEqual({
        is_compatible: false,
        messages: expect.arrayContaining([expect.stringContaining('version 1: ')]),
      });
    for (const [path, status, code, body] of [
      ['/schemas/ids/999', 404, 40403],
      ['/subjects/none/versions', 404, 40401],
      ['/config/none', 404, 40401],
      [`/subjects/${latest}/versions/9`, 404, 40402],
      [`/subjects/${latest}/versions/newest`, 422, 42202],
      [`${compatibility}/1`, 422, 42201, { schema: '{', schemaType: 'JSON' }],
      [`${compatibility}/1`, 422, 42201, { schema: '"string"' }],
      [`${compatibility}/1`, 422, 42201, {}],
      [`/subjects/${latest}`, 404, 40403, { ...given, schema: '{}' }],
      [`/subjects/${latest}/versions`, 422, 42205, { ...given, schema: '{}' }],
      [`/subjects/${latest}`, 400, 400, '{'],
      [`/subjects/${latest}`, 413, 413, { schema: 'x'.repeat(20_000) }],
    ] as const)
      expect(await call(path, body), path).toEqual({
        status,
        body: { error_code: code, message: expect.stringMatching(/\S/) },
      });
  });

  it("is for operators and their programs alone: no tenant's owner, no key without the scope, nobody else", async () => {
    const tenant = await world.bareTenant();
    const owner = await world.session('discord:520', { tenant, role: 'owner' });
    const [theirs, other] = [await keyOf(owner, tenant), await keyOf(world.owner, tenant, ['read'])];
    const status = async (authorization?: string, path = '/subjects') =>
      (
        await world.doors.public({
          path: `${at}${path}`,
          ...(authorization === undefined ? {} : { headers: { authorization } }),
        })
      ).status;
    const key = await operatorsKey();
    expect(await status(basic(key))).toBe(200);
    expect(await status(`Bearer ${key}`)).toBe(200);
    expect(await status(`Bearer ${world.owner}`)).toBe(200);
    // Who may is asked before what is asked for.
    for (const path of ['/subjects', '/schemas/ids/999', '/subjects/none/versions/nonsense']) {
      for (const each of [`Bearer ${owner}`, basic(theirs), basic(other)]) expect(await status(each, path)).toBe(403);
      for (const each of [undefined, basic('x'), basic(`${key}x`), basic(world.owner), 'Basic %'])
        expect(await status(each, path), each).toBe(401);
    }
    // An operator who is a member of the key's tenant, until they are one no more.
    for (const id of ['521', '522']) await asOwner('POST', '/v1/operators', { id });
    const both = await keyOf(await world.session('discord:521', { tenant, role: 'owner' }), tenant);
    expect(await status(basic(both))).toBe(200);
    expect((await asOwner('DELETE', '/v1/operators/521')).status).toBe(204);
    expect(await status(basic(both))).toBe(401);
    // Such a key reaches nothing else.
    expect((await ask(key)('GET', '/v1/operator/health')).status).toBe(404);
    expect((await ask(key)('GET', `/v1/tenants/${tenant}`)).status).toBe(404);
    expect((await ask(key)('GET', '/v1/operators')).status).toBe(404);
  });
});
