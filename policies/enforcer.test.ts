import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { actions } from './actions.ts';
import { commandNames } from './commands.ts';
import { buildEnforcer, commandAct, guildObject } from './compile.ts';
import { evaluate, type PolicyMember } from './evaluator.ts';
import { defaultGuildPolicy, guildPolicySchema, permissionBits, type GuildPolicy } from './guild-policy.ts';
import { memberSubject } from './request.ts';
import { memberRoles, workloadActions } from './roles.ts';

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

const someId = fc.integer({ min: 1, max: 6 }).map(String);
const permission = fc.constantFrom(...(Object.keys(permissionBits) as (keyof typeof permissionBits)[]));
const anyWho = fc
  .record(
    {
      everyone: fc.constant(true as const),
      roles: fc.array(someId, { minLength: 1, maxLength: 3 }),
      users: fc.array(someId, { minLength: 1, maxLength: 2 }),
      permissions: fc.array(permission, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  )
  .filter((who) => Object.keys(who).length > 0);
const anyRule = fc.record(
  {
    effect: fc.constantFrom('allow', 'deny'),
    who: anyWho,
    commands: fc.oneof(
      fc.constant('all'),
      fc.uniqueArray(fc.constantFrom(...commandNames), { minLength: 1, maxLength: 3 }),
    ),
    channels: fc.array(someId, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['effect', 'who', 'commands'] },
);
const anyPolicy = fc.record({
  rules: fc.array(anyRule, { maxLength: 6 }).map((rules) => rules.map((rule, index) => ({ id: `r${index}`, ...rule }))),
  otherwise: fc.constantFrom('allow', 'deny'),
});
const anyMember = fc.record({
  user: someId,
  roles: fc.uniqueArray(someId, { maxLength: 3 }),
  permissions: fc.bigInt({ min: 0n, max: (1n << 25n) - 1n }).map(String),
  channel: someId,
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
