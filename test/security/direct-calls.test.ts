import { describe, expect, it } from 'vitest';
import type { ServiceName } from '#security/identity/spiffe.ts';
import type { Call, Workload } from './world/doors.ts';
import { worldOfThisFile } from './world/file-world.ts';

const world = await worldOfThisFile();
const a = await world.customer('Acme');

interface DirectCall {
  readonly to: 'audio' | 'discord-edge' | 'api' | 'supervisor' | 'worker';
  /** Who may do this through the proxy. */
  readonly from: 'bot' | ServiceName;
  readonly what: string;
  readonly call: () => Call | Promise<Call>;
}

const player = () => `/v1/tenants/${a.id}/guilds/${a.guild}/player`;
const volume = (txnToken: string): Call => ({
  method: 'PUT',
  path: `${player()}/volume`,
  body: { percent: 80 },
  txnToken,
});

/** Ordinary calls of legitimate callers, which pass through the proxy. */
const calls: readonly DirectCall[] = [
  { to: 'audio', from: 'bot', what: "a bot's look at its player", call: () => ({ path: player() }) },
  {
    to: 'audio',
    from: 'bot',
    what: "a bot's change of the volume for a member who asked",
    call: async () =>
      volume(await world.witnessed(a, ['player.volume'], { command: 'volume' }, { 'player.volume': { percent: 80 } })),
  },
  {
    to: 'audio',
    from: 'api',
    what: "the api's look at a player for the platform's owner",
    call: async () => ({
      path: player(),
      txnToken: await world.portalToken(a.id, ['player.read'], 'operator:owner'),
    }),
  },
  {
    to: 'discord-edge',
    from: 'bot',
    what: "a bot's look at its own commands",
    call: () => ({ path: `/v1/tenants/${a.id}/rest/applications/${a.applicationId}/commands` }),
  },
  {
    to: 'discord-edge',
    from: 'api',
    what: "the api's look at a session",
    call: () => ({ path: `/v1/tenants/${a.id}/session` }),
  },
  {
    to: 'supervisor',
    from: 'api',
    what: "the api's look at a bot",
    call: () => ({ path: `/v1/tenants/${a.id}/instance` }),
  },
];

const workload = (from: DirectCall['from']): Promise<Workload> | Workload =>
  from === 'bot' ? a.bot : world.agent(from);

describe('a service called past the proxy, with a valid certificate and a valid call token for it', () => {
  it.each(calls)('refuses $what ($to)', async ({ to, from, call }) => {
    const caller = await workload(from);
    const sent = await call();
    const before = await world.state();

    const { status, text } = await world.doors.direct(caller, to, sent);

    // For a bot that calls Discord, the edge puts its refusals into Discord's format; the message is the same.
    expect({ status, text }).toEqual({
      status: 403,
      text: expect.stringContaining('did not come through gateway-proxy'),
    });
    expect(await world.state()).toBe(before);
  });

  it.each(calls)('passes $what through the proxy ($to)', async ({ to, from, call }) => {
    const { path, ...rest } = await call();
    const { status, text } = await world.doors.call(await workload(from), { path: `/${to}${path}`, ...rest });
    expect(status, text).toBe(200);
  });

  it.each(['bot', 'audio', 'discord-edge', 'supervisor'] as const)(
    'refuses %s at the api, even with the session of a signed-in owner',
    async (from) => {
      const refused = await world.doors.direct(await workload(from), 'api', { path: '/v1/me', callToken: world.owner });
      expect(refused).toMatchObject({ status: 403, code: 'guard.not-the-proxy' });
    },
  );

  it('passes that owner through the proxy', async () => {
    const answer = await world.doors.public({ path: '/v1/me', session: world.owner });
    expect(answer).toMatchObject({ status: 200, body: { subject: 'operator:owner' } });
  });

  it.each(['bot', 'api', 'audio'] as const)('refuses %s at the worker', async (from) => {
    const refused = await world.doors.direct(await workload(from), 'worker', { path: '/' });
    expect(refused).toMatchObject({ status: 403, code: 'guard.not-the-proxy' });
  });

  it("accepts the proxy's own request at the worker, which has no route for it", async () => {
    const answer = await world.doors.direct(await world.agent('gateway-proxy'), 'worker', {
      path: '/',
      callToken: null,
    });
    expect(answer).toMatchObject({ status: 404, code: 'http.not-found' });
  });

  it.each(['audio', 'discord-edge', 'supervisor'] as const)(
    "refuses at %s even the proxy's certificate without a grant",
    async (to) => {
      const path = {
        audio: player(),
        'discord-edge': `/v1/tenants/${a.id}/session`,
        supervisor: `/v1/tenants/${a.id}/instance`,
      }[to];
      const refused = await world.doors.direct(await world.agent('gateway-proxy'), to, { path, callToken: null });
      expect(refused).toMatchObject({ status: 403, code: 'guard.no-grant' });
    },
  );
});
