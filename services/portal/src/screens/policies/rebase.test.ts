import { expect, test } from 'vitest';
import type { GuildPolicy } from '../../api/types.ts';
import { rebased } from './rebase.ts';
import { stateOf } from './subjects.ts';

const everyone = { kind: 'everyone' } as const;
const dj = { kind: 'roles', id: '7' } as const;
const hours = { zone: 'Europe/Berlin', hours: { from: '22:00', to: '06:00' } };

const before: GuildPolicy = {
  otherwise: 'allow',
  rules: [
    { id: 'everyone-deny', effect: 'deny', who: { everyone: true }, commands: ['volume'] },
    { id: 'night', effect: 'deny', who: { everyone: true }, commands: ['play'], when: hours },
    { id: 'day', effect: 'deny', who: { everyone: true }, commands: ['stop'], when: hours },
  ],
  quotas: { maxQueuedPerMember: 5, maxTrackLengthSec: 600 },
};
const cells = (policy: GuildPolicy) =>
  (['volume', 'skip', 'stop'] as const).map((command) => stateOf(policy, everyone, command));

test('cells that two people changed both hold, though both stand in the rule of the same name', () => {
  const [deny, ...others] = before.rules as [GuildPolicy['rules'][number], ...GuildPolicy['rules']];
  const mine = { ...before, rules: [{ ...deny, commands: ['volume', 'skip'] as ['volume', 'skip'] }, ...others] };
  const theirs = { ...before, rules: [{ ...deny, commands: ['volume', 'stop'] as ['volume', 'stop'] }, ...others] };
  expect(cells(rebased(before, mine, theirs))).toEqual(['deny', 'deny', 'deny']);
  const lifted = { ...before, rules: others };
  expect(cells(rebased(before, lifted, theirs))).toEqual(['inherit', 'inherit', 'deny']);
  expect(cells(rebased(before, theirs, lifted))).toEqual(['inherit', 'inherit', 'deny']);
});

test('of a cell that both changed, the one who saves last decides', () => {
  const allow = (effect: 'allow' | 'deny'): GuildPolicy => ({
    ...before,
    rules: [...before.rules, { id: `role-7-${effect}`, effect, who: { roles: ['7'] }, commands: ['skip'] }],
  });
  expect(stateOf(rebased(before, allow('allow'), allow('deny')), dj, 'skip')).toBe('allow');
});

test('rules of hours and settings are taken one by one', () => {
  const [deny, night, day] = before.rules as [
    GuildPolicy['rules'][number],
    GuildPolicy['rules'][number],
    GuildPolicy['rules'][number],
  ];
  const mine: GuildPolicy = {
    ...before,
    rules: [deny, { ...night, commands: ['play', 'skip'] }, { ...day, id: 'new', commands: ['pause'] }],
    voteSkip: { share: 0.5 },
    quotas: { maxQueuedPerMember: 3, maxTrackLengthSec: 600 },
  };
  const theirs: GuildPolicy = {
    ...before,
    otherwise: 'deny',
    rules: [deny, night, day, { ...day, id: 'new', commands: ['resume'] }],
    quotas: { maxQueuedPerMember: 5, maxTrackLengthSec: 60 },
  };
  const { rules, ...settings } = rebased(before, mine, theirs);
  expect(settings).toEqual({
    otherwise: 'deny',
    voteSkip: { share: 0.5 },
    quotas: { maxQueuedPerMember: 3, maxTrackLengthSec: 60 },
  });
  expect(rules.map(({ id, commands }) => [id, commands])).toEqual([
    ['everyone-deny', ['volume']],
    ['new', ['resume']],
    ['night', ['play', 'skip']],
    ['new-2', ['pause']],
  ]);
});

test('what only others changed is theirs', () => {
  const { voteSkip: _none, ...theirs }: GuildPolicy = { ...before, otherwise: 'deny', rules: [] };
  expect(rebased(before, before, theirs)).toEqual(theirs);
});
