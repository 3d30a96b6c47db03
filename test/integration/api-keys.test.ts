import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyExport } from '#security/audit/verify.ts';
import { eventually, startWorld, type Customer, type World } from '#test/security/world/world.ts';

/** The rotation of a tenant's keys, with the edge, the worker and audio, which hold them. */
let world: World;
let customer: Customer;
beforeAll(async () => {
  world = await startWorld();
  customer = await world.customer('Keyed');
  await eventually('its log has a key', async () => (await keysOf(customer)).length === 3);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const ask = (method: 'GET' | 'POST' | 'PUT', path: string, session = world.owner, body?: unknown) =>
  world.doors.public({ method, path: `/v1/tenants/${customer.id}${path}`, session, ...(body ? { body } : {}) });

async function keysOf({ id }: Customer): Promise<{ purpose: string; version: number; protects: number }[]> {
  const { body } = await world.doors.public({ path: `/v1/tenants/${id}/keys`, session: world.owner });
  return (body as { keys: { purpose: string; version: number; protects: number }[] }).keys;
}

const rotated = async () =>
  (await world.audit(customer.id)).filter(({ action, kind }) => action === 'key.rotate' && kind === 'change');
const sealedToken = async () =>
  (
    await world.admin.query<{ sealed: Buffer }>('select sealed from application_credential where tenant_id = $1', [
      customer.id,
    ])
  ).rows[0]?.sealed ?? Buffer.alloc(0);

interface LogKeys {
  readonly key: string;
  readonly predecessors: readonly { readonly key: string; readonly lastSize: number }[];
}
const logKeys = async () => (await ask('GET', '/audit/key')).body as LogKeys;
let firstLogKey: string;

it('re-encrypts the token and the session, replaces the signing key, destroys the old versions, and is recorded', async () => {
  const before = await sealedToken();
  firstLogKey = (await logKeys()).key;
  const { status, body } = await ask('POST', '/keys/rotate');
  expect(status).toBe(200);
  const { keys } = body as { keys: { purpose: string; version: number; state: string; protects: number }[] };
  expect(keys).toMatchObject([
    { purpose: 'data', version: 2, state: 'current', protects: 2 },
    { purpose: 'audit-checkpoint', version: 2, state: 'current' },
    { purpose: 'audit-key', version: 2, state: 'current', protects: 1 },
  ]);
  expect(await sealedToken()).not.toEqual(before);
  await eventually('it is recorded', async () => (await rotated()).length === 4);
  expect((await rotated()).map(({ outcome, actor, target }) => ({ outcome, by: actor.id, target }))).toEqual(
    expect.arrayContaining([
      { outcome: 'allowed', by: 'operator:owner', target: 'keys' },
      { outcome: 'succeeded', by: 'api', target: 'key:data' },
      { outcome: 'succeeded', by: 'api', target: 'key:audit-checkpoint' },
      { outcome: 'succeeded', by: 'api', target: 'key:audit-key' },
    ]),
  );
});

it('leaves a log that verifies with its first key and with its new one, and tells both', async () => {
  const { key, predecessors } = await logKeys();
  expect(key).not.toBe(firstLogKey);
  expect(predecessors).toEqual([
    { key: firstLogKey, lastSize: expect.any(Number) as number, replacedAt: expect.any(String) as string },
  ]);
  // An export made between the rotation and the next checkpoint ends before the succession.
  let text = '';
  await eventually('a checkpoint is signed with the new key', async () => {
    ({ text } = await ask('GET', '/audit/export'));
    return text.includes('"succession"');
  });
  const verify = (trusted: string) => verifyExport(Readable.from([text]), { key: trusted });
  expect(await verify(firstLogKey)).toMatchObject({ ok: true, problems: [], successionsFollowed: 1 });
  expect(await verify(key)).toMatchObject({ ok: true, problems: [], successionsFollowed: 0 });
});

it('counts the days of the schedule from then on, and a change of it is recorded', async () => {
  const { body } = await ask('GET', '/keys/schedule');
  const { days, rotatedAt, dueAt } = body as { days: number; rotatedAt: string; dueAt: string };
  expect(days).toBe(90);
  expect(Date.now() - Date.parse(rotatedAt)).toBeLessThan(600_000);
  expect(Date.parse(dueAt) - Date.parse(rotatedAt)).toBe(90 * 86_400_000);
  const changed = await ask('PUT', '/keys/schedule', world.owner, { days: 30 });
  expect(changed).toMatchObject({ status: 200, body: { days: 30, rotatedAt } });
  const record = (await world.audit(customer.id)).find(
    ({ requestId }) => requestId === changed.headers['x-request-id'],
  );
  expect(record).toMatchObject({ action: 'key.rotate', outcome: 'succeeded', detail: { days: 30 } });
});

it('is done for every tenant when an operator asks, who sees how far it is', async () => {
  const path = '/v1/operator/keys/rotation';
  const another = await world.customer('Keyed as well');
  const before = await Promise.all([customer, another].map(async (one) => (await keysOf(one))[0]?.version ?? 0));
  const asked = await world.doors.public({ method: 'POST', path, session: world.owner });
  expect(asked).toMatchObject({ status: 202, headers: { location: path }, body: { tenants: 2, rotated: 0 } });
  await eventually('both are done', async () => {
    const { body } = await world.doors.public({ path, session: world.owner });
    return (body as { rotated: number }).rotated === 2;
  });
  const after = await Promise.all([customer, another].map(async (one) => (await keysOf(one))[0]?.version ?? 0));
  expect(after).toEqual(before.map((version) => version + 1));
  const member = await world.session('discord:7001', { tenant: customer.id, role: 'owner' });
  expect((await world.doors.public({ method: 'POST', path, session: member })).status).toBe(403);
});

it('leaves a token that still opens: the bot is stopped and started with it', async () => {
  const session = async () => ((await ask('GET', '')).body as { session: { status: string } | null }).session?.status;
  const suspended = await world.doors.public({
    method: 'POST',
    path: `/v1/tenants/${customer.id}/suspend`,
    session: world.owner,
    body: { reason: 'test' },
  });
  expect(suspended.status).toBe(200);
  await eventually('it is closed', async () => (await session()) === 'none');
  expect((await ask('POST', '/resume')).status).toBe(200);
  await eventually('it is connected', async () => (await session()) === 'connected');
});

it('requested twice at the same time is done once', async () => {
  const answers = await Promise.all([ask('POST', '/keys/rotate'), ask('POST', '/keys/rotate')]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect((await keysOf(customer)).map(({ version }) => version)).toEqual([4, 4, 4]);
});

it('is for owners and admins in person', async () => {
  for (const [role, status] of [
    ['viewer', 403],
    ['auditor', 403],
    ['admin', 200],
  ] as const) {
    const session = await world.session(`discord:70${status}${role.length}`, { tenant: customer.id, role });
    expect((await ask('POST', '/keys/rotate', session)).status, role).toBe(status);
  }
});
