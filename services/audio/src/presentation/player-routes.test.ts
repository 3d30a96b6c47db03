import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import {
  enqueueResponseSchema,
  playerEventSchema,
  playerResponseSchema,
  playerSchema,
  skipResponseSchema,
} from '#services/contracts/player.ts';
import { audioRig, eventually, guild, lounge, otherLounge, type AudioRig } from '../../testing/audio-rig.ts';
import { guardedAudio, witnessed, type GuardedAudio } from '../../testing/guarded-audio.ts';

let rig: AudioRig;
let audio: GuardedAudio;
beforeAll(async () => {
  rig = await audioRig();
  audio = await guardedAudio(rig);
});
afterAll(async () => {
  await audio?.[Symbol.asyncDispose]();
  await rig?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  rig.clock.advance(1_000);
  await rig.audio.commands.deleteSessions(rig.guildKey.tenant);
});

const base = () => `/v1/tenants/${rig.guildKey.tenant}/guilds/${guild}/player`;
const enqueue = (query: string, member = witnessed()) =>
  audio.call({ method: 'POST', path: `${base()}/queue`, body: { query }, grant: { action: 'player.enqueue', member } });
const command = (name: string, member = witnessed({ command: name })) =>
  audio.call({ method: 'POST', path: `${base()}/${name}`, grant: { action: `player.${name}`, member } });
const playlist = 'https://music.sandbox.test/playlist/harbour-lights';

/** Something plays, and nothing more will happen by itself. */
async function start(): Promise<void> {
  await enqueue(playlist);
  await eventually(() => rig.seen.at(-1)).toMatchObject({ cause: 'track-start' });
}

describe('what the contract promises', () => {
  test('adding, reading, pausing, going on, skipping and stopping', async () => {
    const added = await enqueue(playlist);
    expect(added).toMatchObject({
      status: 200,
      body: { addedCount: 4, playlistName: 'Northern Lanterns: Harbour Lights' },
    });
    expect(enqueueResponseSchema.parse(added.body).player.queue).toHaveLength(3);
    const read = await audio.call({ path: base(), grant: { action: 'player.read' } });
    expect(playerSchema.parse(read.body)).toMatchObject({ current: { title: 'Harbour Lights' }, voiceChannel: lounge });
    for (const [name, state] of [
      ['pause', 'paused'],
      ['resume', 'playing'],
      ['skip', 'playing'],
      ['stop', 'idle'],
    ] as const) {
      const answer = await command(name);
      expect(answer.status).toBe(200);
      expect(playerResponseSchema.parse(answer.body).player.state).toBe(state);
    }
  });

  test('searching, the volume and the message', async () => {
    const member = witnessed();
    const search = await audio.call({
      path: `${base()}/search?query=harbour`,
      grant: { action: 'player.search', member },
    });
    expect(search).toMatchObject({
      status: 200,
      body: { tracks: expect.arrayContaining([expect.objectContaining({ title: 'Harbour Lights' })]) },
    });
    const volume = { method: 'PUT', path: `${base()}/volume`, grant: { action: 'player.volume', member } } as const;
    expect(await audio.call({ ...volume, body: { percent: 70 } })).toMatchObject({
      status: 200,
      body: { player: { volume: 70 } },
    });
    const message = { channelId: '7', messageId: '8' };
    const answer = await audio.call({
      method: 'PUT',
      path: `${base()}/message`,
      body: { message },
      grant: { action: 'player.message' },
    });
    expect(answer).toMatchObject({ status: 200, body: { player: { message } } });
  });

  test('what the decision laid upon adding is kept to: sources, longest track, entries of one member', async () => {
    const add = (query: string, obligations: object) =>
      audio.call({
        method: 'POST',
        path: `${base()}/queue`,
        body: { query },
        grant: { action: 'player.enqueue', member: witnessed(), obligations },
      });
    const refused = await add(playlist, { sources: ['soundcloud'] });
    expect(refused).toMatchObject({ status: 422, body: { code: 'player.source-not-allowed' } });
    expect(await add(playlist, { maxTrackLengthMs: 1 })).toMatchObject({ body: { code: 'player.track-too-long' } });
    expect(await add(playlist, { maxQueuedPerMember: 2, sources: ['youtube'] })).toMatchObject({
      status: 200,
      body: { addedCount: 3, player: { queueLength: 2 } },
    });
    expect(await add('low water', { maxQueuedPerMember: 2 })).toMatchObject({
      status: 409,
      body: { code: 'player.member-quota' },
    });
    expect(await add('low water', {})).toMatchObject({ status: 200 });
    const search = await audio.call({
      path: `${base()}/search?query=harbour`,
      grant: { action: 'player.search', member: witnessed(), obligations: { sources: ['soundcloud'] } },
    });
    expect(search).toMatchObject({ status: 200, body: { tracks: [] } });
  });

  test('a skip that was allowed as a vote is done once enough of those who listen have voted', async () => {
    await start();
    rig.voice.setListeners(lounge, 3);
    const vote = (user: string, transaction: string) =>
      audio.call({
        method: 'POST',
        path: `${base()}/skip`,
        grant: {
          action: 'player.skip',
          member: witnessed({ command: 'skip', user }),
          obligations: { voteShare: 0.5 },
          transaction,
        },
      });
    const first = await vote('11', 'txn_a');
    expect(first).toMatchObject({ status: 200, body: { vote: { votes: 1, needed: 2, skipped: false } } });
    expect(skipResponseSchema.parse(first.body).player.current?.title).toBe('Harbour Lights');
    expect((await vote('11', 'txn_b')).body).toMatchObject({ vote: { votes: 1, needed: 2, skipped: false } });
    const second = await vote('12', 'txn_c');
    expect(second.body).toMatchObject({ vote: { votes: 2, needed: 2, skipped: true } });
    const skippedTo = skipResponseSchema.parse(second.body).player.current?.title;
    expect(skippedTo).not.toBe('Harbour Lights');
    const again = await vote('12', 'txn_c');
    expect(again.body).toMatchObject({ player: { current: { title: skippedTo } } });
    expect(again.body).not.toHaveProperty('vote');
    expect((await command('skip')).body).not.toHaveProperty('vote');
  });

  test('votes suffice once so many have left who did not vote', async () => {
    await start();
    const listening = ['11', '12', '13', '14'];
    rig.voice.setListeners(lounge, listening);
    const answer = await audio.call({
      method: 'POST',
      path: `${base()}/skip`,
      grant: {
        action: 'player.skip',
        member: witnessed({ command: 'skip', user: '11' }),
        obligations: { voteShare: 0.5 },
      },
    });
    expect(answer.body).toMatchObject({ vote: { votes: 1, needed: 2, skipped: false } });
    const title = async () =>
      playerSchema.parse((await audio.call({ path: base(), grant: { action: 'player.read' } })).body).current?.title;
    // The voter leaves: no vote is left, however few still listen.
    rig.voice.setListeners(lounge, ['12', '13']);
    rig.voice.setListeners(lounge, ['11', '12', '13']);
    expect(await title()).toBe('Harbour Lights');
    rig.voice.setListeners(lounge, ['11', '12']);
    await eventually(title).toBe('Salt on the Window');
    rig.voice.setListeners(lounge, 1);
  });

  test('nothing of what only the node needs leaves', async () => {
    const { body } = await enqueue(playlist);
    expect(JSON.stringify(body)).not.toMatch(/encoded|attempt|failures|"node"/);
  });

  test('the requester is the member that the edge witnessed, whatever the body says', async () => {
    const answer = await audio.call({
      method: 'POST',
      path: `${base()}/queue`,
      body: { query: 'low water', requestedBy: '1', voiceChannel: otherLounge },
      grant: { action: 'player.enqueue', member: witnessed() },
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'http.invalid' } });
    expect((await enqueue('low water')).body).toMatchObject({ added: [{ requestedBy: '500000000000000001' }] });
  });

  test('somebody of the tenant at the portal adds to what plays, under their own name', async () => {
    const portal = { kind: 'tenant-member', subject: 'discord:77' } as const;
    expect(await enqueue('low water', portal)).toMatchObject({
      status: 409,
      body: { code: 'player.member-not-in-voice' },
    });
    await enqueue(playlist);
    expect(await enqueue('low water', portal)).toMatchObject({ status: 200, body: { added: [{ requestedBy: '77' }] } });
    const operator = { kind: 'tenant-member', subject: 'operator:kim' } as const;
    expect(await command('skip', operator)).toMatchObject({ status: 200 });
  });

  test.each([
    ['a query of nothing', { query: '   ' }],
    ['a query that is too long', { query: 'x'.repeat(501) }],
    ['a query that is no text', { query: 5 }],
    ['no body', {}],
  ])('refuses %s and changes nothing', async (_name, body) => {
    const answer = await audio.call({
      method: 'POST',
      path: `${base()}/queue`,
      body,
      grant: { action: 'player.enqueue', member: witnessed() },
    });
    expect(answer).toMatchObject({ status: 400, body: { code: 'http.invalid', faults: expect.any(Array) } });
    expect((await rig.audio.commands.read(rig.guildKey)).version).toBe(0);
  });

  test.each([-1, 151, 1.5, '50'])('refuses a volume of %s', async (percent) => {
    const grant = { action: 'player.volume', member: witnessed() };
    expect(await audio.call({ method: 'PUT', path: `${base()}/volume`, body: { percent }, grant })).toMatchObject({
      status: 400,
    });
  });
});

describe('who may ask', () => {
  test.each([
    ['without a grant', null, 'guard.no-grant'],
    ['with a grant for another action', { action: 'player.read', member: witnessed() }, 'guard.other-action'],
    [
      'with a grant for another guild',
      { action: 'player.stop', member: witnessed(), guild: snowflake('9') },
      'guard.other-guild',
    ],
    ['with a grant without a member', { action: 'player.stop' }, 'player.grant-incomplete'],
    [
      'for a member of another guild',
      { action: 'player.stop', member: witnessed({ guild: snowflake('9') }) },
      'player.other-guild',
    ],
    [
      'for a tenant member of another guild',
      {
        action: 'player.stop',
        member: { kind: 'tenant-member', subject: 'discord:7', guild: snowflake('9') } as const,
      },
      'player.other-guild',
    ],
  ])('not the proxy %s', async (_name, grant, code) => {
    await start();
    const before = await rig.audio.commands.read(rig.guildKey);
    expect(await audio.call({ method: 'POST', path: `${base()}/stop`, grant })).toMatchObject({
      status: 403,
      body: { code },
    });
    expect((await rig.audio.commands.read(rig.guildKey)).version).toBe(before.version);
  });

  test('not the proxy with a grant of tenant A for a path of tenant B', async () => {
    const other = rig.tenants[1];
    const path = base().replace(rig.guildKey.tenant, other);
    const answer = await audio.call({
      method: 'POST',
      path: `${path}/stop`,
      grant: { action: 'player.stop', member: witnessed() },
    });
    expect(answer).toMatchObject({ status: 403, body: { code: 'guard.other-tenant' } });
  });

  test.each(['api', 'discord-edge'] as const)('not %s directly, even with a grant', async (name) => {
    const answer = await audio.callAs(name, { path: base(), grant: { action: 'player.read' } });
    expect(answer).toMatchObject({ status: 403, body: { code: 'guard.not-the-proxy' } });
  });
});

describe('following a tenant', () => {
  const open: (() => void)[] = [];
  afterEach(() => {
    for (const end of open.splice(0)) end();
  });

  async function follow(tenant = rig.guildKey.tenant) {
    const path = `/v1/tenants/${tenant}/player-events`;
    const { lines, end } = await audio.stream({ path, grant: { action: 'player.events', tenant, guild: undefined } });
    open.push(end);
    return async () => playerEventSchema.parse((await lines.next()).value);
  }

  test('begins with what is active, then says that this is current, then tells each change; for each who follows', async () => {
    await start();
    const followers = [await follow(), await follow()];
    for (const next of followers) {
      expect(await next()).toMatchObject({
        kind: 'player',
        cause: 'snapshot',
        player: { current: { title: 'Harbour Lights' } },
      });
      expect(await next()).toEqual({ kind: 'current' });
    }
    await command('pause');
    await command('stop');
    for (const next of followers) {
      expect(await next()).toMatchObject({ cause: 'pause', player: { state: 'paused' } });
      expect(await next()).toMatchObject({ cause: 'stop', player: { state: 'idle' } });
    }
  });

  test("hears nothing of another tenant's players", async () => {
    const next = await follow(rig.tenants[1]);
    expect(await next()).toEqual({ kind: 'current' });
    await enqueue(playlist);
    const other = { tenant: rig.tenants[1], guild };
    await rig.audio.commands.setVolume(other, { kind: 'tenant-member', user: null }, 20);
    expect(await next()).toMatchObject({ cause: 'volume', player: { volume: 20, current: null } });
    await rig.audio.commands.deleteSessions(other.tenant);
  });

  test('ends for who stops reading, and is counted no more', async () => {
    await follow();
    const { events } = rig.audio;
    expect(events.count(rig.guildKey.tenant)).toBeGreaterThan(1);
    for (const end of open.splice(0)) end();
    await eventually(() => events.count(rig.guildKey.tenant)).toBe(1);
  });
});

describe('one transaction', () => {
  const skipUnder = (transaction: string) =>
    audio.call({
      method: 'POST',
      path: `${base()}/skip`,
      grant: { action: 'player.skip', member: witnessed({ command: 'skip' }), transaction },
    });

  test('skips once, however often it is presented, and the next transaction skips again', async () => {
    await start();
    const first = await skipUnder('txn_1');
    expect((await skipUnder('txn_1')).status).toBe(200);
    const read = async () =>
      playerSchema.parse((await audio.call({ path: base(), grant: { action: 'player.read' } })).body).current?.title;
    expect(await read()).toBe(playerResponseSchema.parse(first.body).player.current?.title);
    await skipUnder('txn_2');
    expect(await read()).not.toBe(playerResponseSchema.parse(first.body).player.current?.title);
  });

  test('adds a track once when the same interaction is handled by two lives of a bot at a time', async () => {
    const add = () =>
      audio.call({
        method: 'POST',
        path: `${base()}/queue`,
        body: { query: playlist },
        grant: { action: 'player.enqueue', member: witnessed(), transaction: 'txn_3' },
      });
    const answers = (await Promise.all([add(), add()])).map(({ body }) => enqueueResponseSchema.parse(body));
    expect(answers.map(({ added }) => added[0]?.title)).toEqual(['Harbour Lights', 'Harbour Lights']);
    expect(answers.map(({ addedCount }) => addedCount)).toEqual([4, 4]);
    expect(new Set(answers.map(({ added }) => added[0]?.entryId)).size).toBe(1);
    const player = playerSchema.parse((await audio.call({ path: base(), grant: { action: 'player.read' } })).body);
    expect(player.queueLength).toBe(3);
  });

  test('may be tried again when it failed', async () => {
    expect((await skipUnder('txn_4')).status).toBe(409);
    await start();
    expect((await skipUnder('txn_4')).status).toBe(200);
  });
});
