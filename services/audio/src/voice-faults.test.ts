import { afterEach, describe, expect, test } from 'vitest';
import { audioRig, eventually, lounge, member, otherLounge, type AudioRig } from '../testing/audio-rig.ts';

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

const lights = 'https://music.sandbox.test/track/harbour-lights';

async function playingRig(): Promise<AudioRig> {
  const rig = await audioRig();
  open.push(rig);
  await rig.audio.commands.enqueue(rig.guildKey, member(), lights);
  await eventually(() => shown(rig)).toMatchObject({ title: 'Harbour Lights', connected: true });
  await eventually(async () => (await read(rig)).state).toBe('playing');
  // In its turn after what was told of the join.
  await rig.audio.commands.setVolume(rig.guildKey, member(), 90);
  rig.clock.advance(20_000);
  return rig;
}

const shown = ({ node }: AudioRig) => node.control.view().players.find(({ title }) => title !== null);
const read = ({ audio, guildKey }: AudioRig) => audio.commands.read(guildKey);
/** Where the bot was sent since it came. */
const sent = ({ voice }: AudioRig) => voice.sent.slice(1).map(({ channel }) => channel);

/** The codes with which the node's connections were closed. */
const closes = ({ told }: AudioRig): number[] =>
  told
    .map((message) => JSON.parse(message) as { type?: string; code?: number })
    .flatMap(({ type, code }) => (type === 'WebSocketClosedEvent' && code !== undefined ? [code] : []));

/** It goes on where it was: neither from the start, nor further on than the time that has passed. */
async function goesOn(rig: AudioRig, channel = lounge): Promise<void> {
  // Within a second, or five if the node still says for a moment that it is connected.
  await eventually(async () => {
    const [player, { state, reason, voiceChannel }] = [shown(rig), await read(rig)];
    const isBack = player?.connected === true && !player.paused && state === 'playing';
    if (!isBack) rig.clock.advance(100);
    return { isBack, title: player?.title, reason, voiceChannel };
  }).toEqual({ isBack: true, title: 'Harbour Lights', reason: null, voiceChannel: channel });
  expect(shown(rig)?.positionMs).toBeGreaterThanOrEqual(20_000);
  expect(shown(rig)?.positionMs).toBeLessThan(35_000);
}

describe('a voice connection that Discord closes', () => {
  test.each([4_006, 4_009])('with %i is made anew: the bot leaves and joins again', async (code) => {
    const rig = await playingRig();
    // What the node has does not serve any more, until the bot has left.
    await rig.node.control.fault({ voiceRefusal: code });
    rig.node.control.closeVoice(rig.guildKey.guild, undefined, { code });
    const closedAtMs = rig.clock.now();
    await eventually(() => {
      rig.clock.advance(100);
      return sent(rig)[0];
    }).toBeNull();
    // Credentials that are sent again first take six seconds.
    expect(rig.clock.now() - closedAtMs).toBeLessThan(5_000);
    await rig.node.control.fault({ voiceRefusal: null });
    await goesOn(rig);
    expect(sent(rig).slice(0, 2)).toEqual([null, lounge]);
  });

  test('with 4015, as its server crashed, is resumed: the node gets the credentials again, and the bot stays', async () => {
    const rig = await playingRig();
    rig.node.control.closeVoice(rig.guildKey.guild, undefined, { code: 4_015 });
    await eventually(() => shown(rig)?.connected).toBe(false);
    await goesOn(rig);
    expect(sent(rig)).toEqual([]);
  });
});

describe('another voice server, as after a change of region,', () => {
  test.each(['before', 'after', 'none'] as const)(
    'does not end the music, and the bot stays; its state is repeated: %s',
    async (state) => {
      const rig = await playingRig();
      rig.voice.changeServer(rig.guildKey, state);
      await goesOn(rig);
      expect(sent(rig)).toEqual([]);
      expect(closes(rig)).toEqual([4_014]);
    },
  );

  test('is told to a node that was refused by the one before, and the bot stays', async () => {
    const rig = await playingRig();
    await rig.node.control.fault({ voiceRefusal: 4_006 });
    rig.voice.changeServer(rig.guildKey, 'none');
    await eventually(() => closes(rig)).toEqual([4_014, 4_006]);
    await rig.node.control.fault({ voiceRefusal: null });
    rig.voice.changeServer(rig.guildKey, 'none');
    await goesOn(rig);
    expect(sent(rig)).toEqual([]);
  });
});

describe('a bot that is moved', () => {
  test('plays on once Discord has named a voice server for the new channel, and tries no other before', async () => {
    const rig = await playingRig();
    rig.voice.enter(rig.guildKey, otherLounge);
    await eventually(async () => (await read(rig)).voiceChannel).toBe(otherLounge);
    await eventually(() => closes(rig)).toEqual([4_014]);
    rig.voice.changeServer(rig.guildKey, 'none');
    await goesOn(rig, otherLounge);
    expect(closes(rig)).toEqual([4_014]);
    expect(shown(rig)?.channelId).toBe(otherLounge);
    expect(sent(rig)).toEqual([]);
  });

  test('plays on by the voice server that it had, if no other is named', async () => {
    const rig = await playingRig();
    rig.voice.enter(rig.guildKey, otherLounge);
    await eventually(() => closes(rig)).toEqual([4_014]);
    const movedAtMs = rig.clock.now();
    await goesOn(rig, otherLounge);
    expect(rig.clock.now() - movedAtMs).toBeLessThan(3_000);
    expect(shown(rig)?.channelId).toBe(otherLounge);
    expect(sent(rig)).toEqual([]);
  });
});

describe('a bot that cannot stay says why:', () => {
  test('its channel was deleted', async () => {
    const rig = await playingRig();
    rig.voice.deleteChannel(rig.guildKey);
    await eventually(async () => (await read(rig)).why).toMatchObject({ code: 'channel-deleted' });
    expect(await read(rig)).toMatchObject({ state: 'idle', voiceChannel: null });
    expect(sent(rig)).toEqual([]);
  });

  test.each([
    ['voice.full', 'channel-full'],
    ['voice.not-allowed', 'channel-forbidden'],
    ['voice.unknown-channel', 'channel-deleted'],
  ])('%s, when it lost its connection and wants to come back', async (code, why) => {
    const rig = await playingRig();
    rig.voice.refusing.set(lounge, code);
    rig.voice.beginAnew(rig.guildKey);
    await eventually(async () => (await read(rig)).why).toMatchObject({ code: why });
    expect(await read(rig)).toMatchObject({ state: 'idle', voiceChannel: null });
    rig.clock.advance(60_000);
    expect(sent(rig)).toEqual([lounge]);
  });
});
