// @module-tag linux
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { harmonyHall, type HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { createInstallation, type HostedTenant, type RunningPlatform } from '#test/e2e/platform.ts';
import type { Person } from '#test/e2e/sandbox.ts';

/*
 * What members hear in a voice channel, by the packets that the sandbox's voice endpoint decrypted, not by what a
 * player, a node or a message claims. The tests are in order, and each continues where the previous one ended.
 */
const stack = new AsyncDisposableStack();
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;
let max: Person;

const heardSchema = z.object({
  bots: z.array(
    z.looseObject({
      userId: z.string(),
      channelId: z.string().nullable(),
      connected: z.boolean(),
      speaking: z.boolean(),
      packets: z.number(),
      silenceFrames: z.number(),
      undecryptable: z.number(),
      unheard: z.number(),
      tracks: z.array(z.looseObject({ title: z.string().nullable(), packets: z.number(), seconds: z.number() })),
    }),
  ),
});
const track = (slug: string) => ({ query: `https://music.sandbox.test/track/${slug}` });
/** A quarter of a second of sound. */
const enough = 12;

const sandboxUrl = () => new URL('/', platform.sandbox.apiUrl);

async function heard() {
  const answer = await fetch(new URL(`/sandbox/guilds/${hall.guild}/heard`, sandboxUrl()));
  const { bots } = heardSchema.parse(await answer.json());
  return bots.find(({ userId }) => userId === tenant.application.bot.id);
}
const titles = async () => (await heard())?.tracks.map(({ title }) => title);
const packetsOf = async (title: string) =>
  (await heard())?.tracks.findLast((candidate) => candidate.title === title)?.packets ?? 0;

async function post(path: string, body: object): Promise<void> {
  const answer = await fetch(new URL(path, sandboxUrl()), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.ok, await answer.text()).toBe(true);
}

const soon = { timeout: 15_000 };

beforeAll(async () => {
  const installation = stack.use(await createInstallation());
  platform = stack.use(await installation.start());
  hall = await harmonyHall(platform.sandbox);
  tenant = await platform.onboard('Harmony', hall.guild);
  const { guild, music: channel, max: user } = hall;
  max = platform.sandbox.person({ guild, channel, user, applicationId: tenant.application.id });
  await max.joinVoice(hall.lounge);
});

afterAll(() => stack.disposeAsync());

test('/play is heard in the voice channel, with the requested track', async () => {
  await max.type('play', track('rooftops'));
  await expect.poll(() => packetsOf('Rooftops'), soon).toBeGreaterThan(enough);
  expect(await heard()).toMatchObject({ channelId: hall.lounge, connected: true, undecryptable: 0, unheard: 0 });
  expect(await titles()).toEqual(['Rooftops']);
});

test('/skip makes the next track heard', async () => {
  await max.type('play', track('glass-winter'));
  await max.type('skip');
  await expect.poll(() => packetsOf('Glass Winter'), soon).toBeGreaterThan(enough);
  expect(await titles()).toEqual(['Rooftops', 'Glass Winter']);
});

test('/pause is silence, and /resume sound again', async () => {
  await max.type('pause');
  await expect.poll(heard, soon).toMatchObject({ speaking: false });
  const before = await packetsOf('Glass Winter');
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await packetsOf('Glass Winter')).toBe(before);
  await max.type('resume');
  await expect.poll(() => packetsOf('Glass Winter'), soon).toBeGreaterThan(before + enough);
});

test('a voice session that Discord ends is re-established, and the music is heard again', async () => {
  const before = await packetsOf('Glass Winter');
  await post(`/sandbox/guilds/${hall.guild}/voice/close`, { code: 4006 });
  await expect.poll(() => packetsOf('Glass Winter'), soon).toBeGreaterThan(before + enough);
});

test('a bot that was removed from the channel is no longer heard', async () => {
  await post(`/sandbox/guilds/${hall.guild}/voice`, { user: tenant.application.bot.id, channel: null });
  await expect.poll(heard, soon).toMatchObject({ connected: false, channelId: null });
  const before = (await heard())?.packets;
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect((await heard())?.packets).toBe(before);
});
