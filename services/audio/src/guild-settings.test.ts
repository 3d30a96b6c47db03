import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '#infra/database/pool.ts';
import { callerFault, hasCode } from '#infra/kernel/errors.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import { defaultSettings, type GuildSettings } from '#services/contracts/settings.ts';
import { asTimePasses, audioRig, eventually, lounge, member, text, type AudioRig } from '../testing/audio-rig.ts';

let rig: AudioRig;

beforeEach(async () => {
  rig = await audioRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

const single = 'https://music.sandbox.test/track/harbour-lights';
const settings = () => rig.audio.settings;
const commands = () => rig.audio.commands;
const set = (chosen: Partial<GuildSettings>) =>
  settings().replace(rig.guildKey, { ...defaultSettings, ...chosen }, null);
const play = () => commands().enqueue(rig.guildKey, member(), single);
/** They are read from the database, beside what the test does. */
const settingsAreRead = () => new Promise((resolve) => setTimeout(resolve, 150));
const channel = async () => (await commands().read(rig.guildKey)).voiceChannel;

describe('the settings of a server', () => {
  test('are the defaults at first, and kept through a restart', async () => {
    expect(await settings().read(rig.guildKey)).toEqual({ settings: defaultSettings, version: 0 });
    await set({ language: 'de', stay: true });
    await rig.restart();
    expect(await settings().read(rig.guildKey)).toEqual({
      settings: { ...defaultSettings, language: 'de', stay: true },
      version: 1,
    });
  });

  test('are not replaced by whoever has read an earlier version', async () => {
    await set({ volume: 20 });
    const late = settings().replace(rig.guildKey, defaultSettings, 0);
    await expect(late).rejects.toSatisfy((error) => hasCode(error, 'settings.changed'));
    expect(await settings().read(rig.guildKey)).toMatchObject({ settings: { volume: 20 }, version: 1 });
    expect((await settings().replace(rig.guildKey, defaultSettings, 1)).version).toBe(2);
  });

  test('are changed one by one, as a member names them', async () => {
    await set({ volume: 20, announce: false });
    const change = (request: Parameters<ReturnType<typeof settings>['change']>[2]) =>
      settings().change(rig.guildKey, text, request);
    expect((await change({ leave: 2 })).settings).toMatchObject({ volume: 20, leaveAfterSec: 120, announce: false });
    expect((await change({ announce: 'here' })).settings).toMatchObject({ announce: true, announceIn: text });
    expect((await change({ announce: 'off' })).settings).toMatchObject({ announce: false, announceIn: text });
    expect((await change({ announce: 'requested' })).settings).toMatchObject({ announce: true, announceIn: null });
    expect((await change({ status: false })).settings.voiceStatus).toBe(false);
    expect((await change({ filter: 'rock' })).settings.startFilter).toBe('rock');
    expect((await change({ filter: 'off' })).settings.startFilter).toBeNull();
    expect((await change({ segments: 'all' })).settings.skipSegments).toBe('all');
    expect((await change({ language: 'fr' })).settings.language).toBe('fr');
    expect((await change({ language: 'server' })).settings.language).toBeNull();
  });

  test('name a request channel that whoever reads messages has found fit, and tell them of each change', async () => {
    const asked: string[] = [];
    let told = 0;
    let fault: Error | undefined;
    rig.requestChannels.check = async (_guildKey, channelId) => {
      asked.push(channelId);
      if (fault) throw fault;
    };
    rig.requestChannels.changed = async () => {
      told += 1;
      if (told === 1) throw new Error('not heard');
    };
    const change = (requests: 'here' | 'off') => settings().change(rig.guildKey, text, { requests });
    fault = callerFault('request-channel.no-intent', 'Switch it on.', 409);
    await expect(change('here')).rejects.toSatisfy((error) => hasCode(error, 'request-channel.no-intent'));
    await expect(set({ requestChannel: text })).rejects.toThrow('Switch it on.');
    expect(await settings().read(rig.guildKey)).toEqual({ settings: defaultSettings, version: 0 });
    fault = undefined;
    expect((await change('here')).settings.requestChannel).toBe(text);
    // What was not heard is told again.
    await asTimePasses(rig.clock, () => told).toBe(2);
    // Another setting may be changed whatever has become of the channel.
    fault = callerFault('request-channel.not-text', 'No such channel.', 409);
    await set({ requestChannel: text, volume: 20 });
    expect((await change('off')).settings).toMatchObject({ requestChannel: null, volume: 20 });
    await eventually(() => told).toBe(3);
    expect(asked).toEqual([text, text, text]);
  });

  test('name no request channel where the feature is off', async () => {
    await using admin = openDatabase({ url: rig.database.adminUrl, maxConnections: 1 });
    const { tenant } = rig.guildKey;
    const off = "insert into feature_choice (tenant_id, feature, is_on) values ($1, 'request-channel', false)";
    await admin.inTenant(tenant, (transaction) => transaction.query(off, [tenant]));
    await expect(set({ requestChannel: text })).rejects.toSatisfy((error) => hasCode(error, 'feature.off'));
  });

  test('show the volume to come on a player that is in no channel', async () => {
    await set({ volume: 35 });
    expect((await commands().read(rig.guildKey)).volume).toBe(35);
    await commands().enqueue(rig.guildKey, member(), single);
    await commands().setVolume(rig.guildKey, member(), 80);
    await set({ volume: 60 });
    expect((await commands().read(rig.guildKey)).volume).toBe(80);
    await commands().stop(rig.guildKey, member());
    await eventually(channel).toBeNull();
    expect((await commands().read(rig.guildKey)).volume).toBe(60);
  });

  test('are lost by nobody when several change at once', async () => {
    const { change } = settings();
    const all = [{ volume: 30 }, { stay: true }, { leave: 5 }, { language: 'es-ES' }] as const;
    await Promise.all(all.map((request) => change(rig.guildKey, text, request)));
    expect(await settings().read(rig.guildKey)).toEqual({
      settings: { ...defaultSettings, volume: 30, stay: true, leaveAfterSec: 300, language: 'es-ES' },
      version: 4,
    });
  });

  test('are told to whoever follows the players, and are of no other tenant', async () => {
    await set({ language: 'de' });
    expect(rig.seen).toContainEqual({
      kind: 'settings',
      guild: rig.guildKey.guild,
      settings: { ...defaultSettings, language: 'de' },
      version: 1,
    });
    const other = { ...rig.guildKey, tenant: rig.tenants[1] };
    expect(await settings().read(other)).toEqual({ settings: defaultSettings, version: 0 });
  });

  test('are deleted with the tenant', async () => {
    await set({ stay: true });
    await commands().deleteSessions(rig.guildKey.tenant);
    expect(await settings().read(rig.guildKey)).toMatchObject({ version: 0 });
  });
});

test('the music starts at the volume that the server has set, each time the bot comes', async () => {
  await play();
  await commands().setVolume(rig.guildKey, member(), 80);
  await set({ volume: 25 });
  // What plays is left alone.
  expect((await commands().read(rig.guildKey)).volume).toBe(80);
  await commands().stop(rig.guildKey, member());
  await play();
  await eventually(() => rig.playing()?.volume).toBe(25);
  expect((await commands().read(rig.guildKey)).volume).toBe(25);
});

test('the music starts with the filter that the server has set, each time the bot comes, and may be changed then', async () => {
  await set({ startFilter: 'nightcore' });
  const filters = async () => (await commands().read(rig.guildKey)).filterValues.presets;
  expect(await filters()).toEqual(['nightcore']);
  expect((await play()).player.speed).toBe(1.2);
  await eventually(() => rig.node.control.view().players[0]?.rate).toBe(1.2);
  await commands().operate(rig.guildKey, member(), 'filter', { preset: 'off' });
  expect(await filters()).toEqual([]);
  await play();
  expect(await filters()).toEqual([]);
  await commands().stop(rig.guildKey, member());
  expect((await play()).player.filterValues.presets).toEqual(['nightcore']);
  // Whoever brings it back hears the music as it was left.
  await commands().operate(rig.guildKey, member(), 'filter', { preset: 'off' });
  await commands().operate(rig.guildKey, member(), 'leave', undefined);
  expect(await filters()).toEqual([]);
  await commands().resume(rig.guildKey, member());
  expect(await filters()).toEqual([]);
});

describe('the bot leaves', () => {
  test('where nobody listens after the time that the server has set', async () => {
    await set({ leaveAfterSec: 600 });
    await play();
    rig.voice.setListeners(lounge, 0);
    for (let minute = 0; minute < 9; minute += 1) {
      await settingsAreRead();
      rig.clock.advance(60_000);
    }
    expect(await channel()).toBe(lounge);
    await asTimePasses(rig.clock, channel).toBeNull();
  });

  test('never where it is to stay, and again once it is not', async () => {
    await set({ stay: true, leaveAfterSec: 10 });
    await play();
    await commands().skip(rig.guildKey, member());
    rig.voice.setListeners(lounge, 0);
    for (let minute = 0; minute < 12; minute += 1) {
      await settingsAreRead();
      rig.clock.advance(30_000);
    }
    await settingsAreRead();
    expect(await channel()).toBe(lounge);
    await set({ stay: false, leaveAfterSec: 10 });
    await asTimePasses(rig.clock, channel).toBeNull();
    expect((await commands().read(rig.guildKey)).why?.code).toMatch(/alone|idle/);
  });

  test('stays when somebody comes back before the time is over', async () => {
    await set({ leaveAfterSec: 90 });
    await play();
    rig.voice.setListeners(lounge, 0);
    await settingsAreRead();
    rig.clock.advance(50_000);
    rig.voice.setListeners(lounge, 1);
    await settingsAreRead();
    rig.clock.advance(50_000);
    await settingsAreRead();
    expect(await channel()).toBe(lounge);
  });
});

describe('the queue of a server', () => {
  const album = 'https://music.sandbox.test/playlist/harbour-lights';
  const ben = snowflake('500000000000000002');
  const ofBen = { ...member(), user: ben };
  const waiting = async () =>
    (await commands().read(rig.guildKey)).queue
      .map(({ requestedBy }) => (requestedBy === ben ? 'ben' : 'ada'))
      .join(' ');

  test('lets members take turns if it is fair, and otherwise not', async () => {
    await commands().enqueue(rig.guildKey, member(), album);
    await commands().enqueue(rig.guildKey, ofBen, single);
    expect(await waiting()).toBe('ada ada ada ben');
    await set({ fair: true });
    await commands().enqueue(rig.guildKey, ofBen, single);
    expect(await waiting()).toBe('ada ada ada ben ben');
    await commands().stop(rig.guildKey, member());
    await commands().enqueue(rig.guildKey, member(), album);
    await commands().enqueue(rig.guildKey, ofBen, album);
    expect(await waiting()).toBe('ben ada ben ada ben ada ben');
    await commands().enqueue(rig.guildKey, member(), single, { placement: 'next' });
    expect(await waiting()).toBe('ada ben ada ben ada ben ada ben');
  });

  test('takes no more than its limit, and what does not fit is told', async () => {
    await set({ queueLimit: 2 });
    const { addedCount, leftOut } = await commands().enqueue(rig.guildKey, member(), album);
    expect({ addedCount, leftOut }).toEqual({ addedCount: 3, leftOut: [{ reason: 'queue-full', count: 1 }] });
    await expect(play()).rejects.toMatchObject({ code: 'player.queue-full', message: /2 tracks/ });
    await set({ queueLimit: null });
    expect((await play()).addedCount).toBe(1);
  });
});
