import { expect, test } from 'vitest';
import type { GuildDetail, GuildPolicy } from '../../api/types.ts';
import { changes, namesIn, reasonWords, termsWords } from './words.ts';

const guild = {
  roles: [
    { id: '10', name: 'DJ' },
    { id: '11', name: 'DJ' },
  ],
  text: [{ id: '30', name: 'music' }],
  voice: [],
  otherChannels: [],
} as unknown as GuildDetail;
const names = namesIn(guild, (subject) => (/^discord:2[01]$/.test(subject) ? 'Max' : undefined));
const denying = (who: GuildPolicy['rules'][number]['who']): GuildPolicy => ({
  rules: [{ id: 'no-skip', effect: 'deny', who, commands: ['skip'], channels: ['30'] }],
  otherwise: 'allow',
});

test('somebody is named where they have a name, and else by their id', () => {
  const [change] = changes({ rules: [], otherwise: 'allow' }, denying({ users: ['20', '29'] }), names);
  expect(change).toMatchObject({ sign: '+', words: 'Max and member 29 may not use /skip in #music' });
});

test.each([
  ['members', denying({ users: ['20'] }), denying({ users: ['21'] })],
  ['roles', denying({ roles: ['10'] }), denying({ roles: ['11'] })],
  [
    'roles of DJs',
    { rules: [], otherwise: 'allow', dj: { roles: ['10'] } },
    { rules: [], otherwise: 'allow', dj: { roles: ['11'] } },
  ],
] as const)('a change between two %s of one name is a change, though it reads alike', (_, before, after) => {
  const list = changes(before as GuildPolicy, after as GuildPolicy, names);
  expect(list.map(({ sign }) => sign)).toEqual(['−', '+']);
  expect(list[0]?.words).toBe(list[1]?.words);
});

test('what everyone is denied is said of nobody', () => {
  const [change] = changes({ rules: [], otherwise: 'allow' }, denying({ everyone: true }), names);
  expect(change?.words).toBe('Nobody may use /skip in #music');
});

test('a policy compared with itself has not changed', () => {
  const policy = denying({ users: ['20'] });
  expect(changes(policy, structuredClone(policy), names)).toEqual([]);
});

test.each([
  ['a rule of its own', { command: 'skip', allowed: false, rule: 'no-skip' }, 'Max may not use /skip in #music'],
  [
    'the role of DJs',
    { command: 'pause', allowed: true, rule: 'dj' },
    'Only DJs (managers of the server and DJ) can use playback commands, sound commands, and queue order commands',
  ],
  [
    'that one is no DJ',
    { command: 'pause', allowed: false },
    'Only DJs (managers of the server and DJ) can use playback commands, sound commands, and queue order commands',
  ],
  ['a vote', { command: 'skip', allowed: true, rule: 'vote-skip' }, 'Members without permission to skip vote instead'],
  ['nothing', { command: 'queue', allowed: true, rule: 'otherwise' }, 'Commands that no rule mentions are allowed'],
] as const)('a decision by %s is said so', (_, cell, words) => {
  const policy = { ...denying({ users: ['20'] }), dj: { roles: ['10'] } };
  expect(reasonWords({ ...cell, message: '' }, policy, names)).toBe(words);
});

test('terms are said as people say them', () => {
  const terms = (obligations: object) => termsWords({ command: 'play', allowed: true, message: '', obligations });
  expect(terms({ maxQueuedPerMember: 1, maxTrackLengthMs: 60_000 })).toEqual([
    'At most 1 queued track at a time',
    'Tracks of at most 1 minute',
  ]);
  expect(terms({ maxTrackLengthMs: 90_000, sources: ['youtube', 'unheard'] })).toEqual([
    'Tracks of at most 90 seconds',
    'Only from YouTube and unheard',
  ]);
  expect(terms({ voteShare: 0.3 })).toEqual(['Takes effect once 30% of the listeners ask for it']);
  expect(termsWords({ command: 'queue', allowed: true, message: '' })).toEqual([]);
});
