// @module-tag python
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHarness } from '#test/sandbox/testing/harness.ts';
import type { Harness } from '#test/sandbox/testing/harness.ts';
import { goToVoice, pressButton, useCommand } from '#test/sandbox/world/acting/person.ts';
import { createChannel } from '#test/sandbox/world/guilds.ts';
import type { Application } from '#test/sandbox/world/types.ts';
import { python, PythonBot } from './program.ts';

/*
 * The sandbox with Python clients: ids as numbers in op 4, `with_response=1`, and resuming as in discord.py; and its
 * Lavalink node with lavalink.py. Needs Python 3.10 with venv, and PyPI.
 */
let harness: Harness;
let application: Application;
let bot: PythonBot;

beforeAll(async () => {
  harness = await startHarness();
  application = harness.newApplication('Snake');
  const { discord, lavalink } = harness.sandbox;
  bot = new PythonBot(await python(), {
    api: discord.apiUrl,
    gateway: discord.gatewayUrl,
    token: application.token,
    guild: harness.hall.id,
    lavalink: { host: lavalink.host, port: lavalink.port, password: lavalink.password },
  });
  await bot.until(() => bot.all('ready').length > 0);
});
afterAll(async () => {
  await bot[Symbol.asyncDispose]();
  expect(harness.answers.checked).toBeGreaterThan(5);
  await harness[Symbol.asyncDispose]();
});

const use = (command: string, options: Record<string, string | number> = {}) =>
  useCommand(harness.world, harness.seat('Max', 'music'), { command, applicationId: application.id, options });
const answerTo = (record: { originalMessageId: string | null }) =>
  harness.world.messages.get(record.originalMessageId ?? '')?.message;
const player = () => harness.sandbox.lavalink.server.control.view().players[0];

describe('discord.py', () => {
  test('signs in by itself, with its guild, and registers its commands', () => {
    expect(bot.all('ready')).toMatchObject([{ user: application.botUserId, guilds: ['Harmony Hall'] }]);
    expect(bot.all('registered')).toMatchObject([
      { commands: expect.arrayContaining(['echo', 'late', 'menu']) as never },
    ]);
  });

  test('answers a command, and knows the message that it created', async () => {
    const record = use('echo', { text: 'la', times: 3 });
    await harness.until(record, 'answered');
    expect(answerTo(record)?.content).toBe('la la la');
    await bot.until(() => bot.all('echoed').length > 0);
    expect(bot.all('echoed')).toMatchObject([{ message: record.originalMessageId, type: 'channel_message' }]);
  });

  test('answers late, edits its answer, and reads it back', async () => {
    const record = use('late');
    await bot.until(() => bot.all('late').length > 0);
    expect(bot.all('late')).toMatchObject([{ content: 'At last!' }]);
    expect(answerTo(record)).toMatchObject({ content: 'At last!', embeds: [{ title: 'Done' }] });
  });

  test('receives a button press, and updates its message', async () => {
    const record = use('menu');
    await bot.until(() => bot.all('menu').length > 0);
    const seat = harness.seat('Max', 'music');
    const pressed = pressButton(harness.world, seat, { messageId: record.originalMessageId ?? '', customId: 'skip' });
    await harness.until(pressed, 'answered');
    expect(answerTo(record)).toMatchObject({ content: 'Skipped', components: [] });
  });

  test.each([
    ['its connection is closed', () => ({ close: { applicationId: application.id, code: 4000 } })],
    ['Discord asks it to reconnect', () => ({ op7: application.id })],
  ])('resumes its session when %s, and hears once of what it has missed', async (_why, fault) => {
    const resumed = bot.all('resumed').length;
    const name = `meanwhile-${resumed}`;
    harness.sandbox.faults.inject(fault());
    createChannel(harness.world, harness.hall.id, { name, type: 'text' });
    await bot.until(() => bot.all('resumed').length > resumed);
    await bot.until(() => bot.all('channel').some((told) => told['name'] === name));
    expect(bot.all('channel').filter((told) => told['name'] === name)).toHaveLength(1);
    expect(bot.all('ready')).toHaveLength(1);
    const resumes = harness.sandbox.requestLog.since().filter((entry) => entry.kind === 'resume');
    expect(resumes.at(-1)).toMatchObject({ outcome: 'resumed', path: '/gateway/resume' });
  });
});

describe('lavalink.py, in a bot of discord.py', () => {
  test('connects to the node, and joins voice with ids that are numbers', async () => {
    await bot.do('lavalink');
    await bot.until(() => bot.all('NodeReadyEvent').length > 0);
    const lounge = harness.channel('Lounge');
    goToVoice(harness.world, harness.hall.id, harness.person('Max'), lounge);
    await bot.do('join', { channel: lounge });
    await bot.until(() => bot.all('voice server').length > 0);
    expect(bot.all('voice state')).toMatchObject([{ channel: lounge, suppress: false }]);
    expect(harness.world.voiceConnection(application.botUserId, harness.hall.id)?.channelId).toBe(lounge);
    await expect.poll(() => player()?.connected).toBe(true);
  });

  test('loads by search, URL and playlist, and a file of unknown length', async () => {
    const load = async (query: string) => {
      await bot.do('load', { query });
      return bot.all('loaded').at(-1);
    };
    expect(await load('ytsearch:harbour lights')).toMatchObject({ type: 'search' });
    expect(await load('https://music.sandbox.test/playlist/short-bells')).toMatchObject({ type: 'playlist' });
    expect(await load('ytsearch:nothing')).toMatchObject({ type: 'empty', tracks: [] });
    const file = await load('https://music.sandbox.test/files/demo.mp3');
    // Parsed as a double here, from all nineteen digits that Python wrote.
    expect(file?.['tracks']).toEqual([{ title: 'Unknown title', length: 2 ** 63 }]);
  });

  test('plays, pauses, seeks, filters, skips, and gets each end event', async () => {
    const query = 'https://music.sandbox.test/playlist/short-bells';
    await bot.do('play', { query, requester: harness.person('Max') });
    const starts = () => bot.all('TrackStartEvent').map((told) => told['title']);
    await bot.until(() => starts().length === 1);
    await bot.do('pause', { paused: true });
    await bot.do('seek', { position: 4_000 });
    await bot.do('volume', { percent: 35 });
    expect(player()).toMatchObject({ title: 'Eight Second Bell', positionMs: 4_000, paused: true, volume: 35 });
    await bot.do('filters');
    expect(player()?.rate).toBe(1.5);
    await bot.do('no filters');
    expect(player()?.rate).toBe(1);
    await bot.do('pause', { paused: false });
    await bot.until(() => bot.all('PlayerUpdateEvent').some((told) => Number(told['position']) >= 4_000));
    await bot.do('skip');
    await bot.until(() => starts().length === 2);
    harness.sandbox.lavalink.server.control.end(harness.hall.id);
    await bot.until(() => starts().length === 3);
    expect(starts()).toEqual(['Eight Second Bell', 'Ten Second Bell', 'Twelve Second Bell']);
    expect(bot.all('TrackEndEvent').map((told) => told['reason'])).toEqual(['replaced', 'finished']);
  });

  test('resumes its session as a new client, and gets the events that it missed', async () => {
    const { control } = harness.sandbox.lavalink.server;
    const [ready] = bot.all('NodeReadyEvent');
    await bot.do('no lavalink');
    await expect.poll(() => control.view().sessions).toMatchObject([{ attached: false, resuming: true }]);
    const before = bot.told.length;
    control.end(harness.hall.id);
    await bot.do('lavalink');
    await bot.until(() => bot.all('NodeReadyEvent').length === 2);
    expect(bot.all('NodeReadyEvent')[1]).toEqual({ ...ready, resumed: true });
    const heard = () => bot.told.slice(before).filter((told) => told.what === 'heard' && told['op'] === 'event');
    await bot.until(() => heard().length > 0);
    expect(heard()).toMatchObject([{ type: 'TrackEndEvent' }]);
    expect(control.view().sessions).toMatchObject([{ id: ready?.['session'], attached: true }]);
    expect(player()?.connected).toBe(true);
  });

  test('is notified when it is disconnected, by Discord and by the node', async () => {
    goToVoice(harness.world, harness.hall.id, application.botUserId, null);
    const closes = () => bot.all('heard').filter((told) => told['type'] === 'WebSocketClosedEvent');
    await bot.until(() => closes().length > 0);
    expect(closes()).toMatchObject([{ code: 4014 }]);
    await bot.until(() => bot.all('voice state').at(-1)?.['channel'] === null);
  });
});
