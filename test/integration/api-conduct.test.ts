import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Answer } from '#test/security/world/doors.ts';
import { startWorld, type World } from '#test/security/world/world.ts';

/** How the API treats repeated requests and too many requests. */
let world: World;
let tenant: TenantId;
let session: string;
const quota = 60;

beforeAll(async () => {
  world = await startWorld({ apiLimits: { signedIn: quota, anonymous: quota } });
  tenant = await world.bareTenant();
  session = await world.session('discord:100', { tenant, role: 'owner' });
});
afterAll(() => world?.[Symbol.asyncDispose]());

const policyAt = () => `/v1/tenants/${tenant}/guilds/${snowflake('80351110224678912')}/policy`;
const save = (key: string, otherwise: string, as = session, path = policyAt()): Promise<Answer> =>
  world.doors.public({
    method: 'PUT',
    path,
    session: as,
    headers: { 'idempotency-key': key, 'if-match': '*' },
    body: { rules: [], otherwise },
  });
const versions = async () =>
  Number(
    (await world.admin.query<{ n: string }>('select count(*) as n from guild_policy where tenant_id = $1', [tenant]))
      .rows[0]?.n,
  );

describe('an Idempotency-Key', () => {
  it('lets the same request be repeated without being carried out twice', async () => {
    const key = randomUUID();
    const first = await save(key, 'allow');
    expect(first.status, first.text).toBe(200);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    const before = await world.state();
    const again = await save(key, 'allow');
    expect(again).toMatchObject({
      status: 200,
      text: first.text,
      headers: { 'idempotency-replayed': 'true', etag: first.headers['etag'] },
    });
    expect(await world.state()).toBe(before);
    expect((await world.audit(tenant)).filter(({ action }) => action === 'policy.write')).toHaveLength(1);
  });

  it('is rejected with another body, another path or another person', async () => {
    const key = randomUUID();
    expect((await save(key, 'allow')).status).toBe(200);
    const before = await world.state();
    const other = { status: 422, code: 'idempotency.other-body' };
    expect(await save(key, 'deny')).toMatchObject(other);
    expect(await save(key, 'allow', session, policyAt().replace('912/', '913/'))).toMatchObject(other);
    expect(await world.state()).toBe(before);
    const colleague = await world.session('discord:101', { tenant, role: 'admin' });
    expect((await save(key, 'deny', colleague)).status).toBe(200);
  });

  it('carries out concurrent identical requests once', async () => {
    const key = randomUUID();
    const before = await versions();
    const answers = await Promise.all(Array.from({ length: 4 }, () => save(key, 'deny')));
    for (const { status, code } of answers)
      expect([
        [200, undefined],
        [409, 'idempotency.running'],
      ]).toContainEqual([status, code]);
    expect(await versions()).toBe(before + 1);
    expect((await save(key, 'deny')).headers['idempotency-replayed']).toBe('true');
  });

  it('replays refusals, except for those of permission', async () => {
    const key = randomUUID();
    const refused = () =>
      world.doors.public({
        method: 'PUT',
        path: policyAt(),
        session,
        headers: { 'idempotency-key': key, 'if-match': '"77"' },
        body: { rules: [], otherwise: 'allow' },
      });
    expect(await refused()).toMatchObject({ status: 412 });
    expect(await refused()).toMatchObject({ status: 412, headers: { 'idempotency-replayed': 'true' } });
    const viewer = await world.session('discord:102', { tenant, role: 'viewer' });
    const later = randomUUID();
    expect((await save(later, 'allow', viewer)).status).toBe(403);
    await world.session('discord:102', { tenant, role: 'owner' });
    expect((await save(later, 'allow', viewer)).status).toBe(200);
  });

  it('does nothing twice if a process died in the middle, and works again a day later', async () => {
    const key = randomUUID();
    expect((await save(key, 'allow')).status).toBe(200);
    // The state that a process killed between the change and its response leaves.
    await world.admin.query(
      "update idempotent_answer set status = null, sealed = null where key = encode(sha256(convert_to($1, 'UTF8')), 'base64')",
      [key],
    );
    const before = await world.state();
    expect(await save(key, 'allow')).toMatchObject({ status: 409, code: 'idempotency.running' });
    await world.admin.query(
      "update idempotent_answer set expires_at = expires_at - interval '2 minutes' where key = encode(sha256(convert_to($1, 'UTF8')), 'base64')",
      [key],
    );
    expect(await save(key, 'allow')).toMatchObject({ status: 409, code: 'idempotency.unknown-outcome' });
    expect(await save(key, 'deny')).toMatchObject({ status: 422, code: 'idempotency.other-body' });
    expect(await world.state()).toBe(before);
    expect((await save(randomUUID(), 'allow')).status).toBe(200);
    await world.admin.query(
      "update idempotent_answer set expires_at = now() - interval '1 second' where key = encode(sha256(convert_to($1, 'UTF8')), 'base64')",
      [key],
    );
    const anew = await save(key, 'deny');
    expect(anew.status).toBe(200);
    expect(anew.headers['idempotency-replayed']).toBeUndefined();
  });

  it('is refused if malformed, and its stored one-time response is unreadable in the database', async () => {
    for (const key of ['a b', 'x'.repeat(256), ''])
      expect(await save(key, 'allow'), key).toMatchObject({ status: 400, code: 'idempotency.key' });
    const make = (key: string) =>
      world.doors.public({
        method: 'POST',
        path: `/v1/tenants/${tenant}/api-keys`,
        session,
        headers: { 'idempotency-key': key },
        body: { name: 'CI', scopes: ['read'], expiresInDays: 1 },
      });
    const key = randomUUID();
    const made = await make(key);
    expect((await make(key)).text).toBe(made.text);
    const { rows } = await world.admin.query<{ sealed: Buffer }>(
      "select sealed from idempotent_answer where key = encode(sha256(convert_to($1, 'UTF8')), 'base64')",
      [key],
    );
    expect(rows[0]?.sealed.toString('latin1')).not.toContain((made.body as { key: string }).key);
  });
});

/** Stays below gateway-proxy's own limit of concurrent requests per address. */
async function fewAtOnce(times: number, ask: (n: number) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let n = 0; n < times; n += 5)
    answers.push(...(await Promise.all(Array.from({ length: Math.min(5, times - n) }, (_, index) => ask(n + index)))));
  return answers;
}

describe('a rate limit', () => {
  it('reports what is left, limits only that person, and says when to retry', async () => {
    const [greedy, modest] = [await world.session('discord:200'), await world.session('discord:201')];
    const ask = (as: string) => world.doors.public({ path: '/v1/me', session: as });
    const first = await ask(greedy);
    expect(first.headers['ratelimit-policy']).toBe(`"signed-in";q=${quota};w=60`);
    expect(first.headers['ratelimit']).toMatch(new RegExp(`^"signed-in";r=${quota - 1};t=\\d+$`));
    const rest = await fewAtOnce(quota + 5, () => ask(greedy));
    const refused = rest.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(6);
    expect(refused[0]).toMatchObject({
      code: 'limit.rate',
      headers: { 'retry-after': expect.stringMatching(/^\d+$/), ratelimit: expect.stringMatching(/;r=0;/) },
    });
    expect((await ask(modest)).status).toBe(200);
  });

  it('applies to an address that guesses, whatever it guesses', async () => {
    const guess = (n: number) => world.doors.public({ path: '/v1/me', session: `guess-${n}` });
    const answers = await fewAtOnce(quota + 10, guess);
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['session.required', 'limit.rate']));
    expect((await world.doors.public({ path: '/v1/me', session })).status).toBe(200);
  });
});

describe('while the edge is down', () => {
  it('a tenant is shown without data from the edge; what only the edge knows is 503 with a time to retry', async () => {
    const as = await world.session('discord:300', { tenant, role: 'owner' });
    const shown = () => world.doors.public({ path: `/v1/tenants/${tenant}`, session: as });
    expect((await shown()).body).toMatchObject({ session: { status: 'none' } });
    await world.parts.edge[Symbol.asyncDispose]();
    const without = await shown();
    expect(without.status, without.text).toBe(200);
    expect(without.body).toMatchObject({ tenant: { id: tenant }, session: null, ready: false });
    expect(without.body).not.toMatchObject({ instance: null });
    const guilds = await world.doors.public({ path: `/v1/tenants/${tenant}/guilds`, session: as });
    expect(guilds).toMatchObject({ status: 503, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } });
  });
});

describe('if the database', () => {
  it.each([
    ['has no room left', '53100', 'database.full', '30'],
    ['takes too long', '57014', 'database.busy', '2'],
  ])('%s, that is 503 with its reason, and nothing is changed', async (_name, state, code, retryAfter) => {
    const as = await world.session('discord:301', { tenant, role: 'owner' });
    await world.admin.query(
      `create or replace function refuse() returns trigger language plpgsql as $$ begin raise exception 'as asked' using errcode = '${state}'; end $$`,
    );
    await world.admin.query(
      'create or replace trigger refuse before insert on guild_policy for each row execute function refuse()',
    );
    try {
      const before = await versions();
      const answer = await save(randomUUID(), 'deny', as);
      expect(answer).toMatchObject({ status: 503, code, headers: { 'retry-after': retryAfter } });
      expect(await versions()).toBe(before);
    } finally {
      await world.admin.query('drop trigger refuse on guild_policy');
    }
  });
});
