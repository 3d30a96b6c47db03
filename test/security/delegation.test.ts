import { describe, expect, it } from 'vitest';
import type { Call } from './world/doors.ts';
import { worldOfThisFile } from './world/file-world.ts';
import type { Customer } from './world/world.ts';

/** What a compromised bot can do with its own identity and whatever its members have sent it. */
const world = await worldOfThisFile();
const [a, b] = await Promise.all([world.customer('Acme'), world.customer('Bolt')]);

const player = (of: Customer, rest = '', guild = of.guild) =>
  `/audio/v1/tenants/${of.id}/guilds/${guild}/player${rest}`;
const edge = (of: Customer, rest: string) => `/discord-edge/v1/tenants/${of.id}${rest}`;
const louder = (percent: number) => ({ method: 'PUT', body: { percent } }) as const;
/**
 * How many requests a bot has caused at Discord. Those that the edge makes by itself are not counted, such as deferring
 * an interaction that nobody has answered for two seconds.
 */
const askedOfDiscord = () => {
  const { requestLog, world: discord } = world.parts.sandbox;
  // The edge checks each application by itself from time to time.
  const others = /\/(?:callback|applications\/@me)$/;
  const calls = requestLog.since().filter((entry) => entry.kind === 'rest' && !others.test(entry.route));
  const answers = [...discord.interactions.values()].filter(({ callbackType }) => !deferrals.includes(callbackType));
  return calls.length + answers.length;
};
/** Discord's Interaction Callback Types for deferred replies; null before any callback. */
const deferrals: readonly (number | null)[] = [null, 5, 6];

interface Attempt {
  readonly name: string;
  readonly call: () => Call | Promise<Call>;
  readonly expect: { readonly status: number; readonly code?: string };
}

/** Makes a call as A's bot that must be refused, and checks that it changed nothing and sent nothing to Discord. */
async function refuses({ call, expect: expected }: Attempt): Promise<void> {
  const sent = await call();
  const [before, asked] = [await world.state(), askedOfDiscord()];
  const answer = await world.doors.call(a.bot, sent);
  expect({ status: answer.status, code: answer.code }, answer.text).toMatchObject(expected);
  expect(await world.state()).toBe(before);
  expect(askedOfDiscord()).toBe(asked);
}

describe("a bot that reaches for another tenant's things", () => {
  const other = { status: 403, code: 'tenancy.other-tenant' };
  const attempts: readonly Attempt[] = [
    { name: 'names it in the path of a player', call: () => ({ path: player(b) }), expect: other },
    {
      name: 'names its guild under its own tenant, for a member of its own',
      call: async () => ({
        ...louder(1),
        path: player(a, '/volume', b.guild),
        txnToken: await world.witnessed(
          a,
          ['player.volume'],
          { command: 'volume' },
          { 'player.volume': { percent: 1 } },
        ),
      }),
      expect: { status: 403, code: 'on-behalf-of.other-guild' },
    },
    { name: 'follows its players', call: () => ({ path: `/audio/v1/tenants/${b.id}/player-events` }), expect: other },
    { name: 'follows its gateway', call: () => ({ path: edge(b, '/gateway/stream') }), expect: other },
    {
      name: 'acknowledges the events sent to it',
      call: () => ({ method: 'POST', path: edge(b, '/gateway/ack'), body: { seq: 1 } }),
      expect: other,
    },
    // Discord's own wording, but not 401, which would make a client library drop its token.
    {
      name: 'speaks to Discord in its name',
      call: () => ({ path: edge(b, '/rest/users/@me') }),
      expect: { status: 403 },
    },
    {
      name: 'writes into its channel in its own name',
      call: () => ({ method: 'POST', path: edge(a, `/rest/channels/${b.text}/messages`), body: { content: 'hello' } }),
      expect: { status: 403 },
    },
    {
      name: 'replaces its commands in its own name',
      call: () => ({ method: 'PUT', path: edge(a, `/rest/applications/${b.applicationId}/commands`), body: [] }),
      expect: { status: 403 },
    },
    {
      name: 'names it in a header',
      call: () => ({ path: player(a), headers: { 'x-tenant-id': b.id } }),
      expect: { status: 400, code: 'canonical-request.identity-header' },
    },
    {
      name: 'names it in an underscore header',
      call: () => ({ path: player(a), headers: { x_tenant_id: b.id } }),
      expect: { status: 400, code: 'canonical-request.underscore-header' },
    },
    {
      name: 'brings a grant of its own making',
      call: () => ({ path: player(a), headers: { 'bailiwick-grant': 'x' } }),
      expect: { status: 400, code: 'canonical-request.identity-header' },
    },
    {
      name: 'claims its certificate in a forwarded header',
      call: () => ({ path: player(a), headers: { 'x-forwarded-client-cert': `URI=${b.bot.spiffeId}` } }),
      expect: { status: 400, code: 'canonical-request.identity-header' },
    },
    {
      name: 'uses its call token',
      call: async () => ({ path: player(b), callToken: await b.bot.callToken('audio') }),
      expect: { status: 401, code: 'authenticate.wrong-certificate' },
    },
    {
      name: 'brings the transaction token of one of its members',
      call: async () => ({
        ...louder(2),
        path: player(b, '/volume'),
        txnToken: await world.witnessed(
          b,
          ['player.volume'],
          { command: 'volume' },
          { 'player.volume': { percent: 2 } },
        ),
      }),
      expect: other,
    },
    {
      name: 'brings that token to its own tenant',
      call: async () => ({
        ...louder(3),
        path: player(a, '/volume'),
        txnToken: await world.witnessed(
          b,
          ['player.volume'],
          { command: 'volume' },
          { 'player.volume': { percent: 3 } },
        ),
      }),
      expect: { status: 403, code: 'on-behalf-of.other-tenant' },
    },
  ];

  it.each(attempts)('and $name is refused', refuses);

  it('has left each attempt in the log of its own tenant, and nothing in the other one', async () => {
    const tries = (await world.audit(a.id)).filter(({ outcome }) => outcome === 'denied');
    expect(tries.filter(({ reason }) => reason === 'tenancy.other-tenant').length).toBeGreaterThanOrEqual(5);
    expect(tries.every(({ actor }) => actor.id === a.bot.spiffeId)).toBe(true);
    expect(tries.some(({ detail }) => detail?.['namedTenant'] === b.id)).toBe(true);
    expect(
      (await world.audit(b.id)).filter(({ outcome, actor }) => outcome === 'denied' || actor.id === a.bot.spiffeId),
    ).toEqual([]);
  });

  it('is served when it is its own', async () => {
    const own: Call[] = [
      { path: player(a) },
      {
        ...louder(10),
        path: player(a, '/volume'),
        txnToken: await world.witnessed(
          a,
          ['player.volume'],
          { command: 'volume' },
          { 'player.volume': { percent: 10 } },
        ),
      },
      { path: edge(a, '/rest/users/@me') },
      { method: 'POST', path: edge(a, `/rest/channels/${a.text}/messages`), body: { content: 'hello' } },
    ];
    for (const call of own) expect((await world.doors.call(a.bot, call)).status, call.path).toBe(200);
  });
});

describe('a transaction token, as the edge sends it when a member uses a command', () => {
  const controls = ['pause', 'resume', 'skip', 'stop'] as const;

  it('of /queue reads the queue and does nothing else', async () => {
    const { txnToken } = await world.types(a, 'queue');
    for (const control of controls) {
      await refuses({
        name: control,
        call: () => ({ method: 'POST', path: player(a, `/${control}`), txnToken }),
        expect: { status: 403, code: 'on-behalf-of.out-of-scope' },
      });
    }
    await refuses({
      name: 'volume',
      call: () => ({ ...louder(1), path: player(a, '/volume'), txnToken }),
      expect: { status: 403, code: 'on-behalf-of.out-of-scope' },
    });
    await refuses({
      name: 'queue',
      call: () => ({ method: 'POST', path: player(a, '/queue'), body: { query: 'x' }, txnToken }),
      expect: { status: 403, code: 'on-behalf-of.out-of-scope' },
    });
    expect(await world.doors.call(a.bot, { path: player(a), txnToken })).toMatchObject({ status: 200 });
  });

  it('of /skip is allowed to skip, even if there is nothing to skip, and cannot stop', async () => {
    const { txnToken } = await world.types(a, 'skip');
    expect(await world.doors.call(a.bot, { method: 'POST', path: player(a, '/skip'), txnToken })).toMatchObject({
      status: 409,
      code: 'player.nothing-plays',
    });
    await refuses({
      name: 'stop',
      call: () => ({ method: 'POST', path: player(a, '/stop'), txnToken }),
      expect: { status: 403, code: 'on-behalf-of.out-of-scope' },
    });
  });

  it('of /play adds what the member typed and nothing else', async () => {
    const { txnToken } = await world.types(a, 'play', { query: 'eight second bell' });
    const adds = (query: string) => ({ method: 'POST', path: player(a, '/queue'), body: { query }, txnToken }) as const;
    await refuses({
      name: 'something else',
      call: () => adds('siren'),
      expect: { status: 403, code: 'on-behalf-of.not-as-entered' },
    });
    // That the member is in no voice channel is audio's error, so the proxy has let the call through.
    expect(await world.doors.call(a.bot, adds('eight second bell'))).toMatchObject({
      status: 409,
      code: 'player.member-not-in-voice',
    });
    const refusals = (await world.audit(a.id)).filter(({ reason }) => reason === 'on-behalf-of.not-as-entered');
    expect(refusals).toMatchObject([{ action: 'player.enqueue', optionsDigest: expect.any(String) }]);
  });

  it('of /volume 10 sets 10, and nothing louder', async () => {
    const { txnToken } = await world.types(a, 'volume', { percent: 10 });
    await refuses({
      name: 'louder',
      call: () => ({ ...louder(150), path: player(a, '/volume'), txnToken }),
      expect: { status: 403, code: 'on-behalf-of.not-as-entered' },
    });
    expect(await world.doors.call(a.bot, { ...louder(10), path: player(a, '/volume'), txnToken })).toMatchObject({
      status: 200,
    });
  });

  it("of a member of A does nothing at B, even in B's hands", async () => {
    const { txnToken } = await world.types(a, 'skip');
    const before = await world.state();
    for (const path of [player(b, '/skip'), player(b, '/skip', a.guild)]) {
      expect(await world.doors.call(b.bot, { method: 'POST', path, txnToken })).toMatchObject({
        status: 403,
        code: 'on-behalf-of.other-tenant',
      });
    }
    expect(await world.doors.call(b.bot, { method: 'POST', path: player(a, '/skip'), txnToken })).toMatchObject({
      status: 403,
      code: 'tenancy.other-tenant',
    });
    expect(await world.state()).toBe(before);
    const own = (await world.types(b, 'skip')).txnToken;
    expect(await world.doors.call(b.bot, { method: 'POST', path: player(b, '/skip'), txnToken: own })).toMatchObject({
      status: 409,
    });
  });

  it('is required, and cannot be exchanged for one of a user who sent no interaction', async () => {
    const cases: Attempt[] = [
      {
        name: 'none',
        call: () => ({ method: 'POST', path: player(a, '/skip') }),
        expect: { status: 403, code: 'on-behalf-of.missing' },
      },
      {
        name: 'empty',
        call: () => ({ method: 'POST', path: player(a, '/skip'), txnToken: '' }),
        expect: { status: 403, code: 'on-behalf-of.malformed' },
      },
      {
        name: 'a call token',
        call: async () => ({ method: 'POST', path: player(a, '/skip'), txnToken: await a.bot.callToken('audio') }),
        expect: { status: 403, code: 'on-behalf-of.wrong-type' },
      },
      {
        name: "the portal's",
        call: async () => ({
          method: 'POST',
          path: player(a, '/skip'),
          txnToken: await world.portalToken(a.id, ['player.skip'], 'operator:owner', a.guild),
        }),
        expect: { status: 403, code: 'on-behalf-of.other-presenter' },
      },
    ];
    for (const attempt of cases) await refuses(attempt);
  });

  it('cannot be made by a bot: only edge and api get a key to sign one', async () => {
    for (const name of ['audio', 'supervisor', 'worker', 'gateway-proxy'] as const) {
      const agent = await world.agent(name);
      await expect(agent.delegate('transaction-token')).rejects.toMatchObject({ status: 403 });
    }
    await expect((await world.agent('api')).delegate('transaction-token')).resolves.toBeDefined();
  });

  it('from the edge does not act for a member of the tenant, nor one from the api for a Discord member', async () => {
    const [edgeSigner, apiSigner] = await Promise.all(
      (['discord-edge', 'api'] as const).map(async (name) => (await world.agent(name)).delegate('transaction-token')),
    );
    const claims = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
    const portal = claims(await world.portalToken(a.id, ['player.skip'], 'operator:owner', a.guild));
    const discord = claims(await world.witnessed(a, ['player.skip']));
    const cross = async (signer: typeof edgeSigner, body: Record<string, unknown>) =>
      signer?.sign({ ...body, iss: signer.holder, req_wl: signer.holder }, 'txntoken+jwt') ?? '';
    const api = await world.agent('api');
    const before = await world.state();
    const asPortal = { method: 'POST', path: player(a, '/skip'), txnToken: await cross(edgeSigner, portal) } as const;
    expect(await world.doors.call(api, asPortal)).toMatchObject({ status: 403, code: 'on-behalf-of.wrong-witness' });
    const asDiscord = { method: 'POST', path: player(a, '/skip'), txnToken: await cross(apiSigner, discord) } as const;
    expect(await world.doors.call(a.bot, asDiscord)).toMatchObject({ status: 403, code: 'on-behalf-of.wrong-witness' });
    expect(await world.state()).toBe(before);
  });
});

describe('an interaction', () => {
  const callback = (of: Customer, { id, token }: { id: string; token: string }): Call => ({
    method: 'POST',
    path: edge(of, `/rest/interactions/${id}/${token}/callback`),
    body: { type: 4, data: { content: 'hello' } },
  });

  it('of another tenant cannot be answered, whichever tenant is in the path, except by its own bot', async () => {
    const theirs = await world.types(b, 'queue');
    const asked = askedOfDiscord();
    for (const answering of [a, b])
      expect((await world.doors.call(a.bot, callback(answering, theirs))).status).toBeGreaterThanOrEqual(403);
    const own = await world.types(a, 'queue');
    const mixed = await world.doors.call(a.bot, callback(a, { id: own.id, token: theirs.token }));
    expect(mixed.status).toBeGreaterThanOrEqual(403);
    expect(askedOfDiscord()).toBe(asked);
    expect((await world.doors.call(b.bot, callback(b, theirs))).status).toBe(204);
  });
});

describe('a service', () => {
  it.each([
    ['audio', '/discord-edge/v1/tenants/:a/rest/users/@me', 'GET'],
    ['audio', '/discord-edge/v1/tenants/:a/credential', 'DELETE'],
    ['audio', '/supervisor/v1/tenants/:a/instance', 'DELETE'],
    ['api', '/discord-edge/v1/tenants/:a/gateway/stream', 'GET'],
    ['api', '/discord-edge/v1/tenants/:a/rest/users/@me', 'GET'],
    ['api', '/lavalink/tenants/:a/nodes/main/v4/stats', 'GET'],
    ['worker', '/audio/v1/tenants/:a/guilds/:g/player', 'GET'],
    ['supervisor', '/discord-edge/v1/tenants/:a/gateway/stream', 'GET'],
    ['discord-edge', '/audio/v1/tenants/:a/guilds/:g/player', 'GET'],
  ] as const)('%s may not call %s', async (name, path, method) => {
    const before = await world.state();
    const answer = await world.doors.call(await world.agent(name), {
      method,
      path: path.replace(':a', a.id).replace(':g', a.guild),
    });
    // Refusals of calls to Discord are in Discord's format.
    expect(answer.status).toBe(403);
    if (!path.includes('/rest/')) expect(answer.code).toBe('authenticate.caller-not-allowed');
    expect(await world.state()).toBe(before);
  });

  it('may call what it needs', async () => {
    const api = await world.agent('api');
    expect(await world.doors.call(api, { path: edge(a, '/session') })).toMatchObject({ status: 200 });
    const audio = await world.agent('audio');
    expect(await world.doors.call(audio, { path: `/lavalink/tenants/${a.id}/nodes/main/v4/stats` })).toMatchObject({
      status: 200,
    });
  });
});
