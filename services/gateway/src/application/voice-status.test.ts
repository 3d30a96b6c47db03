import { expect, test, vi } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { snowflake } from '#infra/kernel/ids.ts';
import type { Player, PlayerEvent } from '#services/contracts/player.ts';
import { defaultSettings } from '#services/contracts/settings.ts';
import { VoiceStatus } from './voice-status.ts';

const guild = snowflake('200000000000000001');
const lounge = snowflake('300000000000000001');
const stage = snowflake('300000000000000002');

function channel() {
  const clock = new FakeClock();
  const state = { voiceStatus: true, fault: undefined as Error | undefined };
  const lines: string[] = [];
  const status = new VoiceStatus({
    line: {
      async set(where, player) {
        lines.push(
          `${where === lounge ? 'lounge' : 'stage'}: ${player?.current?.title ?? '-'}${player?.state === 'paused' ? ' paused' : ''}`,
        );
        if (state.fault) throw state.fault;
      },
    },
    settings: { of: () => ({ ...defaultSettings, voiceStatus: state.voiceStatus }) },
    clock,
    logger: { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() },
  });
  const show = (
    title: string | null,
    part: Partial<Player> = {},
    cause: (PlayerEvent & { kind: 'player' })['cause'] = 'track-start',
  ) =>
    status.handle({
      kind: 'player',
      cause,
      player: {
        guild,
        state: title === null ? 'idle' : 'playing',
        current: title === null ? null : { entryId: title, title },
        voiceChannel: lounge,
        ...part,
      } as Player,
    });
  const settings = () => status.handle({ kind: 'settings', guild, settings: defaultSettings, version: 1 });
  const later = async (ms: number) => {
    clock.advance(ms);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  };
  return { lines, state, show, settings, later };
}

test('says what plays, once for each track, and clears it when nothing does', async () => {
  const { lines, show, later } = channel();
  await show('One');
  await show('One', { volume: 40 }, 'volume');
  expect(lines).toEqual(['lounge: One']);
  await later(10_000);
  await show('One', { state: 'paused' }, 'pause');
  await later(10_000);
  await show(null);
  expect(lines.slice(1)).toEqual(['lounge: One paused', 'lounge: -']);
});

test('says only the newest where many tracks are skipped, at most every ten seconds', async () => {
  const { lines, show, later } = channel();
  for (const title of ['One', 'Two', 'Three']) await show(title);
  await later(9_999);
  expect(lines).toEqual(['lounge: One']);
  await later(1);
  expect(lines).toEqual(['lounge: One', 'lounge: Three']);
});

test('is quiet for five minutes where it may not', async () => {
  const { lines, state, show, later } = channel();
  state.fault = callerFault('status.refused', 'no', 403);
  await show('One');
  await later(60_000);
  await show('Two');
  expect(lines).toHaveLength(1);
  state.fault = undefined;
  await later(240_000);
  expect(lines).toEqual(['lounge: One', 'lounge: Two']);
});

test('repeats what failed for another reason', async () => {
  const { lines, state, show, later } = channel();
  state.fault = new Error('reset');
  await show('One');
  state.fault = undefined;
  await later(10_000);
  expect(lines).toEqual(['lounge: One', 'lounge: One']);
});

test('a server can switch it off, and on again', async () => {
  const { lines, state, show, settings, later } = channel();
  await show('One');
  state.voiceStatus = false;
  await settings();
  await later(10_000);
  await show('Two');
  expect(lines).toEqual(['lounge: One', 'lounge: -']);
  state.voiceStatus = true;
  await later(10_000);
  await settings();
  expect(lines.at(-1)).toBe('lounge: Two');
});

test('follows the bot to another channel, and after a restart clears what may be left', async () => {
  const { lines, show, later } = channel();
  await show(null, {}, 'snapshot');
  expect(lines).toEqual(['lounge: -']);
  await later(10_000);
  await show('One', { voiceChannel: stage });
  expect(lines.at(-1)).toBe('stage: One');
  // What the bot has left is the edge's to clear.
  await show(null, { voiceChannel: null }, 'stop');
  await later(60_000);
  expect(lines).toHaveLength(2);
});
