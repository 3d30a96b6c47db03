import { afterEach, expect, test } from 'vitest';
import { audioRig, lounge, member, type AudioRig } from '../testing/audio-rig.ts';

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

async function rig(options?: Parameters<typeof audioRig>[0]): Promise<AudioRig> {
  const made = await audioRig(options);
  open.push(made);
  return made;
}

test('joins the member and plays what a search finds', async () => {
  const { audio, place, playing, voice, seen } = await rig();
  const answer = await audio.commands.enqueue(place, member(), 'harbour lights');
  expect(answer).toMatchObject({ addedCount: 1, added: [{ title: 'Harbour Lights' }], playlistName: null });
  expect(answer.player).toMatchObject({ state: 'playing', current: { title: 'Harbour Lights' }, voiceChannel: lounge });
  await expect.poll(() => playing()).toMatchObject({ title: 'Harbour Lights', connected: true, volume: 100 });
  expect(voice.where(place)).toBe(lounge);
  await expect.poll(() => seen.map((event) => event.kind === 'player' && event.cause)).toContain('track-start');
});
