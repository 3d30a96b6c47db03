import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newTenantId, snowflake } from '#infra/kernel/ids.ts';
import { auditRecord } from '#security/audit/record.ts';
import { commandNames, commandScopes, type CommandName } from './commands.ts';
import { decidedAtMs, factsDetail, recordedMember } from './decision-facts.ts';
import { replay } from './dry-run.ts';

import { alternatives, rolesAllowed } from './explain.ts';
import { guildPolicySchema, type GuildPolicy } from './guild-policy.ts';
import { anyMember, anyMoment, anyPolicy } from './testing/any-policy.ts';
import { discordMember } from './testing/discord-member.ts';
import { evaluate, type PolicyMember } from './testing/evaluator.ts';

const tenant = newTenantId();
const guild = snowflake('900');
const plain: PolicyMember = { user: '1', guild, roles: [], permissions: '0', channel: '500' };
const explainedTo = (policy: GuildPolicy, member: PolicyMember, command: CommandName, atMs: number) =>
  alternatives(policy, { tenant, action: commandScopes[command][0], member: discordMember(member, command), atMs });
const explained = (policy: unknown, command: CommandName) =>
  explainedTo(guildPolicySchema.parse(policy), plain, command, Date.parse('2026-11-25T12:00:00Z'));
const rule = (over: object) => ({ id: 'r', effect: 'allow', who: { everyone: true }, commands: 'all', ...over });

test('names roles, permissions and channels that would have allowed it, and says nothing of those that would not', async () => {
  const rules = [
    rule({ id: 'djs', who: { roles: ['7'], permissions: ['manage-guild'] }, channels: ['500'] }),
    rule({ id: 'others', who: { roles: ['8'] }, commands: ['play'] }),
    rule({ id: 'lounge', channels: ['600'] }),
  ];
  expect(await explained({ rules, otherwise: 'deny' }, 'skip')).toMatchObject([
    { kind: 'role', id: '7' },
    { kind: 'permission', permission: 'manage-guild' },
    { kind: 'channel', id: '600' },
    { kind: 'otherwise' },
  ]);
});

test('names the rule that denies, its hours where it has some, and all of them where each denies by itself', async () => {
  const night = { zone: 'UTC', hours: { from: '10:00', to: '14:00' } };
  const deny = (id: string, over: object = {}) => rule({ id, effect: 'deny', ...over });
  expect(await explained({ rules: [deny('a')], otherwise: 'allow' }, 'skip')).toMatchObject([
    { kind: 'rule', rule: 'a' },
  ]);
  expect(await explained({ rules: [deny('a', { when: night })], otherwise: 'allow' }, 'skip')).toMatchObject([
    { kind: 'hours', rule: 'a', sentence: 'Outside the hours of the rule a (10:00 to 14:00 UTC).' },
  ]);
  expect(await explained({ rules: [deny('a'), deny('b')], otherwise: 'allow' }, 'skip')).toMatchObject([
    { kind: 'rule', rule: 'a, b' },
  ]);
  const evening = rule({ id: 'c', when: { zone: 'UTC', weekdays: ['fri'] } });
  expect(await explained({ rules: [evening], otherwise: 'deny' }, 'skip')).toMatchObject([
    { kind: 'hours', rule: 'c', sentence: 'In the hours of the rule c (fri UTC).' },
    { kind: 'otherwise' },
  ]);
});

test('has nothing to add to what was allowed, and never names what would not have helped', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyPolicy,
      anyMember,
      fc.constantFrom(...commandNames),
      anyMoment,
      async (document, member, command, atMs) => {
        const policy = guildPolicySchema.parse(document);
        const found = await explainedTo(policy, member, command, atMs);
        if (evaluate(policy, member, command, atMs).allowed) expect(found).toEqual([]);
        for (const alternative of found) {
          if (alternative.kind === 'role') {
            const roles = [...member.roles, alternative.id];
            expect(evaluate(policy, { ...member, roles }, command, atMs).allowed).toBe(true);
          }
          if (alternative.kind === 'channel')
            expect(evaluate(policy, { ...member, channel: alternative.id, within: [] }, command, atMs).allowed).toBe(
              true,
            );
        }
        expect(found.length).toBeLessThanOrEqual(20);
      },
    ),
    { numRuns: 200 },
  );
});

test('makes a decision again from what its record says, as many roles as a member may have', async () => {
  const roles = Array.from({ length: 250 }, (_, index) => snowflake(String(10n ** 18n + BigInt(index))));
  const member = {
    kind: 'discord',
    user: snowflake('5'),
    guild,
    channel: snowflake('6'),
    within: [snowflake('7'), snowflake('8')],
    roles,
    permissions: '32',
    voiceChannel: null,
    command: 'skip',
  } as const;
  const record = auditRecord(
    {
      tenant,
      kind: 'decision',
      action: 'player.skip',
      outcome: 'denied',
      actor: { type: 'bot', id: 'spiffe://x/tenant/t/bot' },
      onBehalfOf: { type: 'discord-member', id: '5' },
      guild,
      channel: '6',
      command: 'skip',
      detail: factsDetail({ policyVersion: 4 }, member),
    },
    0,
  );
  expect(recordedMember(record)).toEqual({ member, policyVersion: 4 });
  const last = roles.at(-1);
  const policy = guildPolicySchema.parse({ rules: [rule({ who: { roles: [last] } })], otherwise: 'deny' });
  const action = commandScopes.skip[0];
  expect(await replay(policy, { tenant, action, member, atMs: 0 })).toMatchObject({ allowed: true, rule: 'r' });
  const noRole = { ...record, detail: { ...record.detail, 'roles.3': '' } };
  const without = recordedMember(noRole)?.member ?? member;
  expect(await replay(policy, { tenant, action, member: without, atMs: 0 })).toMatchObject({ allowed: false });
});

test("reads from a decision's id when it was made", () => {
  expect(decidedAtMs('dec_01h2xcejqtf2nbrexx3vqjhp41')).toBe(Date.parse('2023-06-14T16:40:03.066Z'));
  for (const text of [
    'dec_',
    'dec_01h2xcejqtf2nbrexx3vqjhp4',
    'evt_01h2xcejqtf2nbrexx3vqjhp41',
    'dec_81h2xcejqtf2nbrexx3vqjhp41',
  ])
    expect(decidedAtMs(text)).toBeUndefined();
});

test('names the roles in a tenant that may do it', () => {
  expect(rolesAllowed('policy.write').map((role) => role.kind === 'tenant-role' && role.role)).toEqual([
    'owner',
    'admin',
    'operator',
  ]);
});
