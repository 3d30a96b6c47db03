import fc from 'fast-check';
import { expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { ruledCommands } from './commands.ts';
import { commandAct, guildObject, linesFor, versioned, type TenantPolicies } from './compile.ts';
import { defaultGuildPolicy, guildPolicySchema, permissionBits, type GuildPolicy } from './guild-policy.ts';
import { packPolicy, PackedPolicy } from './packed-policy.ts';
import { memberSubject, placesOf } from './request.ts';
import { anyMember, anyPolicy } from './testing/any-policy.ts';
import { discordMember } from './testing/discord-member.ts';
import type { PolicyMember } from './testing/evaluator.ts';

/** The lines for a member's use of each command. */
function lines(policy: TenantPolicies['fallback'], member: PolicyMember) {
  const guild = snowflake(member.guild);
  const policies = {
    domain: 'tenant',
    members: [],
    guilds: new Map([[guild, policy]]),
    fallback: versioned(0, defaultGuildPolicy),
  };
  return ruledCommands.map((command) => {
    const asking = discordMember(member, command);
    const asked = { subject: memberSubject(asking), places: placesOf(asking) };
    return linesFor(policies, { object: guildObject(guild), act: commandAct(command), ...asked });
  });
}

/** Subject and channel of a line are any that fit. */
const decisive = (all: ReturnType<typeof lines>) =>
  all.map((of) => of.map(([, , object, act, , when, effect, rule]) => [object, act, when, effect, rule]));

test('gives the same lines as the policy itself, whatever the policy and the member', () => {
  fc.assert(
    fc.property(anyPolicy, anyMember, (document, member) => {
      const policy = guildPolicySchema.parse(document);
      for (const packed of [new PackedPolicy(1, policy), PackedPolicy.read(1, packPolicy(policy))]) {
        expect(packed.timed).toBe(versioned(1, policy).timed);
        expect(packed.settings).toEqual(versioned(1, policy).settings);
        expect(decisive(lines(packed, member))).toEqual(decisive(lines(versioned(1, policy), member)));
      }
    }),
    { numRuns: 500 },
  );
});

const member: PolicyMember = { user: '1', guild: '900', roles: [], permissions: '0', channel: '500' };
const allowed = (policy: unknown, changes: Partial<PolicyMember>): number =>
  lines(new PackedPolicy(1, guildPolicySchema.parse(policy)), { ...member, ...changes }).flat().length;

test('tells ids apart that have their last 32 bits in common, and keeps the largest', () => {
  const [id, twin, largest] = ['18446744069414584321', '1', '18446744073709551615'];
  const rule = { id: 'a', effect: 'allow', commands: ['skip'] };
  const roles = { rules: [{ ...rule, who: { roles: [id] } }], otherwise: 'deny' };
  expect(allowed(roles, { roles: [id] })).toBe(1);
  expect(allowed(roles, { roles: [twin] })).toBe(0);
  const users = { rules: [{ ...rule, who: { users: [largest] } }], otherwise: 'deny' };
  expect(allowed(users, { user: largest })).toBe(1);
  // A role's id is not a user's.
  expect(allowed(users, { roles: [largest] })).toBe(0);
  const channels = { rules: [{ ...rule, who: { everyone: true }, channels: [id] }], otherwise: 'deny' };
  expect(allowed(channels, { channel: id })).toBe(1);
  expect(allowed(channels, { channel: twin })).toBe(0);
});

test('holds as much as a document may', () => {
  const ids = (from: number) => Array.from({ length: 50 }, (_, index) => String(10n ** 18n + BigInt(from + index)));
  const policy: GuildPolicy = guildPolicySchema.parse({
    rules: [
      {
        id: 'a'.repeat(63),
        effect: 'deny',
        who: { everyone: true, roles: ids(0), users: ids(100), permissions: Object.keys(permissionBits) },
        commands: [...ruledCommands],
        when: {
          zone: 'America/Argentina/ComodRivadavia',
          weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
          hours: { from: '00:00', to: '23:59' },
        },
      },
    ],
    otherwise: 'deny',
  });
  const asking = discordMember(member, 'skip');
  const asked = { object: '', act: '', subject: memberSubject(asking), places: placesOf(asking) };
  const { commands: _, ...rule } = policy.rules[0] ?? {};
  for (const command of ruledCommands) expect(new PackedPolicy(1, policy).rulesFor(command, asked)).toEqual([rule]);
});

test('reads nothing that is damaged or in another format', () => {
  const rule = { id: 'a', effect: 'allow', who: { roles: ['1'] }, commands: 'all' };
  const bytes = packPolicy(guildPolicySchema.parse({ rules: [rule, { ...rule, id: 'b' }], otherwise: 'deny' }));
  expect(PackedPolicy.read(7, bytes)).toMatchObject({ version: 7, settings: { otherwise: 'deny' }, timed: false });
  for (let length = 0; length < bytes.length; length += 1)
    expect(() => PackedPolicy.read(1, bytes.subarray(0, length)), `cut off after ${length} bytes`).toThrow();
  const changed = (offset: number, byte: number) => Buffer.from(bytes).fill(byte, offset, offset + 1);
  expect(() => PackedPolicy.read(1, changed(0, (bytes[0] ?? 0) ^ 1))).toThrow('another format');
  const settings = Buffer.from(bytes.toString('latin1').replace('"deny"', '"none"'), 'latin1');
  expect(() => PackedPolicy.read(1, settings)).toThrow('otherwise');
  expect(() => PackedPolicy.read(1, Buffer.concat([bytes, Buffer.of(0)]))).toThrow('not whole');
  const lastRule = bytes.lastIndexOf('b') - 20;
  expect(() => PackedPolicy.read(1, changed(lastRule, (bytes[lastRule] ?? 0) + 1))).toThrow('damaged');
});

test('the closed lists fit their numbers', () => {
  expect(ruledCommands.length).toBeLessThan(16);
  expect(Object.keys(permissionBits).length).toBeLessThanOrEqual(8);
});
