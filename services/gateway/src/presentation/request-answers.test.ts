import { Client, GatewayIntentBits, type RawFile } from 'discord.js';
import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import { createRequestAnswers } from './request-answers.ts';

const [channel, guild, user] = ['300', '200', '400'].map(snowflake) as [never, never, never];
const requested = (id: string) => ({ id: snowflake(id), guild, channel, user, query: 'a song', transaction: 'token' });

/** The bot in a channel where it has these permissions, before a Discord that takes note of what it is asked. */
function inChannel(permissions: bigint) {
  const clock = new FakeClock();
  const calls: string[] = [];
  let refuses = false;
  const rest = (method: string) => async (path: string, options?: { body?: unknown; files?: RawFile[] }) => {
    calls.push(`${method} ${path}${options?.body ? ` ${JSON.stringify(options.body)}` : ''}`);
    if (refuses) throw new Error('refused');
    return { id: String(900 + calls.length) };
  };
  const client = new Client({ intents: [GatewayIntentBits.Guilds] });
  const held = { has: (needed: bigint) => (permissions & needed) === needed };
  Object.assign(client, { user: { id: '1' } });
  Object.assign(client.rest, { post: rest('POST'), put: rest('PUT'), delete: rest('DELETE') });
  client.channels.cache.set(channel, { id: channel, guild: { id: guild }, permissionsFor: () => held } as never);
  const log = () => undefined;
  const answers = createRequestAnswers({ client, clock, logger: { debug: log, info: log, warn: log, error: log } });
  return { answers, calls, clock, refuse: (value: boolean) => (refuses = value) };
}

const [view, send, react, history, manage] = [1n << 10n, 1n << 11n, 1n << 6n, 1n << 16n, 1n << 13n];

test.each([
  ['deleted where the bot may', view | manage | react | history, ['DELETE /channels/300/messages/7']],
  ['marked where it may', view | react | history, ['PUT /channels/300/messages/7/reactions/%E2%9C%85/@me']],
  ['left alone where it may neither', view | react, []],
  ['left alone in a channel that it does not see', manage, []],
])('a request that was carried out is %s', async (_name, permissions, expected) => {
  const { answers, calls } = inChannel(permissions);
  await answers.done(requested('7'));
  expect(calls).toEqual(expected);
});

test('why nothing was added is told to its author alone, for ten seconds', async () => {
  const { answers, calls, clock } = inChannel(view | send);
  await answers.refused(requested('7'), '@everyone: nothing found.');
  expect(calls).toEqual([expect.stringContaining('"content":"<@400> @everyone: nothing found."')]);
  expect(calls[0]).toContain('"allowed_mentions":{"users":["400"]}');
  clock.advance(9_999);
  expect(calls).toHaveLength(1);
  clock.advance(1);
  expect(calls[1]).toBe('DELETE /channels/300/messages/901');
});

test('nothing is told where the bot may not write, and at most fifty things at once', async () => {
  const mute = inChannel(view);
  await mute.answers.refused(requested('7'), 'no');
  expect(mute.calls).toEqual([]);
  const { answers, calls, clock, refuse } = inChannel(view | send);
  // What Discord refuses does not count.
  refuse(true);
  for (let count = 0; count < 60; count += 1) await answers.refused(requested('7'), 'no');
  refuse(false);
  for (let count = 0; count < 60; count += 1) await answers.refused(requested('7'), 'no');
  expect(calls).toHaveLength(110);
  clock.advance(10_000);
  await answers.refused(requested('7'), 'no');
  expect(calls.at(-1)).toMatch(/^POST/);
});
