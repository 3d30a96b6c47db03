import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { actions } from './actions.ts';
import { commandNames } from './commands.ts';
import { buildEnforcer, commandAct, guildObject } from './compile.ts';
import { evaluate, type PolicyMember } from './evaluator.ts';
import { defaultGuildPolicy, guildPolicySchema, type GuildPolicy } from './guild-policy.ts';
import { memberSubject } from './request.ts';
import { memberRoles, workloadActions } from './roles.ts';
import { anyMember, anyPolicy } from './testing/any-policy.ts';

const guild = snowflake('900');

async function decide(policy: GuildPolicy, member: PolicyMember, command: string) {
  const policies = {
    domain: 'ten',
    members: [],
    guilds: new Map([[guild, { version: 1, policy }]]),
    fallback: defaultGuildPolicy,
  };
  const enforcer = await buildEnforcer(policies, guildObject(guild), commandAct(command));
  const subject = memberSubject({
    kind: 'discord',
    user: snowflake(member.user),
    guild,
    channel: snowflake(member.channel),
    roles: member.roles.map(snowflake),
    permissions: member.permissions,
    voiceChannel: null,
    command,
  });
  return enforcer.enforceExSync(subject, 'ten', guildObject(guild), commandAct(command), member.channel);
}

interface Case {
  readonly name: string;
  readonly policy: unknown;
  readonly member: Partial<PolicyMember>;
  readonly command: string;
  readonly allowed: boolean;
  readonly rule?: string;
}
const cases = JSON.parse(await readFile(path.join(import.meta.dirname, 'cases/guild.json'), 'utf8')) as Case[];
const plain: PolicyMember = { user: '1', roles: [], permissions: '0', channel: '500' };

test.each(cases)('$name', async ({ policy, member, command, allowed, rule }) => {
  const parsed = guildPolicySchema.parse(policy);
  const [outcome, line] = await decide(parsed, { ...plain, ...member }, command);
  expect({ allowed: outcome, rule: line[6] }).toEqual({ allowed, rule });
  expect(evaluate(parsed, { ...plain, ...member }, command).allowed).toBe(allowed);
});

test('decides as the independent evaluator does, whatever the policy and the member', async () => {
  await fc.assert(
    fc.asyncProperty(anyPolicy, anyMember, fc.constantFrom(...commandNames), async (document, member, command) => {
      const policy = guildPolicySchema.parse(document);
      const [allowed, line] = await decide(policy, member, command);
      const expected = evaluate(policy, member, command);
      expect(allowed).toBe(expected.allowed);
      if (line[6] !== undefined) expect([...expected.because, 'otherwise']).toContain(line[6]);
    }),
    { numRuns: 300 },
  );
});

test('grants only actions of the closed list, to workloads and to roles', () => {
  for (const granted of [...Object.values(workloadActions), ...Object.values(memberRoles)].flat()) {
    expect(Object.keys(actions)).toContain(granted);
  }
});
