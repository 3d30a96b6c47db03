import { expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { testEntry } from '../../testing/test-entry.ts';
import type { Entry } from './entry.ts';
import { seek, timeOf } from './position.ts';
import { emptySession, type Session } from './session.ts';
import { enqueue } from './queueing.ts';
import { pause } from './controls.ts';
import { trackStarted } from './track-reports.ts';

const playing = (over: Partial<Entry> = {}): Session => {
  const entry = testEntry({ lengthMs: 200_000, ...over });
  const { session } = enqueue(emptySession(snowflake('1')), [entry], { voice: snowflake('2'), text: null }, 0);
  return trackStarted(session, session.attempt, 0, 0).session;
};

test.each([
  ['90', 90],
  ['90s', 90],
  ['1:30', 90],
  ['1:02:03', 3_723],
  ['1h2m3s', 3_723],
  [' 2M ', 120],
  ['0', 0],
])('reads %s as %i s', (text, seconds) => {
  expect(timeOf(text)).toBe(seconds * 1_000);
});

test.each(['', ' ', 'chorus', '1:75', '-5', '1.5', '1:2:3:4', '1e3', '9999999'])('refuses %j as a time', (text) => {
  expect(() => timeOf(text)).toThrow(/Write the time/);
});

test('continues at another position by a new order, so that reports about the earlier one are late', () => {
  const session = playing();
  const change = seek(session, { byMs: 30_000 }, 10_000);
  expect(change).toMatchObject({ effects: ['play'], session: { positionMs: 40_000, playback: 'requested' } });
  expect(change.session.attempt).toBeGreaterThan(session.attempt);
  expect(seek(session, { byMs: -60_000 }, 10_000).session.positionMs).toBe(0);
  expect(seek(session, { toMs: 199_999 }, 10_000).session.positionMs).toBe(199_999);
});

test('keeps a pause', () => {
  const paused = pause(playing(), 10_000).session;
  expect(seek(paused, { byMs: 5_000 }, 99_000).session).toMatchObject({ paused: true, positionMs: 15_000 });
});

test('refuses what is past the end, and what has no positions', () => {
  expect(() => seek(playing(), { toMs: 200_000 }, 0)).toThrow('This track is only 3:20 long');
  expect(() => seek(playing(), { byMs: 195_000 }, 10_000)).toThrow(/only 3:20/);
  expect(() => seek(playing({ lengthMs: 3_723_000 }), { toMs: 4_000_000 }, 0)).toThrow(/only 1:02:03/);
  expect(() => seek(playing({ lengthMs: null, isStream: true }), { toMs: 0 }, 0)).toThrow(/live stream/);
  expect(() => seek(playing({ lengthMs: null }), { toMs: 1 }, 0)).toThrow(/unknown/);
  expect(seek(playing({ lengthMs: null }), { toMs: 0 }, 0).session.positionMs).toBe(0);
  expect(() => seek(emptySession(snowflake('1')), { toMs: 0 }, 0)).toThrow(/Nothing is playing/);
});
