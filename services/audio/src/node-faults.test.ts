import { afterEach, describe, expect, test } from 'vitest';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { audioRig, eventually, lounge, member, type AudioRig } from '../testing/audio-rig.ts';

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

const lights = 'https://music.sandbox.test/playlist/harbour-lights';

async function idleRig(answerWithinMs = 1_000): Promise<AudioRig> {
  const rig = await audioRig({ answerWithinMs });
  open.push(rig);
  return rig;
}

async function playingRig(answerWithinMs?: number): Promise<AudioRig> {
  const rig = await idleRig(answerWithinMs);
  await rig.audio.commands.enqueue(rig.guildKey, member(), lights);
  await eventually(() => read(rig)).toMatchObject({ state: 'playing' });
  await eventually(() => started(rig)).toBe(1);
  await eventually(() => rig.told.some((message) => message.includes('playerUpdate'))).toBe(true);
  return rig;
}

const read = ({ audio, guildKey }: AudioRig) => audio.commands.read(guildKey);
const lavalinkHealth = async ({ health }: AudioRig) =>
  (await health.report()).causes.find(({ name }) => name === 'lavalink');
const started = ({ seen }: AudioRig) =>
  seen.filter((event) => event.kind === 'player' && event.cause === 'track-start').length;
const lookedAgain = (rig: AudioRig) =>
  eventually(async () => {
    rig.clock.advance(500);
    return read(rig);
  });

describe('a node that leaves a request unanswered while its socket lives', () => {
  test.each(['lost', 'done'] as const)(
    'is named to who skips, and asked until the next plays (%s)',
    async (restSilent) => {
      const rig = await playingRig();
      await rig.node.control.fault({ restSilent });
      await expect(rig.audio.commands.skip(rig.guildKey, member())).rejects.toMatchObject({
        code: 'player.node-no-answer',
        message: expect.stringContaining('not responding'),
        status: 424,
      });
      // A node that carried it out may have reported that on its socket by now.
      const state = await read(rig);
      if (restSilent === 'lost' || state.state !== 'playing') {
        expect(state).toMatchObject({ state: 'waiting', reason: expect.stringContaining('did not respond') });
      }
      expect(state).toMatchObject({ current: { title: 'Salt on the Window' } });
      await rig.node.control.fault({ restSilent: null });
      await lookedAgain(rig).toMatchObject({ state: 'playing', reason: null });
      expect(rig.playing()).toMatchObject({ title: 'Salt on the Window', paused: false });
      expect(await read(rig)).toMatchObject({ current: { title: 'Salt on the Window' }, queueLength: 2 });
    },
  );

  test('does not let the state say paused while the music sounds, and is paused when it answers', async () => {
    const rig = await playingRig();
    rig.clock.advance(30_000);
    await rig.node.control.fault({ restSilent: 'lost' });
    await expect(rig.audio.commands.pause(rig.guildKey, member())).rejects.toMatchObject({
      code: 'player.node-no-answer',
    });
    expect(await read(rig)).toMatchObject({ state: 'waiting' });
    expect(rig.playing()?.paused).toBe(false);
    await rig.node.control.fault({ restSilent: null });
    await lookedAgain(rig).toMatchObject({ state: 'paused', reason: null });
    await eventually(() => rig.playing()?.paused).toBe(true);
    expect(rig.playing()?.positionMs).toBeGreaterThanOrEqual(30_000);
  });

  test('and takes a track without a word is asked whether it plays', async () => {
    const rig = await playingRig();
    // The order is answered and its track start never reported.
    await rig.node.control.fault({ muted: true });
    await rig.audio.commands.skip(rig.guildKey, member());
    await rig.node.control.fault({ muted: false });
    const [heard] = rig.node.control.view().players;
    expect(heard?.title).toBe('Salt on the Window');
    rig.clock.advance(2_000);
    await eventually(() => rig.node.control.view().players[0]?.positionMs).toBe(2_000);
    await eventually(async () => (await read(rig)).positionMs).toBe(2_000);
  });

  test('is silenced when it answers, where the last track was skipped', async () => {
    const rig = await idleRig();
    await rig.audio.commands.enqueue(rig.guildKey, member(), 'golden hour');
    await eventually(() => started(rig)).toBe(1);
    await rig.node.control.fault({ restSilent: 'lost' });
    await expect(rig.audio.commands.skip(rig.guildKey, member())).rejects.toMatchObject({
      code: 'player.node-no-answer',
    });
    await rig.node.control.fault({ restSilent: null });
    await eventually(() => {
      rig.clock.advance(500);
      return rig.playing()?.title;
    }).toBeNull();
  });

  test('cannot close itself to other tenants by what one waits for', async () => {
    const rig = await playingRig(250);
    await rig.node.control.fault({ restSilent: 'lost' });
    const codes: unknown[] = [];
    for (let count = 0; count < 8; count += 1) {
      await rig.audio.commands
        .search(rig.guildKey.tenant, 'harbour')
        .catch((error: unknown) => codes.push(error instanceof BailiwickError && error.code));
    }
    // Its own loads rest after a few.
    expect(codes).toHaveLength(8);
    expect(codes[0]).toBe('player.node-no-answer');
    expect(codes.at(-1)).toBe('player.node-unavailable');
    await rig.node.control.fault({ restSilent: null });
    expect((await rig.audio.commands.search(rig.tenants[1], 'harbour')).tracks).not.toEqual([]);
  });
});

describe('a node that is out of order', () => {
  test('by a page instead of an answer is not believed', async () => {
    const rig = await playingRig();
    await rig.node.control.fault({
      restAnswer: { status: 200, contentType: 'text/html', body: '<html>Sign in</html>' },
    });
    await rig.audio.commands.pause(rig.guildKey, member());
    expect(await read(rig)).toMatchObject({
      state: 'waiting',
      reason: expect.stringContaining('music server is unavailable'),
    });
    await expect(rig.audio.commands.search(rig.guildKey.tenant, 'harbour')).rejects.toMatchObject({
      code: 'player.node-unavailable',
    });
    expect(await lavalinkHealth(rig)).toMatchObject({
      status: 'degraded',
      detail: expect.stringContaining('main answered 200 text/html'),
    });
    await rig.node.control.fault({ restAnswer: { status: 200, contentType: 'application/json', body: '[]' } });
    await expect(rig.audio.commands.search(rig.guildKey.tenant, 'harbour')).rejects.toMatchObject({
      code: 'player.node-unavailable',
    });
    await rig.node.control.fault({ restAnswer: null });
    await lookedAgain(rig).toMatchObject({ state: 'paused', reason: null });
    expect(rig.playing()?.paused).toBe(true);
  });

  test('by a password that it does not take any more says so to operators', async () => {
    const rig = await playingRig();
    await rig.node.control.fault({ refusesPassword: true, dropSockets: true });
    await eventually(() => lavalinkHealth(rig)).toMatchObject({
      status: 'degraded',
      detail: 'main refuses the password (401)',
    });
    await expect(rig.audio.commands.search(rig.tenants[1], 'harbour')).rejects.toMatchObject({ status: 424 });
    expect(await lavalinkHealth(rig)).toMatchObject({ detail: 'main refuses the password (403)' });
    await rig.node.control.fault({ refusesPassword: false });
    await eventually(async () => (await rig.health.report()).status).toBe('healthy');
  });
});

describe('tracks of unknown length', () => {
  test('can be listed, paused, skipped and played like any other', async () => {
    const rig = await idleRig();
    const { commands } = rig.audio;
    const added = await commands.enqueue(rig.guildKey, member(), 'https://music.sandbox.test/files/Demo%20tape.mp3');
    expect(added).toMatchObject({
      added: [{ title: 'Demo tape.mp3', lengthMs: null, isStream: false }],
      refused: null,
    });
    await commands.enqueue(rig.guildKey, member(), 'https://music.sandbox.test/radio/one');
    await eventually(() => started(rig)).toBe(1);
    rig.clock.advance(3_600_000);
    expect(await read(rig)).toMatchObject({ positionMs: 3_600_000, queue: [{ isStream: true, lengthMs: null }] });
    expect(await commands.pause(rig.guildKey, member())).toMatchObject({ state: 'paused' });
    expect((await commands.skip(rig.guildKey, member())).player).toMatchObject({ current: { isStream: true } });
    expect(await commands.setVolume(rig.guildKey, member(), 20)).toMatchObject({ volume: 20 });
  });

  test('that were stored before lengths could be unknown are read as unknown', async () => {
    const rig = await playingRig();
    await rig.stop();
    await rig.edit(({ current, ...document }) => ({
      ...document,
      current: { ...(current as object), lengthMs: Number.MAX_SAFE_INTEGER },
    }));
    await rig.start();
    await eventually(() => read(rig)).toMatchObject({ current: { lengthMs: null } });
  });
});

test('a track that the node refuses at once is told as refused', async () => {
  const rig = await idleRig();
  await rig.audio.commands.enqueue(rig.guildKey, member(), 'golden hour');
  await eventually(() => started(rig)).toBe(1);
  await rig.audio.commands.skip(rig.guildKey, member());
  rig.faults.refuse = ({ method, body }) => (method === 'PATCH' && body?.includes('"encoded":"') ? 400 : undefined);
  const answer = await rig.audio.commands.enqueue(rig.guildKey, member(), 'low water');
  expect(answer).toMatchObject({
    refused: '“Low Water” was skipped: the music server refused it.',
    player: { state: 'idle', queueLength: 0, reason: '“Low Water” was skipped: the music server refused it.' },
  });
});

test('a track that broke says why, in the player itself', async () => {
  const rig = await playingRig();
  for (const count of [1, 2]) {
    rig.node.control.fail(rig.guildKey.guild, undefined, { message: 'Region locked' });
    await eventually(() => started(rig)).toBe(count + 1);
  }
  expect(await read(rig)).toMatchObject({
    state: 'playing',
    current: { title: 'Salt on the Window' },
    reason: '“Harbour Lights” was skipped: Region locked.',
  });
});

test('what a playlist left out is told with its reasons', async () => {
  const rig = await idleRig();
  const asker = {
    ...member(),
    idempotencyKey: 'txn_1 player.enqueue',
    obligations: { maxQueuedPerMember: 1, maxTrackLengthMs: 230_000 },
  };
  const answer = await rig.audio.commands.enqueue(rig.guildKey, asker, lights);
  const leftOut = [
    { reason: 'too-long', count: 1 },
    { reason: 'quota', count: 1 },
  ];
  expect(answer).toMatchObject({ addedCount: 2, leftOut });
  expect(await rig.audio.commands.enqueue(rig.guildKey, asker, lights)).toMatchObject({ addedCount: 2, leftOut });
});

describe('an outage', () => {
  test('is shown within a second, and loses no position, whoever pauses and resumes meanwhile', async () => {
    const rig = await playingRig();
    rig.clock.advance(50_000);
    await rig.node.control.fault({ dead: true });
    await eventually(async () => {
      rig.clock.advance(100);
      return read(rig);
    }).toMatchObject({ state: 'waiting', reason: expect.stringContaining('music server is unavailable') });
    const shownAtMs = (await read(rig)).positionMs;
    expect(shownAtMs).toBeLessThan(52_000);
    await rig.audio.commands.pause(rig.guildKey, member());
    rig.clock.advance(2_000);
    await rig.audio.commands.resume(rig.guildKey, member());
    await rig.node.control.fault({ dead: false });
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', reason: null });
    // The node never stopped: its own position counts.
    expect((await read(rig)).positionMs).toBe(rig.playing()?.positionMs);
    expect(rig.playing()?.positionMs).toBeGreaterThanOrEqual(52_000);
  });

  test('in which the session lived sets nothing back, however long it took', async () => {
    const rig = await playingRig();
    rig.clock.advance(50_000);
    await rig.node.control.fault({ dead: true });
    for (let seconds = 0; seconds < 55; seconds += 1) {
      rig.clock.advance(1_000);
      await read(rig);
    }
    await rig.node.control.fault({ dead: false });
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', reason: null });
    expect(rig.playing()).toMatchObject({ title: 'Harbour Lights', positionMs: 105_000 });
    expect((await read(rig)).positionMs).toBe(105_000);
    rig.clock.advance(109_000);
    await eventually(() => rig.playing()?.title).toBe('Salt on the Window');
  });

  test('is over for whoever asks first', async () => {
    const rig = await playingRig();
    await rig.node.control.fault({ dead: true });
    // After the third, the next one would be two seconds away.
    await eventually(() => rig.tries).toBe(4);
    await rig.node.control.fault({ dead: false });
    rig.clock.advance(1_000);
    const askedAtMs = performance.now();
    await rig.audio.commands.enqueue(rig.guildKey, member(), 'low water');
    await eventually(() => rig.node.control.view().sessions).toMatchObject([{ attached: true }]);
    expect(performance.now() - askedAtMs).toBeLessThan(1_500);
  });
});

describe('a voice server', () => {
  const leaves = ({ voice }: AudioRig) => voice.sent.filter(({ channel }) => channel === null).length;

  test('that closes every identify is tried again after 1, 2, 4, 8 and 16 s, and then given up with a reason', async () => {
    const rig = await playingRig();
    await rig.node.control.fault({ voiceRefusal: 4006 });
    rig.node.control.closeVoice(rig.guildKey.guild, undefined, { code: 4006 });
    await eventually(() => read(rig)).toMatchObject({ state: 'waiting', reason: expect.stringContaining('voice') });
    for (const [tries, delayMs] of [1_000, 2_000, 4_000, 8_000, 16_000].entries()) {
      await settled(rig, tries + 1);
      await eventually(() => rig.clock.dueInMs()).toContain(delayMs);
      rig.clock.advance(delayMs - 1);
      await read(rig);
      expect(leaves(rig)).toBe(tries);
      rig.clock.advance(1);
      await eventually(() => leaves(rig)).toBeGreaterThanOrEqual(tries + 1);
    }
    await eventually(() => read(rig)).toMatchObject({
      state: 'idle',
      voiceChannel: null,
      reason: expect.stringContaining('closing the connection (code 4006)'),
    });
    // The session is stored before the bot leaves.
    await eventually(() => leaves(rig)).toBe(6);
    rig.clock.advance(120_000);
    expect(rig.voice.sent.filter(({ channel }) => channel === lounge)).toHaveLength(6);
  });

  /** So many closes have been heard. */
  const settled = (rig: AudioRig, closes: number) =>
    eventually(() => rig.told.filter((message) => message.includes('"code":4006')).length).toBeGreaterThanOrEqual(
      closes,
    );

  test('whose close is of an earlier connection changes nothing', async () => {
    const rig = await playingRig();
    const sent = rig.voice.sent.length;
    rig.node.control.closeVoice(rig.guildKey.guild, undefined, { code: 4006 });
    rig.node.control.reconnectVoice(rig.guildKey.guild);
    await eventually(() => read(rig)).toMatchObject({ state: 'waiting' });
    rig.clock.advance(1_000);
    await eventually(() => read(rig)).toMatchObject({ state: 'playing' });
    expect(rig.voice.sent).toHaveLength(sent);
  });

  test.each([
    ['says 4014', 4014],
    ['is gone without a word', undefined],
  ])('that %s while the bot stays in its channel gets the credentials again, then the bot anew', async (_how, code) => {
    const rig = await playingRig();
    rig.clock.advance(30_000);
    rig.node.control.closeVoice(rig.guildKey.guild, undefined, code === undefined ? {} : { code });
    await eventually(() => {
      rig.clock.advance(500);
      return rig.playing()?.connected;
    }).toBe(true);
    expect(leaves(rig)).toBe(0);
    await rig.node.control.fault({ voiceRefusal: 4014 });
    rig.node.control.closeVoice(rig.guildKey.guild, undefined, { code: 4014 });
    await eventually(() => {
      rig.clock.advance(500);
      return leaves(rig);
    }).toBe(1);
    await rig.node.control.fault({ voiceRefusal: null });
    await eventually(() => {
      rig.clock.advance(500);
      return rig.playing();
    }).toMatchObject({ connected: true, title: 'Harbour Lights' });
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', reason: null });
    expect(rig.playing()?.positionMs).toBeGreaterThanOrEqual(30_000);
  });

  test('that cannot be spoken to is given up at once', async () => {
    const rig = await playingRig();
    rig.node.control.closeVoice(rig.guildKey.guild, undefined, { code: 4017 });
    await eventually(() => read(rig)).toMatchObject({ state: 'idle', reason: expect.stringContaining('encrypted') });
  });
});
