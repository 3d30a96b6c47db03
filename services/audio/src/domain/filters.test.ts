import { expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { presetNames } from '#services/contracts/presets.ts';
import { filterWords, noFilters, nodeFiltersOf, speedOf, toggled } from './filters.ts';
import { emptySession, positionAt, type Session } from './session.ts';
import { setFilters } from './controls.ts';

test('has a sound of its own for each preset, and at least twelve of them', () => {
  const sounds = presetNames.map((name) => JSON.stringify(nodeFiltersOf(toggled(noFilters, name))));
  expect(new Set([...sounds, '{}']).size).toBe(presetNames.length + 1);
  expect(presetNames.length).toBeGreaterThanOrEqual(12);
});

test('turns a preset off again, and sends nothing for what is off', () => {
  const on = toggled(toggled(noFilters, 'karaoke'), 'bassboost');
  expect(on.presets).toEqual(['bassboost', 'karaoke']);
  expect(toggled(toggled(on, 'karaoke'), 'bassboost')).toEqual(noFilters);
  expect(nodeFiltersOf(noFilters)).toEqual({});
});

test('combines several: gains add up, speeds multiply, effects stand side by side', () => {
  const presets = ['bassboost', 'rock', 'nightcore', 'eightd', 'tremolo'] as const;
  const { equalizer, ...rest } = nodeFiltersOf({ ...noFilters, presets, speed: 150, pitch: 50 });
  expect(equalizer).toHaveLength(15);
  expect([0, 4, 5, 14].map((band) => equalizer?.[band]?.gain)).toEqual([0.4, 0.4, -0.05, 0.15]);
  expect(rest).toEqual({
    timescale: { speed: 1.8, pitch: 0.6 },
    rotation: { rotationHz: 0.2 },
    tremolo: { frequency: 4, depth: 0.75 },
  });
});

test('stays within what a node accepts, whatever is on', () => {
  const loudest = { bass: 100, mid: 100, treble: 100 };
  const all = nodeFiltersOf({ presets: presetNames, speed: 200, pitch: 200, equaliser: loudest });
  for (const { gain } of all.equalizer ?? []) expect(gain).toBe(1);
  expect(all.timescale?.speed).toBeLessThanOrEqual(3);
});

test('says what is on', () => {
  const equaliser = { bass: 30, mid: 0, treble: 0 };
  expect(filterWords({ presets: ['eightd'], speed: 120, pitch: 80, equaliser })).toEqual([
    '8D',
    'Speed 120 %',
    'Pitch 80 %',
    'Equaliser',
  ]);
  expect(filterWords(noFilters)).toEqual([]);
});

test('counts the position at the speed that plays, from when it was set', () => {
  const current = { lengthMs: 100_000, entryId: 'ent_1' } as Session['current'];
  const session: Session = { ...emptySession(snowflake('1')), current, playback: 'playing' };
  const change = setFilters(session, { ...noFilters, speed: 200 }, 10_000);
  expect(change).toMatchObject({ effects: ['filters'], session: { positionMs: 10_000, asOfMs: 10_000 } });
  expect(positionAt(change.session, 15_000)).toBe(20_000);
  expect(speedOf(change.session.filters)).toBe(2);
  const slower = setFilters(change.session, { ...noFilters, speed: 50 }, 15_000).session;
  expect(positionAt(slower, 25_000)).toBe(25_000);
});
