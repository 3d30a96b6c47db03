import { expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { guildPolicySchema, parseGuildPolicy } from '#policies/guild-policy.ts';
import type { PolicyChange } from '#services/contracts/server-policy.ts';
import { changedByMember } from './change-by-member.ts';

const rule = { id: 'quiet', effect: 'deny', who: { users: ['5'] }, commands: 'all' };
const [one, two] = [snowflake('1'), snowflake('2')];

test.each<[string, object, PolicyChange, object]>([
  ['adds a first role, which reserves nothing', {}, { add: one }, { dj: { roles: [one], commands: [] } }],
  ['adds a role to others', { dj: { roles: [one] } }, { add: two }, { dj: { roles: [one, two] } }],
  ['adds a role once', { dj: { roles: [one] } }, { add: one }, { dj: { roles: [one] } }],
  ['replaces a role by another', { dj: { roles: [one] } }, { add: two, remove: one }, { dj: { roles: [two] } }],
  ['keeps what is reserved when the last role goes', { dj: { roles: [one] } }, { remove: one }, { dj: { roles: [] } }],
  ['keeps nothing where nothing is left', { dj: { roles: [one], commands: [] } }, { remove: one }, {}],
  [
    'reserves what affects others when it is turned on',
    {},
    { mode: 'on' },
    { dj: { roles: [], commands: ['playback', 'sound', 'order'] } },
  ],
  [
    'reserves what is named, and leaves the rest as it was',
    { dj: { roles: [one], commands: ['skip', 'sound'] } },
    { mode: 'on', sound: false, adding: true },
    { dj: { roles: [one], commands: ['skip', 'adding'] } },
  ],
  [
    'puts a category in place of its commands',
    { dj: { roles: [one], commands: ['skip', 'stop'] } },
    { mode: 'on', playback: true },
    { dj: { roles: [one], commands: ['playback'] } },
  ],
  [
    'begins with everything that affects others where nothing was reserved',
    { dj: { roles: [one], commands: [] } },
    { mode: 'on', sound: false },
    { dj: { roles: [one], commands: ['playback', 'order'] } },
  ],
  [
    'reserves nothing when it is turned off',
    { dj: { roles: [one] } },
    { mode: 'off' },
    { dj: { roles: [one], commands: [] } },
  ],
  ['has no DJs left when it is turned off without roles', { dj: { roles: [] } }, { mode: 'off' }, {}],
  [
    'sets the share of votes',
    { dj: { roles: [one] } },
    { percent: 60 },
    { dj: { roles: [one] }, voteSkip: { share: 0.6 } },
  ],
  ['ends votes', { voteSkip: { share: 0.5 } }, { percent: 0 }, {}],
  ['changes nothing without a name', { voteSkip: { share: 0.5 } }, {}, { voteSkip: { share: 0.5 } }],
])('%s', (_name, before, change, after) => {
  const rest = { rules: [rule], otherwise: 'deny', quotas: { maxQueuedPerMember: 3 } };
  const changed = changedByMember(guildPolicySchema.parse({ ...rest, ...before }), change);
  expect(changed).toEqual({ ...rest, ...after });
  expect(parseGuildPolicy(changed)).toEqual(changed);
});

test('refuses more roles than a policy may have', () => {
  const roles = Array.from({ length: 50 }, (_, index) => String(100 + index));
  const full = guildPolicySchema.parse({ rules: [], otherwise: 'allow', dj: { roles } });
  expect(() => changedByMember(full, { add: one })).toThrow('at most 50 DJ roles');
  expect(changedByMember(full, { add: one, remove: snowflake('100') }).dj?.roles).toHaveLength(50);
});
