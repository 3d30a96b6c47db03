import { afterEach, describe, expect, test } from 'vitest';
import { audioRig, eventually, lounge, member, type AudioRig } from '../testing/audio-rig.ts';

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
  rig.clock.advance(20_000);
  return rig;
}

const shown = ({ node }: AudioRig) => node.control.view().players.find(({ title }) => title !== null);
const read = ({ audio, guildKey }: AudioRig) => audio.commands.read(guildKey);
/** Where the bot was sent since it came. */
const sent = ({ voice }: AudioRig) => voice.sent.slice(1).map(({ channel }) => channel);

/** It goes on where it was: neither from the start, nor further on than the time that has passed. */
async function goesOn(rig: AudioRig): Promise<void> {
  // Within a second, or five if the node still says for a moment that it is connected.
  await eventually(async () => {
    const [player, { state, reason, voiceChannel }] = [shown(rig), await read(rig)];
    const isBack = player?.connected === true && !player.paused && state === 'playing';
    if (!isBack) rig.clock.advance(100);
    return { isBack, title: player?.title, reason, voiceChannel };
  }).toEqual({ isBack: true, title: 'Harbour Lights', reason: null, voiceChannel: lounge });
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

test('another voice server, as after a change of region, does not end the music', async () => {
  const rig = await playingRig();
  rig.voice.move(rig.guildKey, lounge);
  await goesOn(rig);
});
