import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goToVoice } from '#test/sandbox/world/acting/person.ts';
import type { Answer } from '#test/security/world/doors.ts';
import { eventually, startWorld, type Customer, type World } from '#test/security/world/world.ts';

/** Controlling a tenant's players from the portal, down to the sound and back. */
let world: World;
let acme: Customer;
let other: Customer;
const sessions = {} as Record<'owner' | 'admin' | 'auditor' | 'viewer' | 'stranger', string>;

beforeAll(async () => {
  world = await startWorld();
  [acme, other] = await Promise.all([world.customer('Acme'), world.customer('Other')]);
  for (const [index, role] of (['owner', 'admin', 'auditor', 'viewer'] as const).entries()) {
    sessions[role] = await world.session(`discord:10${index}`, { tenant: acme.id, role });
  }
  sessions.stranger = await world.session('discord:200', { tenant: other.id, role: 'owner' });
  const { world: discord } = world.parts.sandbox;
  goToVoice(discord, acme.guild, acme.member, acme.voice);
  for (const query of ['eight second bell', 'forty second loop', 'glass winter', 'forty second loop'])
    await play(query);
  await eventually('it plays', async () => (await read()).state === 'playing');
});
afterAll(() => world?.[Symbol.asyncDispose]());

async function play(query: string): Promise<void> {
  const { txnToken } = await world.types(acme, 'play', { query });
  const path = `/audio/v1/tenants/${acme.id}/guilds/${acme.guild}/player/queue`;
  const answer = await world.doors.call(acme.bot, { method: 'POST', path, txnToken, body: { query } });
  if (answer.status !== 200) throw new Error(`it does not play: ${answer.text}`);
}

interface PlayerView {
  readonly state: string;
  readonly volume: number;
  readonly version: number;
  readonly current: { readonly title: string } | null;
}

const at = (rest = '', { id, guild }: Customer = acme) => `/v1/tenants/${id}/guilds/${guild}/player${rest}`;
const ask = (method: 'GET' | 'POST' | 'PUT', path: string, session?: string, body?: unknown): Promise<Answer> =>
  world.doors.public({ method, path, ...(session ? { session } : {}), ...(body === undefined ? {} : { body }) });
const read = async (): Promise<PlayerView> => (await ask('GET', at(), sessions.owner)).body as PlayerView;
const playerIn = ({ body }: Answer): PlayerView => (body as { player: PlayerView }).player;
const sounding = () =>
  world.parts.sandbox.lavalink.server.control.view().players.find(({ guildId }) => guildId === acme.guild);

/** What controls change. The version also counts what the node reports meanwhile, such as that a track has begun. */
const controlled = ({ state, volume, current }: PlayerView) => ({
  paused: state === 'paused',
  volume,
  title: current?.title,
});

/** Each control, what it needs, and how its effect is heard. */
const controls = [
  {
    name: 'volume',
    method: 'PUT',
    body: { percent: 40 },
    heard: (player: PlayerView) => player.volume === 40 && sounding()?.volume === 40,
  },
  {
    name: 'pause',
    method: 'POST',
    body: undefined,
    heard: (player: PlayerView) => player.state === 'paused' && sounding()?.paused === true,
  },
  {
    name: 'resume',
    method: 'POST',
    body: undefined,
    heard: (player: PlayerView) => player.state === 'playing' && sounding()?.paused === false,
  },
  {
    name: 'skip',
    method: 'POST',
    body: undefined,
    heard: (player: PlayerView) => player.state === 'playing' && sounding()?.title === player.current?.title,
  },
] as const;

describe('a player', () => {
  it.each(['owner', 'admin', 'viewer'] as const)('is shown to the role %s', async (role) => {
    const answer = await ask('GET', at(), sessions[role]);
    expect(answer).toMatchObject({
      status: 200,
      body: { guild: acme.guild, current: { title: expect.any(String) }, volume: expect.any(Number) },
    });
  });

  it('is not shown to an auditor, who may read the audit log but not see what is playing', async () => {
    expect(await ask('GET', at(), sessions.auditor)).toMatchObject({ status: 403, code: 'authorize.denied' });
  });

  it.each(controls)('does $name for an admin, with an audible effect', async ({ name, method, body, heard }) => {
    const answer = await ask(method, at(`/${name}`), sessions.admin, body);
    expect(answer.status, answer.text).toBe(200);
    await eventually(`${name} is heard`, () => heard(playerIn(answer)));
    const records = (await world.audit(acme.id)).filter(
      ({ action, outcome }) => action === `player.${name}` && outcome === 'allowed',
    );
    expect(records.at(-1)).toMatchObject({
      actor: { type: 'service', id: expect.stringMatching(/\/svc\/api$/) },
      onBehalfOf: { type: 'tenant-member', id: 'discord:101' },
      guild: acme.guild,
    });
  });

  it.each([...controls, { name: 'stop', method: 'POST', body: undefined } as const])(
    'does not $name for a viewer: the proxy denies and records it',
    async ({ name, method, body }) => {
      const before = controlled(await read());
      const answer = await ask(method, at(`/${name}`), sessions.viewer, body);
      expect(answer).toMatchObject({ status: 403, code: 'authorize.denied' });
      expect(controlled(await read())).toEqual(before);
      const denied = (await world.audit(acme.id)).findLast(({ outcome }) => outcome === 'denied');
      expect(denied).toMatchObject({
        action: `player.${name}`,
        reason: 'authorize.denied',
        actor: { type: 'service' },
        onBehalfOf: { type: 'tenant-member', id: 'discord:103' },
      });
    },
  );

  it('cannot be controlled by an operator, who may only see it', async () => {
    const session = await world.session('operator:visitor');
    expect(await ask('GET', at(), session)).toMatchObject({ status: 200 });
    expect(await ask('POST', at('/skip'), session)).toMatchObject({ status: 403, code: 'authorize.denied' });
  });

  it.each([...controls, { name: '', method: 'GET', body: undefined } as const])(
    "of another tenant does not exist for an owner ($method '$name')",
    async ({ name, method, body }) => {
      const before = await world.state();
      const answer = await ask(method, at(name && `/${name}`), sessions.stranger, body);
      expect(answer).toMatchObject({ status: 404, code: 'tenant.unknown' });
      expect(await world.state()).toBe(before);
    },
  );

  it.each(controls)('does not $name without a session', async ({ name, method, body }) => {
    const before = await world.state();
    expect(await ask(method, at(`/${name}`), undefined, body)).toMatchObject({ status: 401, code: 'session.required' });
    expect(await world.state()).toBe(before);
  });

  it.each([{ percent: 151 }, { percent: -1 }, { percent: 1.5 }, { percent: '50' }, { percent: 50, guild: '1' }, {}])(
    'refuses the volume %j',
    async (body) => {
      const before = await read();
      expect(await ask('PUT', at('/volume'), sessions.owner, body)).toMatchObject({
        status: 400,
        code: 'http.invalid',
      });
      expect((await read()).version).toBe(before.version);
    },
  );

  it("cannot be reached in another tenant's guild: this tenant has no player there", async () => {
    const path = `/v1/tenants/${other.id}/guilds/${acme.guild}/player`;
    expect(await ask('GET', path, sessions.stranger)).toMatchObject({
      status: 200,
      body: { state: 'idle', current: null },
    });
    expect(await ask('POST', `${path}/skip`, sessions.stranger)).toMatchObject({
      status: 409,
      code: 'player.nothing-plays',
    });
    expect((await read()).current).not.toBeNull();
  });

  it('stops for its owner, and then has nothing to skip', async () => {
    const answer = await ask('POST', at('/stop'), sessions.owner);
    expect(playerIn(answer)).toMatchObject({ state: 'idle', current: null });
    await eventually('it is silent', () => !sounding()?.title);
    expect(await ask('POST', at('/skip'), sessions.owner)).toMatchObject({ status: 409, code: 'player.nothing-plays' });
  });
});
