import { afterEach, describe, expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import {
  audioRig,
  eventually,
  lounge,
  member,
  otherLounge,
  type AudioRig,
  asTimePasses,
} from '../testing/audio-rig.ts';

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

const lights = 'https://music.sandbox.test/playlist/harbour-lights';

async function playingRig(options?: Parameters<typeof audioRig>[0]): Promise<AudioRig> {
  const rig = await audioRig(options);
  open.push(rig);
  await rig.audio.commands.enqueue(rig.guildKey, member(), lights);
  await eventually(() => causes(rig)).toContain('track-start');
  await eventually(() => shown(rig)).toMatchObject({ title: 'Harbour Lights', connected: true });
  // An update that is still on its way when the clock is changed would count for the time after.
  await eventually(() => rig.told.some((message) => message.includes('playerUpdate'))).toBe(true);
  return rig;
}

/** What any node plays for the guild. */
const shown = ({ nodes }: AudioRig) =>
  [...nodes.values()].flatMap((node) => [...node.control.view().players]).find((player) => player.title !== null);

/** The node has noticed that nobody is connected anymore. */
async function stopped(rig: AudioRig): Promise<void> {
  await rig.stop();
  await eventually(() => rig.node.control.view().sessions.map(({ attached }) => attached)).toEqual([false]);
}

/** How many sessions the node has with somebody connected. */
const attached = ({ node }: AudioRig) => node.control.view().sessions.filter((session) => session.attached).length;
const causes = ({ seen }: AudioRig) => seen.flatMap((event) => (event.kind === 'player' ? [event.cause] : []));
const details = ({ seen }: AudioRig) =>
  seen.flatMap((event) => (event.kind === 'player' && event.detail ? [event.detail] : []));
const read = ({ audio, guildKey }: AudioRig) => audio.commands.read(guildKey);

describe('a restart of the audio service', () => {
  test('keeps the loop, the history, the shuffled order and a position that was gone to', async () => {
    const rig = await playingRig();
    const tell = (...given: Parameters<typeof rig.audio.commands.operate>) => rig.audio.commands.operate(...given);
    await rig.audio.commands.skip(rig.guildKey, member());
    const before = (await read(rig)).queue.map(({ title }) => title);
    await tell(rig.guildKey, member(), 'loop', { mode: 'queue' });
    await tell(rig.guildKey, member(), 'arrange', { first: 1, second: 2 });
    await tell(rig.guildKey, member(), 'seek', { to: '1:30' });
    await eventually(() => shown(rig)).toMatchObject({ title: 'Salt on the Window', positionMs: 90_000 });
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', positionMs: 90_000 });
    await stopped(rig);
    await rig.start();
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', loop: 'queue', positionMs: 90_000 });
    expect((await read(rig)).queue.map(({ title }) => title)).toEqual([before[1], before[0], ...before.slice(2)]);
    await rig.audio.commands.operate(rig.guildKey, member(), 'jump', undefined);
    await eventually(() => shown(rig)).toMatchObject({ title: 'Harbour Lights', positionMs: 0 });
  });

  test('does not stop the music, and the queue is there', async () => {
    const rig = await playingRig();
    rig.clock.advance(20_000);
    const [session] = rig.node.control.view().sessions;
    await stopped(rig);
    expect(shown(rig)?.title).toBe('Harbour Lights');
    rig.clock.advance(10_000);
    await rig.start();
    await eventually(() => rig.node.control.view().sessions).toMatchObject([{ id: session?.id, attached: true }]);
    await eventually(() => read(rig)).toMatchObject({
      state: 'playing',
      queueLength: 3,
      current: { title: 'Harbour Lights' },
    });
    await eventually(async () => (await read(rig)).positionMs).toBe(30_000);
    expect(shown(rig)?.positionMs).toBe(30_000);
    await rig.audio.commands.skip(rig.guildKey, member());
    expect(shown(rig)?.title).toBe('Salt on the Window');
  });

  test('hears of the track that ended meanwhile, and goes on with the next', async () => {
    const rig = await playingRig();
    rig.clock.advance(200_000);
    await stopped(rig);
    rig.clock.advance(20_000);
    expect(shown(rig)).toBeUndefined();
    await rig.start();
    await eventually(() => shown(rig)?.title).toBe('Salt on the Window');
    expect(await read(rig)).toMatchObject({ current: { title: 'Salt on the Window' }, queueLength: 2 });
  });

  test('that takes longer than the node waits makes the player anew where it was', async () => {
    const rig = await playingRig();
    await rig.audio.commands.setVolume(rig.guildKey, member(), 55);
    rig.clock.advance(30_000);
    await rig.audio.commands.pause(rig.guildKey, member());
    await rig.audio.commands.resume(rig.guildKey, member());
    await stopped(rig);
    rig.clock.advance(61_000);
    expect(rig.node.control.view().players).toEqual([]);
    await rig.start();
    await eventually(() => shown(rig)).toMatchObject({
      title: 'Harbour Lights',
      volume: 55,
      positionMs: 30_000,
      connected: true,
    });
  });

  test('in which the bot lost its voice connection joins again', async () => {
    const rig = await playingRig();
    rig.clock.advance(30_000);
    await rig.audio.commands.pause(rig.guildKey, member());
    await stopped(rig);
    rig.voice.forget(rig.guildKey);
    await rig.start();
    rig.clock.advance(10_000);
    await eventually(() => rig.voice.where(rig.guildKey)).toBe(lounge);
    await eventually(() => shown(rig)).toMatchObject({
      title: 'Harbour Lights',
      paused: true,
      connected: true,
      positionMs: 30_000,
    });
  });

  test('forgets nothing of what was done: what is asked for again is answered, and not done again', async () => {
    const rig = await playingRig();
    const once = (idempotencyKey: string) => ({ ...member(), idempotencyKey });
    await rig.audio.commands.skip(rig.guildKey, once('txn_1 player.skip'));
    const added = await rig.audio.commands.enqueue(rig.guildKey, once('txn_2 player.enqueue'), 'driftwood choir');
    await rig.restart();
    const { player: skipped } = await rig.audio.commands.skip(rig.guildKey, once('txn_1 player.skip'));
    expect(skipped.current?.title).toBe('Salt on the Window');
    const again = await rig.audio.commands.enqueue(rig.guildKey, once('txn_2 player.enqueue'), 'driftwood choir');
    expect(again).toMatchObject({ added: added.added, addedCount: 1, player: { queueLength: 3 } });
    expect((await rig.audio.commands.skip(rig.guildKey, once('txn_3 player.skip'))).player.queueLength).toBe(2);
  });

  test('forgets nothing of a pause', async () => {
    const rig = await playingRig();
    await rig.audio.commands.pause(rig.guildKey, member());
    await rig.restart();
    await eventually(() => rig.node.control.view().sessions).toMatchObject([{ attached: true }]);
    expect(await read(rig)).toMatchObject({ state: 'paused' });
    expect(shown(rig)?.paused).toBe(true);
    const { state } = await rig.audio.commands.resume(rig.guildKey, member());
    // A resume before the service has heard from its node again is noticed at its next check.
    expect(['playing', 'waiting']).toContain(state);
    await asTimePasses(rig.clock, () => shown(rig)?.paused).toBe(false);
    expect(await read(rig)).toMatchObject({ state: 'playing' });
  });
});

describe('a node', () => {
  test('whose socket was dropped is resumed, and the music never stopped', async () => {
    const rig = await playingRig();
    const before = rig.node.control.view().sessions[0]?.id;
    await rig.node.control.fault({ dropSockets: true });
    await eventually(() => rig.node.control.view().sessions).toMatchObject([{ id: before, attached: false }]);
    expect(shown(rig)?.title).toBe('Harbour Lights');
    await eventually(() => rig.node.control.view().sessions).toMatchObject([{ id: before, attached: true }]);
    rig.clock.advance(214_000);
    await eventually(() => shown(rig)?.title).toBe('Salt on the Window');
    expect(causes(rig)).not.toContain('failure');
  });

  test('that starts anew gets the player again, at the position it had', async () => {
    const rig = await playingRig();
    rig.clock.advance(60_000);
    await rig.node.control.fault({ restart: true });
    await eventually(() => shown(rig)).toMatchObject({ title: 'Harbour Lights', positionMs: 60_000, connected: true });
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', queueLength: 3 });
  });

  test('that is dead makes the music wait and takes it up when it is back', async () => {
    const rig = await playingRig();
    rig.clock.advance(50_000);
    await rig.node.control.fault({ dead: true, restart: true });
    await asTimePasses(rig.clock, async () => (await read(rig)).state).toBe('waiting');
    expect(await rig.audio.commands.pause(rig.guildKey, member())).toMatchObject({ state: 'waiting' });
    await expect(rig.audio.commands.enqueue(rig.guildKey, member(), 'low water')).rejects.toMatchObject({
      code: 'player.node-unavailable',
    });
    expect((await rig.health.report()).status).toBe('degraded');
    await rig.node.control.fault({ dead: false });
    await eventually(() => shown(rig)).toMatchObject({ title: 'Harbour Lights', paused: true });
    await eventually(() => read(rig)).toMatchObject({ state: 'paused', queueLength: 3, reason: null });
    expect(shown(rig)?.positionMs).toBeGreaterThanOrEqual(50_000);
    expect(shown(rig)?.positionMs).toBeLessThan(60_000);
  });

  test('that is dead hands its music to another, which keeps it', async () => {
    const rig = await playingRig({ nodes: ['one', 'two'] });
    const [first] = [...rig.nodes].filter(([, node]) => node.control.view().players.length > 0);
    const [other] = [...rig.nodes].filter(([, node]) => node.control.view().players.length === 0);
    if (!first || !other) throw new Error('the player has to be on one of two nodes');
    rig.clock.advance(40_000);
    await first[1].control.fault({ dead: true });
    await asTimePasses(rig.clock, () => other[1].control.view().players).toMatchObject([
      { title: 'Harbour Lights', connected: true },
    ]);
    await first[1].control.fault({ dead: false });
    await eventually(() => first[1].control.view().players).toEqual([]);
    expect(other[1].control.view().players).toMatchObject([{ title: 'Harbour Lights' }]);
  });

  describe('that was out of reach, as every other was,', () => {
    /** The other one is back first, and the music still waits. */
    async function otherIsBack() {
      const rig = await playingRig({ nodes: ['one', 'two'] });
      const players = (id: string) => rig.nodes.get(id)?.control.view().players ?? [];
      const [first = '', other = ''] = [...rig.nodes.keys()].toSorted(
        (one, two) => players(two).length - players(one).length,
      );
      rig.clock.advance(40_000);
      for (const node of rig.nodes.values()) await node.control.fault({ dead: true });
      await asTimePasses(rig.clock, async () => (await read(rig)).state).toBe('waiting');
      rig.clock.advance(3_000);
      await rig.nodes.get(other)?.control.fault({ dead: false });
      await eventually(() =>
        rig.nodes
          .get(other)
          ?.control.view()
          .sessions.some(({ attached }) => attached),
      ).toBe(true);
      rig.clock.advance(1_000);
      // In its turn after what the node's return has caused.
      await rig.audio.commands.setVolume(rig.guildKey, member(), 90);
      expect(players(other)).toEqual([]);
      return { rig, first, other, players };
    }

    test('keeps its music when it is back soon after, and has played on', async () => {
      const { rig, first, other, players } = await otherIsBack();
      await rig.nodes.get(first)?.control.fault({ dead: false });
      await eventually(async () => (await read(rig)).state).toBe('playing');
      expect(players(first)).toMatchObject([{ title: 'Harbour Lights' }]);
      expect(players(first)[0]?.positionMs).toBeGreaterThanOrEqual(44_000);
      expect((await read(rig)).positionMs).toBe(players(first)[0]?.positionMs);
      expect(players(other)).toEqual([]);
    });

    test('hands it over when it is not', async () => {
      const { rig, other, players } = await otherIsBack();
      await asTimePasses(rig.clock, () => players(other)).toMatchObject([{ title: 'Harbour Lights', connected: true }]);
      await eventually(async () => (await read(rig)).state).toBe('playing');
    });
  });

  test('that is dead hands over the filters too, and a restart of the service keeps them', async () => {
    const rig = await playingRig({ nodes: ['one', 'two'] });
    const [first] = [...rig.nodes].filter(([, node]) => node.control.view().players.length > 0);
    const [other] = [...rig.nodes].filter(([, node]) => node.control.view().players.length === 0);
    if (!first || !other) throw new Error('the player has to be on one of two nodes');
    await rig.audio.commands.operate(rig.guildKey, member(), 'filter', { speed: 150 });
    const passes = (node: (typeof other)[1]) => {
      const before = node.control.view().players[0]?.positionMs ?? 0;
      rig.clock.advance(2_000);
      return (node.control.view().players[0]?.positionMs ?? 0) - before;
    };
    expect(passes(first[1])).toBe(3_000);
    await first[1].control.fault({ dead: true });
    await asTimePasses(rig.clock, () => other[1].control.view().players).toMatchObject([
      { title: 'Harbour Lights', connected: true },
    ]);
    expect(passes(other[1])).toBe(3_000);
    await rig.stop();
    await rig.start();
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', speed: 1.5, filters: ['Speed 150 %'] });
    expect(passes(other[1])).toBe(3_000);
  });

  test('that breaks a track gets it once more, and then the next', async () => {
    const rig = await playingRig();
    rig.node.control.fail(rig.guildKey.guild, undefined, { message: 'Region locked' });
    await eventually(() => details(rig)).toContainEqual(expect.stringContaining('once more'));
    await eventually(() => shown(rig)?.title).toBe('Harbour Lights');
    rig.node.control.fail(rig.guildKey.guild);
    await eventually(() => shown(rig)?.title).toBe('Salt on the Window');
    expect(await read(rig)).toMatchObject({ queueLength: 2 });
  });

  test('on which a track hangs gets it once more', async () => {
    const rig = await playingRig();
    rig.clock.advance(20_000);
    rig.node.control.stick(rig.guildKey.guild);
    rig.clock.advance(10_000);
    await eventually(() => details(rig)).toContainEqual(expect.stringContaining('stopped delivering'));
    await eventually(() => shown(rig)?.positionMs).toBe(0);
  });

  test('on which one track after the other fails gets the next after a pause, and the rest plays', async () => {
    const rig = await playingRig();
    for (let count = 1; count <= 5; count += 1) {
      await eventually(() => shown(rig)?.title).toBeTruthy();
      rig.node.control.fail(rig.guildKey.guild);
      await eventually(() => causes(rig).filter((cause) => cause === 'failure')).toHaveLength(count);
    }
    expect(await read(rig)).toMatchObject({
      state: 'waiting',
      queueLength: 0,
      reason:
        'Skipped “Harbour Lights”, “Salt on the Window”, “Slow Ferry Home”. The last: The track broke on request.',
    });
    expect(details(rig).at(-1)).toContain('Slow Ferry Home');
    rig.clock.advance(4_000);
    expect(await read(rig)).toMatchObject({ state: 'waiting' });
    expect(shown(rig)).toBeUndefined();
    rig.clock.advance(1_000);
    await eventually(() => shown(rig)).toMatchObject({ connected: true });
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', reason: expect.stringContaining('Skipped') });
  });
});

describe('voice', () => {
  test('follows somebody who drags the bot to another channel', async () => {
    const rig = await playingRig();
    rig.voice.move(rig.guildKey, otherLounge);
    await eventually(() => shown(rig)).toMatchObject({
      channelId: otherLounge,
      connected: true,
      title: 'Harbour Lights',
    });
    await eventually(async () => (await read(rig)).voiceChannel).toBe(otherLounge);
    expect(causes(rig)).toContain('voice');
  });

  test('stops when the bot is kicked, and says so', async () => {
    const rig = await playingRig();
    rig.voice.kick(rig.guildKey);
    await eventually(() => read(rig)).toMatchObject({ state: 'idle', queueLength: 0, voiceChannel: null });
    expect(rig.node.control.view().players).toEqual([]);
    expect(details(rig).at(-1)).toContain('disconnected');
    await eventually(() => attached(rig)).toBe(0);
    await rig.audio.commands.enqueue(rig.guildKey, member(), lights);
    await eventually(() => shown(rig)).toMatchObject({ title: 'Harbour Lights', connected: true });
  });

  test('leaves the music alone that the same bot plays elsewhere', async () => {
    const rig = await playingRig();
    const elsewhere = { ...rig.guildKey, guild: snowflake('100000000000000002') };
    await rig.audio.commands.enqueue(elsewhere, member(), 'driftwood choir');
    rig.voice.kick(rig.guildKey);
    await eventually(() => read(rig)).toMatchObject({ state: 'idle' });
    expect(await rig.audio.commands.read(elsewhere)).toMatchObject({ state: 'playing' });
    expect(attached(rig)).toBe(1);
  });

  test('is left after a minute in which nobody listened, and not when somebody came back', async () => {
    const rig = await playingRig();
    rig.voice.setListeners(lounge, 0);
    await settled(rig, 0);
    rig.clock.advance(50_000);
    rig.voice.setListeners(lounge, 1);
    await settled(rig, 1);
    rig.clock.advance(50_000);
    expect(rig.voice.where(rig.guildKey)).toBe(lounge);
    rig.voice.setListeners(lounge, 0);
    await settled(rig, 0);
    rig.clock.advance(60_000);
    await eventually(() => rig.voice.where(rig.guildKey)).toBeUndefined();
    await eventually(() => details(rig).at(-1)).toContain('Nobody was listening');
  });

  test('without listeners makes the music wait where it is, also through a restart, until somebody comes', async () => {
    const rig = await playingRig();
    rig.clock.advance(5_000);
    rig.voice.setListeners(lounge, 0);
    await eventually(() => shown(rig)?.paused).toBe(true);
    await eventually(() => read(rig)).toMatchObject({ state: 'waiting', why: { code: 'nobody' } });
    await rig.stop();
    await rig.start();
    await eventually(() => read(rig)).toMatchObject({ state: 'waiting', why: { code: 'nobody' } });
    rig.clock.advance(20_000);
    expect(shown(rig)).toMatchObject({ paused: true, title: 'Harbour Lights' });
    rig.voice.setListeners(lounge, 1);
    await eventually(() => shown(rig)?.paused).toBe(false);
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', reason: null });
    expect(shown(rig)?.positionMs).toBeLessThan(15_000);
  });

  test('where nobody was when somebody at the portal began plays on', async () => {
    const rig = await playingRig();
    await rig.audio.commands.stop(rig.guildKey, member());
    rig.voice.setListeners(lounge, 0);
    await rig.audio.commands.enqueue(rig.guildKey, member(), lights);
    await eventually(() => shown(rig)).toMatchObject({ title: 'Harbour Lights', connected: true, paused: false });
    rig.voice.setListeners(lounge, []);
    await settled(rig, 0);
    expect(await read(rig)).toMatchObject({ state: 'playing', reason: null });
    await rig.stop();
    await rig.start();
    await settled(rig, 0);
    expect(await read(rig)).toMatchObject({ state: 'playing', reason: null });
  });

  test('that everybody has left while the service was away makes the music wait, and is left after a minute', async () => {
    const rig = await playingRig();
    await rig.stop();
    rig.voice.setListeners(lounge, 0);
    await rig.start();
    await eventually(() => read(rig)).toMatchObject({ state: 'waiting', why: { code: 'nobody' } });
    await eventually(() => shown(rig)?.paused).toBe(true);
    rig.clock.advance(50_000);
    expect(rig.voice.where(rig.guildKey)).toBe(lounge);
    expect(shown(rig)?.paused).toBe(true);
    rig.clock.advance(10_000);
    await eventually(() => rig.voice.where(rig.guildKey)).toBeUndefined();
  });

  test('is followed on after its stream broke, and what changed meanwhile is noticed', async () => {
    const rig = await playingRig();
    rig.voice.dropStreams();
    await eventually(() => rig.voice.followers).toBe(0);
    rig.voice.move(rig.guildKey, otherLounge);
    await eventually(() => {
      rig.clock.advance(250);
      return rig.voice.followers;
    }).toBe(1);
    await eventually(async () => (await read(rig)).voiceChannel).toBe(otherLounge);
    await eventually(() => shown(rig)).toMatchObject({ channelId: otherLounge, connected: true });
  });

  test('that Discord lost is made anew, and the music goes on where it was', async () => {
    const rig = await playingRig();
    rig.clock.advance(25_000);
    await rig.audio.commands.pause(rig.guildKey, member());
    await rig.audio.commands.resume(rig.guildKey, member());
    rig.voice.dropStreams();
    rig.voice.forget(rig.guildKey);
    await eventually(() => {
      rig.clock.advance(250);
      return rig.voice.where(rig.guildKey);
    }).toBe(lounge);
    await eventually(() => shown(rig)).toMatchObject({ title: 'Harbour Lights', connected: true });
    expect(shown(rig)?.positionMs).toBeGreaterThanOrEqual(25_000);
  });

  test('that a new session of the bot is without is made anew at once, with the queue kept', async () => {
    const rig = await playingRig();
    rig.clock.advance(25_000);
    rig.voice.beginAnew(rig.guildKey);
    await eventually(() => rig.voice.where(rig.guildKey)).toBe(lounge);
    await eventually(() => shown(rig)).toMatchObject({ title: 'Harbour Lights', connected: true });
    expect(await read(rig)).toMatchObject({ queueLength: 3, voiceChannel: lounge });
  });

  const settled = (rig: AudioRig, listeners: number) =>
    eventually(() => rig.audio.voice.state(rig.guildKey)?.listeners).toBe(listeners);
});
