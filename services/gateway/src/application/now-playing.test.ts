import { expect, test, vi } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import type { Player, PlayerEvent, Track } from '#services/contracts/player.ts';
import { defaultSettings, type GuildSettings } from '#services/contracts/settings.ts';
import { NowPlaying, type Announcer } from './now-playing.ts';
import type { MessageReference } from './player-port.ts';

const guild = snowflake('200000000000000001');
const music = snowflake('300000000000000001');
const elsewhere = snowflake('300000000000000002');
const track = (title: string): Track => ({
  entryId: title,
  title,
  author: 'Somebody',
  uri: null,
  artworkUrl: null,
  lengthMs: 60_000,
  isStream: false,
  source: 'sandbox',
  requestedBy: null,
});

/** A bot beside a channel that keeps what it writes, by key as Discord does. */
function room() {
  const clock = new FakeClock();
  const done: string[] = [];
  const messages = new Map<string, string>();
  const byKey = new Map<string, string>();
  const state = {
    settings: defaultSettings,
    remembered: null as MessageReference | null,
    refuses: false,
    isAudioAway: false,
  };
  let ids = 0;
  const announcer: Announcer = {
    async post(channel, player, key) {
      if (state.refuses) {
        done.push('refused');
        throw callerFault('announcer.refused', 'no', 403);
      }
      const known = byKey.get(key);
      const id = known !== undefined && messages.has(known) ? known : String((ids += 1));
      byKey.set(key, id);
      messages.set(id, `${channel === music ? 'music' : 'elsewhere'}: ${player.current?.title ?? player.reason ?? ''}`);
      done.push(`post ${id}`);
      return { channelId: channel, messageId: snowflake(`40000000000000000${id}`) };
    },
    async redraw({ messageId }, player) {
      const id = messageId.slice(-1);
      if (!messages.has(id)) return false;
      messages.set(id, `edited: ${player.current?.title ?? player.reason ?? ''}`);
      done.push(`edit ${id}`);
      return true;
    },
    async remove({ messageId }) {
      messages.delete(messageId.slice(-1));
      done.push(`remove ${messageId.slice(-1)}`);
    },
  };
  const start = () =>
    new NowPlaying({
      audio: {
        rememberMessage: async (_guild, message) => {
          if (state.isAudioAway) throw new Error('audio is away');
          state.remembered = message;
        },
      },
      announcer,
      settings: { of: () => state.settings },
      clock,
      logger: { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() },
    });
  let version = 0;
  const event = (part: Partial<Player>, cause: (PlayerEvent & { kind: 'player' })['cause'] = 'track-start') => ({
    kind: 'player' as const,
    cause,
    player: {
      guild,
      state: 'playing' as const,
      current: track('One'),
      positionMs: 0,
      asOfMs: clock.now(),
      volume: 100,
      loop: 'off' as const,
      autoplay: false,
      filters: [],
      filterValues: { presets: [], speed: 100, pitch: 100, equaliser: false },
      speed: 1,
      voiceChannel: null,
      textChannel: music,
      queue: [],
      queueLength: 0,
      message: state.remembered,
      reason: null,
      why: null,
      version: (version += 1),
      ...part,
    },
  });
  const talk = (after: string, later: number) => ({ channel: music, after: `40000000000000000${after}`, later });
  const set = (settings: Partial<GuildSettings>) => {
    state.settings = { ...defaultSettings, ...settings };
    return { kind: 'settings' as const, guild, settings: state.settings, version: 1 };
  };
  return { clock, done, messages, state, start, event, talk, set };
}

test('is edited from track to track, and moves below the talk only when that has gone on', async () => {
  const { clock, done, messages, start, event, talk } = room();
  const bot = start();
  await bot.handle(event({}));
  await bot.talk(talk('1', 4));
  await bot.handle(event({ current: track('Two') }));
  expect(done).toEqual(['post 1', 'edit 1']);
  // It has been there for too short a time; it moves when that is over.
  await bot.talk(talk('1', 8));
  expect(done).toHaveLength(2);
  clock.advance(29_000);
  await vi.waitFor(() => expect(done).toHaveLength(2));
  clock.advance(1_000);
  await vi.waitFor(() => expect(done).toEqual(['post 1', 'edit 1', 'remove 1', 'post 2']));
  expect([...messages]).toEqual([['2', 'music: Two']]);
  // The count of the message before concerns nobody.
  await bot.talk(talk('1', 16));
  clock.advance(60_000);
  await bot.talk(talk('2', 7));
  expect(done).toHaveLength(4);
  await bot.talk(talk('2', 8));
  expect(done.slice(4)).toEqual(['remove 2', 'post 3']);
});

test('a bot that ends between removing and posting leaves one message, whoever posts it', async () => {
  const { clock, done, messages, state, start, event, talk } = room();
  const first = start();
  await first.handle(event({}));
  const before = state.remembered;
  clock.advance(60_000);
  await first.talk(talk('1', 8));
  // What the first bot posted, it did not live to remember.
  state.remembered = before;
  const next = start();
  await next.handle(event({}, 'snapshot'));
  expect([...messages]).toEqual([['2', 'music: One']]);
  expect(done).toEqual(['post 1', 'remove 1', 'post 2', 'post 2']);
  expect(state.remembered?.messageId).toBe('400000000000000002');
});

test('a bot that starts after the music has ended removes what is left of it', async () => {
  const { messages, state, start, event } = room();
  await start().handle(event({}));
  await start().handle(event({ current: null, state: 'idle' }, 'snapshot'));
  expect(messages.size).toBe(0);
  expect(state.remembered).toBeNull();
});

test('goes when the music has ended while the stream was interrupted, and stays where it goes on', async () => {
  const { messages, start, event } = room();
  const bot = start();
  await bot.handle({ kind: 'current' });
  await bot.handle(event({}));
  // The stream begins anew.
  await bot.handle(event({}, 'snapshot'));
  await bot.handle({ kind: 'current' });
  expect([...messages.values()]).toEqual(['edited: One']);
  await bot.handle({ kind: 'current' });
  expect([...messages.values()]).toEqual([]);
});

test('is told to audio again, if that could not be reached when it was posted', async () => {
  const { state, start, event, done } = room();
  const bot = start();
  state.isAudioAway = true;
  await bot.handle(event({}));
  expect(state.remembered).toBeNull();
  state.isAudioAway = false;
  await bot.handle(event({ current: track('Two') }));
  expect(state.remembered).toMatchObject({ channelId: music });
  expect(done).toEqual(['post 1', 'edit 1']);
});

test('says why it is over, and is replaced when there is music again', async () => {
  const { done, messages, state, start, event } = room();
  const bot = start();
  await bot.handle(event({}));
  await bot.handle(event({ current: null, state: 'idle', reason: 'Nobody was listening.' }, 'stop'));
  expect([...messages.values()]).toEqual(['edited: Nobody was listening.']);
  expect(state.remembered).toBeNull();
  await bot.handle(event({ current: track('Again'), message: null }));
  expect(done).toEqual(['post 1', 'edit 1', 'remove 1', 'post 2']);
});

test('where it may not write, it is quiet, and tries again after five minutes or in another channel', async () => {
  const { clock, done, state, start, event, set } = room();
  const bot = start();
  state.refuses = true;
  for (const title of ['One', 'Two', 'Three']) await bot.handle(event({ current: track(title) }));
  expect(done).toEqual(['refused']);
  await bot.handle(set({ announceIn: elsewhere }));
  expect(done).toEqual(['refused', 'refused']);
  state.refuses = false;
  clock.advance(299_000);
  await bot.handle(event({}));
  expect(done).toHaveLength(2);
  clock.advance(1_000);
  await bot.handle(event({}));
  expect(done).toEqual(['refused', 'refused', 'post 1']);
});

test('settings count at once: it goes, comes back, and moves', async () => {
  const { done, messages, start, event, set } = room();
  const bot = start();
  await bot.handle(event({}));
  await bot.handle(set({ announce: false }));
  expect(messages.size).toBe(0);
  await bot.handle(event({ current: track('Two') }));
  expect(messages.size).toBe(0);
  await bot.handle(set({}));
  expect([...messages.values()]).toEqual(['music: Two']);
  await bot.handle(set({ announceIn: elsewhere }));
  expect([...messages.values()]).toEqual(['elsewhere: Two']);
  expect(done).toEqual(['post 1', 'remove 1', 'post 2', 'remove 2', 'post 3']);
});
