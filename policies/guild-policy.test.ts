import { expect, test } from 'vitest';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { defaultGuildPolicy, parseGuildPolicy } from './guild-policy.ts';

const faultsOf = (document: unknown) => {
  try {
    parseGuildPolicy(document);
  } catch (error) {
    if (error instanceof BailiwickError && error.code === 'policy.invalid')
      return error.faults?.map((fault) => fault.at);
    throw error;
  }
  return [];
};
const rule = { id: 'a', effect: 'allow', who: { everyone: true }, commands: 'all' };

test('takes a document with every kind of subject', () => {
  const who = { roles: ['80351110224678912'], users: ['1'], permissions: ['manage-guild'], everyone: true };
  expect(parseGuildPolicy({ rules: [{ ...rule, who, channels: ['5'] }], otherwise: 'deny' }).rules).toHaveLength(1);
  expect(parseGuildPolicy(defaultGuildPolicy)).toEqual(defaultGuildPolicy);
});

test.each([
  [
    'an effect outside the closed set',
    { rules: [{ ...rule, effect: 'Deny' }], otherwise: 'allow' },
    ['/rules/0/effect'],
  ],
  [
    'an unknown command',
    { rules: [{ ...rule, commands: ['skip', 'ban'] }], otherwise: 'allow' },
    ['/rules/0/commands/1'],
  ],
  ['a pattern for a channel', { rules: [{ ...rule, channels: ['*'] }], otherwise: 'allow' }, ['/rules/0/channels/0']],
  [
    'a number for a role',
    { rules: [{ ...rule, who: { roles: [80351110224678912] } }], otherwise: 'allow' },
    ['/rules/0/who/roles/0'],
  ],
  ['a newline in a rule id', { rules: [{ ...rule, id: 'a\np, everyone' }], otherwise: 'allow' }, ['/rules/0/id']],
  [
    'a comma in a role',
    { rules: [{ ...rule, who: { roles: ['1, allow'] } }], otherwise: 'allow' },
    ['/rules/0/who/roles/0'],
  ],
  ['nobody', { rules: [{ ...rule, who: {} }], otherwise: 'allow' }, ['/rules/0/who']],
  [
    'an unknown field',
    { rules: [{ ...rule, when: 'now' }], otherwise: 'allow', extra: 1 },
    ['/rules/0/when', '/extra'],
  ],
  ['the same id twice', { rules: [rule, rule], otherwise: 'allow' }, ['/rules/1/id']],
  ['hours that are code', { rules: [{ ...rule, when: 'now' }], otherwise: 'allow' }, ['/rules/0/when']],
  [
    'an offset for a zone',
    { rules: [{ ...rule, when: { zone: '+02:00', weekdays: ['mon'] } }], otherwise: 'allow' },
    ['/rules/0/when/zone'],
  ],
  ["a node's own files as a source", { rules: [], otherwise: 'allow', sources: ['local'] }, ['/sources/0']],
  ['a quota of nothing', { rules: [], otherwise: 'allow', quotas: {} }, ['/quotas']],
  [
    'half a quota',
    { rules: [], otherwise: 'allow', quotas: { maxTrackLengthSec: 1.5 } },
    ['/quotas/maxTrackLengthSec'],
  ],
  ['a share beyond everybody', { rules: [], otherwise: 'allow', voteSkip: { share: 1.01 } }, ['/voteSkip/share']],
  ['a share of nobody', { rules: [], otherwise: 'allow', voteSkip: { share: 0 } }, ['/voteSkip/share']],
  [
    'DJs of an unknown command',
    { rules: [], otherwise: 'allow', dj: { roles: [], commands: ['ban'] } },
    ['/dj/commands/0'],
  ],
  [
    'a rule by the name of a setting',
    { rules: [{ ...rule, id: 'dj' }], otherwise: 'allow', dj: { roles: ['1'] } },
    ['/rules/0/id'],
  ],
  ['no word on the rest', { rules: [] }, ['/otherwise']],
  ['a list', [], ['/']],
])('refuses %s and says where', (_what, document, places) => {
  expect(faultsOf(document)).toEqual(places);
});

test('takes every setting beside the rules, and a document from before there were any', () => {
  const document = {
    rules: [
      {
        ...rule,
        commands: ['adding', 'queue'],
        when: { zone: 'Europe/Berlin', weekdays: ['sat', 'sun'], hours: { from: '20:00', to: '02:00' } },
      },
    ],
    otherwise: 'allow',
    dj: { roles: ['1'], commands: ['sound', 'skip'] },
    voteSkip: { share: 0.5 },
    sources: ['youtube', 'http'],
    quotas: { maxQueuedPerMember: 10, maxTrackLengthSec: 600 },
  };
  expect(parseGuildPolicy(document)).toEqual(document);
  const old = {
    rules: [
      { ...rule, id: 'dj' },
      { ...rule, id: 'vote-skip' },
    ],
    otherwise: 'allow',
  };
  expect(parseGuildPolicy(old)).toEqual(old);
});

test('names every fault at once', () => {
  const faults = faultsOf({
    rules: [
      { ...rule, effect: 1 },
      { ...rule, id: 'B' },
    ],
    otherwise: 'maybe',
  });
  expect(faults).toEqual(['/rules/0/effect', '/rules/1/id', '/otherwise']);
});

test('refuses more than a hundred rules', () => {
  const rules = Array.from({ length: 101 }, (_, index) => ({ ...rule, id: `r${index}` }));
  expect(faultsOf({ rules, otherwise: 'allow' })).toEqual(['/rules']);
  expect(faultsOf({ rules: rules.slice(1), otherwise: 'allow' })).toEqual([]);
});

test('refuses a small document whose rules multiply to more than a decision may cost, and takes one at the limit', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));
  const wide = { ...rule, who: { roles: ids(25) }, commands: ['skip'] };
  expect(faultsOf({ rules: [{ ...wide, channels: ids(40) }], otherwise: 'allow' })).toEqual([]);
  expect(faultsOf({ rules: [{ ...wide, channels: ids(41) }], otherwise: 'allow' })).toEqual(['/rules']);
  expect(faultsOf({ rules: [{ ...wide, commands: 'all', channels: ids(50) }], otherwise: 'allow' })).toEqual([
    '/rules',
  ]);
});
