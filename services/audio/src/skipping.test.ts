import { afterEach, expect, test } from 'vitest';
import { snowflake, type Snowflake } from '#infra/kernel/ids.ts';
import type { Obligations } from '#security/identity/obligations.ts';
import { ada, audioRig, eventually, lounge, member, text, type AudioRig } from '../testing/audio-rig.ts';
import type { Asker } from './application/member-rules.ts';

const [ben, cleo] = [snowflake('500000000000000002'), snowflake('500000000000000003')];

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

const by = (user: Snowflake, obligations?: Obligations): Asker => ({
  kind: 'discord',
  user,
  channel: text,
  voiceChannel: lounge,
  ...(obligations ? { obligations } : {}),
});
const voting = (user: Snowflake) => by(user, { voteShare: 0.5 });
const onlyOwn = (user: Snowflake) => by(user, { onlyOwn: true });

/** Ada has requested Golden Hour, which plays, and Ben Kitchen Radio, which waits. */
async function rig(): Promise<AudioRig> {
  const made = await audioRig();
  open.push(made);
  const { audio, guildKey } = made;
  await audio.commands.enqueue(guildKey, member(), 'https://music.sandbox.test/track/golden-hour');
  await audio.commands.enqueue(guildKey, by(ben), 'https://music.sandbox.test/track/kitchen-radio');
  return made;
}
const currentOf = async ({ audio, guildKey }: AudioRig) => (await audio.commands.read(guildKey)).current?.title;

test('lets a member who may skip only their own tracks skip those, and no others', async () => {
  const made = await rig();
  const { audio, guildKey } = made;
  await expect(audio.commands.skip(guildKey, onlyOwn(ben))).rejects.toMatchObject({ code: 'player.skip-not-yours' });
  expect(await currentOf(made)).toBe('Golden Hour');
  await audio.commands.skip(guildKey, onlyOwn(ada));
  expect(await currentOf(made)).toBe('Kitchen Radio');
  await audio.commands.skip(guildKey, onlyOwn(ben));
  expect(await currentOf(made)).toBeUndefined();
});

test('says what one member has in the queue, and where', async () => {
  const { audio, guildKey } = await rig();
  await audio.commands.enqueue(guildKey, member(), 'https://music.sandbox.test/track/low-water');
  await audio.commands.enqueue(guildKey, by(ben), 'https://music.sandbox.test/track/night-shift');
  const of = (user: Snowflake, from = 0) => audio.commands.slice(guildKey, { from, limit: 1, member: user });
  expect(await of(ben)).toMatchObject({
    entries: [{ title: 'Kitchen Radio' }],
    queueLength: 3,
    ofMember: { positions: [1], count: 2 },
  });
  expect(await of(ben, 1)).toMatchObject({
    entries: [{ title: 'Night Shift' }],
    ofMember: { positions: [3], count: 2 },
  });
  expect(await of(cleo)).toMatchObject({ entries: [], ofMember: { positions: [], count: 0 } });
});

test('lets whoever requested the track skip it where the others vote', async () => {
  const made = await rig();
  const { audio, guildKey, voice } = made;
  voice.setListeners(lounge, [ada, ben, cleo]);
  await eventually(() => audio.voice.state(guildKey)?.listeners).toBe(3);
  expect((await audio.commands.skip(guildKey, voting(ben))).vote).toEqual({ votes: 1, needed: 2, skipped: false });
  expect((await audio.commands.skip(guildKey, voting(ada))).vote).toBeUndefined();
  expect(await currentOf(made)).toBe('Kitchen Radio');
});

test('counts among those who hear the music: not among the deafened, unless they vote', async () => {
  const made = await rig();
  const { audio, guildKey, voice } = made;
  voice.setListeners(lounge, [ada, ben, cleo], [ada, cleo]);
  await eventually(() => audio.voice.state(guildKey)?.deafIds?.length).toBe(2);
  expect((await audio.commands.skip(guildKey, voting(cleo))).vote).toEqual({ votes: 1, needed: 1, skipped: true });
  expect(await currentOf(made)).toBe('Kitchen Radio');
});

test('skips when those who have not voted are deafened', async () => {
  const made = await rig();
  const { audio, guildKey, voice } = made;
  voice.setListeners(lounge, [ada, ben, cleo]);
  await eventually(() => audio.voice.state(guildKey)?.listeners).toBe(3);
  await audio.commands.skip(guildKey, voting(ben));
  expect(await currentOf(made)).toBe('Golden Hour');
  voice.setListeners(lounge, [ada, ben, cleo], [ada]);
  await eventually(() => currentOf(made)).toBe('Kitchen Radio');
});
