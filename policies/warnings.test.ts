import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandNames } from './commands.ts';
import { evaluate } from './testing/evaluator.ts';
import { guildPolicySchema } from './guild-policy.ts';
import { anyMember, anyMoment, anyPolicy } from './testing/any-policy.ts';
import { warningsOf } from './warnings.ts';

const guild = { id: '900', roles: new Set(['20', '21']), channels: new Set(['300', '301']) };
const rule = (over: object) => ({ id: 'r', effect: 'deny', who: { everyone: true }, commands: 'all', ...over });
const told = (policy: object, known: typeof guild | undefined = guild) =>
  warningsOf(guildPolicySchema.parse({ rules: [], otherwise: 'allow', ...policy }), known).map(
    ({ pointer, code }) => `${pointer} ${code}`,
  );

test.each([
  [
    'a role of another server, or a deleted one',
    rule({ who: { roles: ['20', '99'] } }),
    '/rules/0/who/roles/1 unknown-role',
  ],
  ['a channel that is not there', rule({ channels: ['300', '99'] }), '/rules/0/channels/1 unknown-channel'],
  ['a role given as a user', rule({ who: { users: ['5', '20'] } }), '/rules/0/who/users/1 not-a-member'],
  ['a channel given as a user', rule({ who: { users: ['300'] } }), '/rules/0/who/users/0 not-a-member'],
  ['the server given as a user', rule({ who: { users: ['900'] } }), '/rules/0/who/users/0 not-a-member'],
  ['the server given as a channel', rule({ channels: ['900'] }), '/rules/0/channels/0 unknown-channel'],
])('tells of %s', (_what, given, warning) => {
  expect(told({ rules: [given] })).toEqual([warning]);
  // Without the guild's roles and channels, none of this can be known.
  expect(warningsOf(guildPolicySchema.parse({ rules: [given], otherwise: 'allow' }), undefined)).toEqual([]);
});

test('tells of a DJ role that the server does not have', () => {
  expect(told({ dj: { roles: ['20', '99'] } })).toEqual(['/dj/roles/1 unknown-role']);
});

test("says nothing of what is there, @everyone's role among it", () => {
  const rules = [rule({ who: { roles: ['20', '900'], users: ['5'] }, channels: ['300', '301'] })];
  expect(told({ rules, dj: { roles: ['900'] } })).toEqual([]);
});

test('tells of a rule that allows what others deny to all of the same people', () => {
  const deny = rule({ id: 'no-stop', commands: ['stop', 'skip'] });
  const allow = (over: object) =>
    rule({ id: 'djs', effect: 'allow', who: { roles: ['20'] }, commands: ['stop'], ...over });
  expect(told({ rules: [deny, allow({})] })).toEqual(['/rules/1 denied-anyway']);
  expect(told({ rules: [{ ...deny, who: { roles: ['900'] } }, allow({})] })).toEqual(['/rules/1 denied-anyway']);
  expect(told({ rules: [deny, allow({ commands: ['stop', 'play'] })] })).toEqual([]);
  expect(told({ rules: [{ ...deny, channels: ['300'] }, allow({})] })).toEqual([]);
  expect(told({ rules: [{ ...deny, who: { roles: ['20'] } }, allow({ who: { roles: ['20', '21'] } })] })).toEqual([]);
});

test('what is said to be denied anyway is never what allows something', () => {
  fc.assert(
    fc.property(
      anyPolicy,
      anyMember,
      fc.constantFrom(...commandNames),
      anyMoment,
      (document, member, command, atMs) => {
        const policy = guildPolicySchema.parse(document);
        const facts = { id: member.guild, roles: new Set<string>(), channels: new Set<string>() };
        const vain = warningsOf(policy, facts).flatMap(({ pointer, code }) =>
          code === 'denied-anyway' ? [pointer] : [],
        );
        const rest = { ...policy, rules: policy.rules.filter((_rule, at) => !vain.includes(`/rules/${at}`)) };
        expect(evaluate(rest, member, command, atMs)).toEqual(evaluate(policy, member, command, atMs));
      },
    ),
    { numRuns: 200 },
  );
});
