import { expect, test } from 'vitest';
import { defaultSettings } from '#services/contracts/settings.ts';
import type { GuildSettings } from '../../api/types.ts';
import { differences, lengthWords, onTopOf } from './setting-words.ts';

const base: GuildSettings = defaultSettings;
const music = { id: '7', name: 'music', category: null, kind: 'text' as const, parentId: null, position: 0 };
const guild = { text: [music] };

test('what others have changed is told by the titles of the settings', () => {
  const after: GuildSettings = {
    ...base,
    language: 'de',
    volume: 0,
    startFilter: 'nightcore',
    skipSegments: 'all',
    stay: true,
    announceIn: '7',
    requestChannel: '7',
    voiceStatus: false,
    fair: true,
    queueLimit: 1,
  };
  expect(differences(base, after, guild)).toEqual([
    'Language: Deutsch',
    'Volume at the start: 0%',
    'Filter at the start: Nightcore',
    'Leaving: Never',
    'What is playing: #music',
    'Request channel: #music',
    'Voice channel status: Off',
    'Fair queue: On',
    'Longest queue: 1 track',
    'Left out of videos: Whatever is no music',
  ]);
  expect(differences(base, { ...base, announceIn: '8' }, guild)).toEqual([
    'What is playing: In a channel that no longer exists',
  ]);
  expect(differences(base, base, guild)).toEqual([]);
});

test("a user's changes go on top of those that others have saved, and touch nothing else", () => {
  const theirs: GuildSettings = { ...base, language: 'fr', volume: 30 };
  const mine: GuildSettings = { ...base, volume: 80, fair: true };
  expect(onTopOf(theirs, base, mine)).toEqual({ ...base, language: 'fr', volume: 80, fair: true });
});

test('lengths are in the largest unit that has no rest', () => {
  expect([10, 60, 90, 300, 3_600, 7_200].map(lengthWords)).toEqual([
    '10 seconds',
    '1 minute',
    '90 seconds',
    '5 minutes',
    '1 hour',
    '2 hours',
  ]);
});
