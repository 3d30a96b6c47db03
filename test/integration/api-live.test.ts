import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goToVoice } from '#test/sandbox/world/acting/person.ts';
import type { Answer } from '#test/security/world/doors.ts';
import { eventually, startWorld, type Customer, type World } from '#test/security/world/world.ts';
import { follow, type Followed, type SeenEvent } from './follow.ts';

/** Live views of a tenant's bot in the portal: its servers, its queue, its players. */
let world: World;
let acme: Customer;
const sessions = {} as Record<'owner' | 'auditor' | 'viewer' | 'stranger', string>;

beforeAll(async () => {
  world = await startWorld();
  acme = await world.customer('Acme');
  for (const [index, role] of (['owner', 'auditor', 'viewer'] as const).entries())
    sessions[role] = await world.session(`discord:10${index}`, { tenant: acme.id, role });
  sessions.stranger = await world.session('discord:200', { tenant: await world.bareTenant(), role: 'owner' });
  goToVoice(world.parts.sandbox.world, acme.guild, acme.member, acme.voice);
});
afterAll(() => world?.[Symbol.asyncDispose]());

interface Track {
  readonly entryId: string;
  readonly title: string;
  readonly requestedBy: string | null;
}
interface PlayerView {
  readonly state: string;
  readonly current: Track | null;
  readonly queue: readonly Track[];
  readonly queueLength: number;
  readonly version: number;
}

const inGuild = (rest: string) => `/v1/tenants/${acme.id}/guilds/${acme.guild}${rest}`;
const ask = (
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  session: string,
  body?: unknown,
): Promise<Answer> => world.doors.public({ method, path, session, ...(body === undefined ? {} : { body }) });
const read = async () => (await ask('GET', inGuild('/player'), sessions.owner)).body as PlayerView;
const publicUrl = () => `http://127.0.0.1:${world.parts.proxy.publicPort}`;
const live = (session?: string) => follow(publicUrl(), `/v1/tenants/${acme.id}/live`, session);
const players = ({ events }: Followed): { player: PlayerView; cause: string }[] =>
  events.filter(({ event }) => event === 'player').map(({ data }) => data as { player: PlayerView; cause: string });
const named = (followed: Followed, name: string): SeenEvent[] => followed.events.filter(({ event }) => event === name);

/** Types the command in Discord. */
async function type(command: 'play' | 'skip', query?: string): Promise<void> {
  const { txnToken } = await world.types(acme, command, query === undefined ? undefined : { query });
  const path = `/audio/v1/tenants/${acme.id}/guilds/${acme.guild}/player/${query === undefined ? command : 'queue'}`;
  const body = query === undefined ? {} : { body: { query } };
  const answer = await world.doors.call(acme.bot, { method: 'POST', path, txnToken, ...body });
  if (answer.status !== 200) throw new Error(`/${command} was refused: ${answer.text}`);
}

describe("a tenant's servers", () => {
  it('are listed and shown as they are in Discord now, with missing permissions for each voice channel', async () => {
    const list = await ask('GET', `/v1/tenants/${acme.id}/guilds`, sessions.viewer);
    expect(list).toMatchObject({
      status: 200,
      body: { items: [{ id: acme.guild, name: 'Guild of Acme', player: null, policyVersion: 0 }], nextCursor: null },
    });
    const detail = await ask('GET', inGuild(''), sessions.viewer);
    expect(detail).toMatchObject({
      status: 200,
      body: {
        id: acme.guild,
        text: expect.arrayContaining([expect.objectContaining({ id: acme.text, name: 'music' })]),
        voice: expect.arrayContaining([
          expect.objectContaining({ id: acme.voice, name: 'Lounge', missing: [], listeners: 1, full: false }),
        ]),
      },
    });
  });

  it('are invisible to others, and exclude those of others', async () => {
    for (const rest of ['/guilds', `/guilds/${acme.guild}`]) {
      const answer = await ask('GET', `/v1/tenants/${acme.id}${rest}`, sessions.stranger);
      expect(answer).toMatchObject({ status: 404, code: 'tenant.unknown' });
    }
    const elsewhere = await ask('GET', `/v1/tenants/${acme.id}/guilds/80351110224678912`, sessions.owner);
    expect(elsewhere).toMatchObject({ status: 404, code: 'guild.unknown' });
  });
});

describe('the queue', () => {
  it('takes a track from the portal, which names a channel while the bot is in none, and says who requested it', async () => {
    const query = 'forty second loop';
    const nowhere = await ask('POST', inGuild('/player/queue'), sessions.owner, { query });
    expect(nowhere).toMatchObject({ status: 409, code: 'player.member-not-in-voice' });
    const answer = await ask('POST', inGuild('/player/queue'), sessions.owner, { query, voiceChannel: acme.voice });
    expect(answer, answer.text).toMatchObject({
      status: 200,
      body: { added: [{ title: 'Forty Second Loop', requestedBy: '100' }] },
    });
    await eventually('it plays', async () => (await read()).state === 'playing');
  });

  it('plays in the voice channel of the member who adds a track, while the bot is in none', async () => {
    expect(await ask('POST', inGuild('/player/stop'), sessions.owner)).toMatchObject({ status: 200 });
    const session = await world.session(`discord:${acme.member}`, { tenant: acme.id, role: 'admin' });
    const answer = await ask('POST', inGuild('/player/queue'), session, { query: 'forty second loop' });
    expect(answer, answer.text).toMatchObject({
      status: 200,
      body: { added: [{ requestedBy: acme.member }], player: { voiceChannel: acme.voice } },
    });
    await eventually('it plays', async () => (await read()).state === 'playing');
  });

  it('is paged, reordered and pruned entry by entry, and denied to a viewer', async () => {
    for (const query of ['glass winter', 'night shift', 'low water']) await type('play', query);
    const { queue } = await read();
    const [first, second, third] = queue;
    if (!first || !second || !third) throw new Error('three tracks should wait');
    const page = async (more: string) =>
      (await ask('GET', inGuild(`/player/queue?limit=2${more}`), sessions.viewer)).body as {
        items: Track[];
        nextCursor: string;
      };
    const begin = await page('');
    expect(begin.items.map(({ entryId }) => entryId)).toEqual([first.entryId, second.entryId]);
    const rest = await page(`&cursor=${begin.nextCursor}`);
    expect(rest).toMatchObject({ items: [{ entryId: third.entryId }], nextCursor: null });

    const to = { entryId: third.entryId, to: 0 };
    expect(await ask('POST', inGuild('/player/queue/move'), sessions.viewer, to)).toMatchObject({
      status: 403,
      code: 'authorize.denied',
    });
    const moved = await ask('POST', inGuild('/player/queue/move'), sessions.owner, to);
    expect(moved, moved.text).toMatchObject({ status: 200, body: { player: { queue: [third, first, second] } } });
    expect(await ask('DELETE', inGuild(`/player/queue/${first.entryId}`), sessions.viewer)).toMatchObject({
      status: 403,
      code: 'authorize.denied',
    });
    const removed = await ask('DELETE', inGuild(`/player/queue/${first.entryId}`), sessions.owner);
    expect(removed).toMatchObject({ status: 200, body: { player: { queue: [third, second], queueLength: 2 } } });
    for (const again of [
      await ask('DELETE', inGuild(`/player/queue/${first.entryId}`), sessions.owner),
      await ask('POST', inGuild('/player/queue/move'), sessions.owner, { entryId: first.entryId, to: 0 }),
    ])
      expect(again).toMatchObject({ status: 404, code: 'player.unknown-entry' });
    const records = (await world.audit(acme.id)).filter(({ outcome }) => outcome === 'allowed');
    for (const action of ['player.move', 'player.remove'])
      expect(records.filter((record) => record.action === action).at(-1)).toMatchObject({
        onBehalfOf: { type: 'tenant-member', id: 'discord:100' },
      });
  });
});

describe('a stream of live events', () => {
  it('begins with the current state, and immediately reports what members do in Discord', async () => {
    await using stream = await live(sessions.viewer);
    expect(stream.status).toBe(200);
    await eventually('all is known', () => named(stream, 'players').length > 0);
    expect(players(stream)[0]).toMatchObject({ player: { guild: acme.guild, state: 'playing' } });
    for (const part of ['session', 'instance'])
      await eventually(`the ${part} is told`, () => named(stream, part).some(({ data }) => data !== null), 30_000);
    expect(named(stream, 'session').at(-1)?.data).toMatchObject({ status: 'connected', guilds: 1 });
    expect(named(stream, 'instance').at(-1)?.data).toMatchObject({ desired: 'running' });
    const before = players(stream).length;
    await type('play', 'salt on the window');
    await eventually('the queue has grown', () =>
      players(stream)
        .slice(before)
        .some(({ player }) => player.queue.some(({ title }) => title === 'Salt on the Window')),
    );
  });

  it('takes one call to each part while it is open, whatever changes meanwhile', async () => {
    const customer = await world.customer('Watched');
    const openedAt = new Date().toISOString();
    const reads = async () =>
      (await world.audit(customer.id)).filter(
        ({ actor, action, time }) =>
          time >= openedAt &&
          actor.id.endsWith('/svc/api') &&
          /^(session|instance)\.read$|^player\.events$/.test(action),
      );
    await using stream = await follow(publicUrl(), `/v1/tenants/${customer.id}/live`, world.owner);
    for (const part of ['session', 'instance'])
      await eventually(`the ${part} is told`, () => named(stream, part).some(({ data }) => data !== null));
    await eventually('all are recorded', async () => (await reads()).length === 3);
    const before = await reads();
    // Long enough for a client that polled to have done so, and for its record to be there.
    await new Promise((resolve) => {
      setTimeout(resolve, 2_500);
    });
    await ask('POST', `/v1/tenants/${customer.id}/suspend`, world.owner, { reason: 'unpaid' });
    const changedAt = Date.now();
    await eventually('the session is over', () => {
      const last = named(stream, 'session').at(-1)?.data as { status?: string } | null | undefined;
      return last?.status === 'none';
    });
    await eventually('the process is gone', () => {
      const last = named(stream, 'instance').at(-1)?.data as { state?: string } | null | undefined;
      return last?.state === 'stopped';
    });
    expect(Date.now() - changedAt).toBeLessThan(1_000);
    expect(await reads()).toEqual(before);
  });

  it('shows no players to an auditor and nothing to strangers, and requires a session', async () => {
    await using auditors = await live(sessions.auditor);
    await eventually('the session is told', () => named(auditors, 'session').length > 0);
    expect(players(auditors)).toEqual([]);
    await using strangers = await live(sessions.stranger);
    expect(strangers).toMatchObject({ status: 404, problem: { code: 'tenant.unknown' } });
    await using nobody = await live();
    expect(nobody).toMatchObject({ status: 401, problem: { code: 'session.required' } });
  });

  it('ends when its reader is no longer a member, and when the session ends', async () => {
    const subject = 'discord:300';
    const membership = { tenant: acme.id, role: 'viewer' } as const;
    const first = await world.session(subject, membership);
    await using dismissed = await live(first);
    await eventually('it is open', () => dismissed.events.length > 0);
    await world.admin.query('delete from tenant_member where subject = $1', [subject]);
    await world.admin.query('update policy_version set version = version + 1 where tenant_id = $1', [acme.id]);
    await eventually('it ends', () => dismissed.ended);
    expect(named(dismissed, 'end')).toEqual([{ event: 'end', data: { reason: 'not-allowed' } }]);

    const second = await world.session(subject, membership);
    await using signedOut = await live(second);
    await eventually('it is open', () => signedOut.events.length > 0);
    await world.doors.public({ method: 'DELETE', path: '/v1/sessions/current', session: second });
    await eventually('it ends', () => signedOut.ended);
  });

  it('ends when its tenant is deleted, and says so', async () => {
    const { id } = await world.customer('Short-lived');
    await using watching = await follow(publicUrl(), `/v1/tenants/${id}/live`, world.owner);
    await eventually('it is open', () => watching.events.length > 0);
    expect(await ask('DELETE', `/v1/tenants/${id}`, world.owner)).toMatchObject({ status: 204 });
    await eventually('it ends', () => watching.ended);
    expect(named(watching, 'end')).toEqual([{ event: 'end', data: { reason: 'deleted' } }]);
  });

  it('is open to one person at most eight times, which does not affect others', async () => {
    await using stack = new AsyncDisposableStack();
    const session = await world.session('discord:301', { tenant: acme.id, role: 'viewer' });
    for (let count = 0; count < 8; count += 1) expect(stack.use(await live(session)).status).toBe(200);
    expect(stack.use(await live(session))).toMatchObject({ status: 429, problem: { code: 'stream.too-many' } });
    expect(stack.use(await live(sessions.owner)).status).toBe(200);
  });
});
