import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { newTenantId, snowflake } from '#infra/kernel/ids.ts';
import { actions, type Action } from '#security/identity/actions.ts';
import { commandNames, commandScopes, type CommandName } from './commands.ts';
import { versioned } from './compile.ts';
import { policyEnforcer } from './enforcer.ts';
import { defaultGuildPolicy, guildPolicySchema, type GuildPolicy } from './guild-policy.ts';
import { PackedPolicy } from './packed-policy.ts';
import { PolicyEvaluator } from './policy-evaluator.ts';
import type { Obligations } from '#security/identity/obligations.ts';
import { memberRoles, workloadActions } from './roles.ts';
import { anyMember, anyMoment, anyPolicy } from './testing/any-policy.ts';
import { discordMember } from './testing/discord-member.ts';
import { evaluate, type PolicyMember } from './testing/evaluator.ts';

const guild = snowflake('900');

const tenant = newTenantId();
const enforcer = await policyEnforcer();

/** Casbin's answer, requested as the decision point requests it. */
function decide(
  policy: GuildPolicy,
  member: PolicyMember,
  command: CommandName,
  atMs = 0,
  action: Action = commandScopes[command][0],
) {
  const { guild: of } = member;
  const guilds = new Map([[snowflake(of), new PackedPolicy(3, policy)]]);
  const evaluator = new PolicyEvaluator(
    '1.1',
    { domain: tenant, members: [], guilds, fallback: versioned(0, defaultGuildPolicy) },
    enforcer,
  );
  return evaluator.decide(
    { tenant, workload: { kind: 'bot', tenant }, action, guild: snowflake(of), member: discordMember(member, command) },
    atMs,
  );
}

interface Case {
  readonly name: string;
  readonly policy: unknown;
  readonly member: Partial<PolicyMember>;
  readonly command: CommandName;
  readonly at?: string;
  readonly allowed: boolean;
  readonly rule?: string;
  readonly obligations?: Obligations;
}
const cases = JSON.parse(await readFile(path.join(import.meta.dirname, 'cases/guild.json'), 'utf8')) as Case[];
const plain: PolicyMember = { user: '1', guild, roles: [], permissions: '0', channel: '500' };

test.each(cases)('$name', async ({ policy, member, command, at, allowed, rule, obligations }) => {
  const parsed = guildPolicySchema.parse(policy);
  const atMs = at === undefined ? 0 : Date.parse(at);
  const decision = decide(parsed, { ...plain, ...member }, command, atMs);
  expect(decision).toMatchObject({ allowed, policyVersion: 3 });
  expect({ rule: decision.rule, obligations: decision.obligations }).toEqual({ rule, obligations });
  expect(evaluate(parsed, { ...plain, ...member }, command, atMs).allowed).toBe(allowed);
});

test('decides as the independent evaluator does, whatever the policy, the member and the moment', async () => {
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      anyPolicy,
      anyMember,
      // Skipping has outcomes of its own.
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(...commandNames) },
        { weight: 1, arbitrary: fc.constant('skip' as const) },
      ),
      anyMoment,
      async (document, member, command, atMs) => {
        const policy = guildPolicySchema.parse(document);
        const { allowed, rule, obligations } = decide(policy, member, command, atMs);
        const expected = evaluate(policy, member, command, atMs);
        expect(allowed).toBe(expected.allowed);
        expect(obligations?.voteShare).toBe(expected.byVote ? policy.voteSkip?.share : undefined);
        expect(obligations?.onlyOwn).toBe(expected.onlyOwn);
        // The first in the document; what nobody has allowed is denied by no rule.
        expect(rule).toBe(!allowed && !expected.because[0]?.startsWith('r') ? undefined : expected.because[0]);
        outcomes.add(`${allowed} ${rule?.replace(/\d/, '')}`);
      },
    ),
    { numRuns: 1_000 },
  );
  // One command in fifty: it has cases of its own (cases/guild.json).
  outcomes.delete('true manage-guild');
  expect([...outcomes].sort()).toEqual(
    ['false r', 'false undefined', 'true dj', 'true otherwise', 'true r', 'true requester', 'true vote-skip'].sort(),
  );
});

test.each([
  ['play', 'player.enqueue'],
  ['playnext', 'player.playnext'],
  ['playnow', 'player.playnow'],
  ['search', 'player.search'],
  ['search', 'player.pick'],
  ['autoplay', 'player.autoplay'],
  ['favourite play', 'favourite.play'],
  ['playlist play', 'playlist.play'],
] as const)('the sources of a server bind /%s as it leads to %s', (command, action) => {
  const policy = guildPolicySchema.parse({ rules: [], otherwise: 'allow', sources: ['youtube'] });
  expect(decide(policy, plain, command, 0, action)).toMatchObject({
    allowed: true,
    obligations: { sources: ['youtube'] },
  });
});

test('binds a DJ by no quota, and somebody at the portal by the sources alone', async () => {
  const policy = guildPolicySchema.parse({
    rules: [],
    otherwise: 'allow',
    dj: { roles: ['7'] },
    sources: ['youtube'],
    quotas: { maxQueuedPerMember: 3, maxTrackLengthSec: 600 },
  });
  const of = (roles: string[]) => decide(policy, { ...plain, roles }, 'play').obligations;
  expect(of([])).toEqual({ sources: ['youtube'], maxQueuedPerMember: 3, maxTrackLengthMs: 600_000 });
  expect(of(['7'])).toEqual({ sources: ['youtube'] });
  const guilds = new Map([[guild, new PackedPolicy(1, policy)]]);
  const members = [{ subject: 'discord:5', role: 'owner' } as const];
  const evaluator = new PolicyEvaluator(
    '1.1',
    { domain: tenant, members, guilds, fallback: versioned(0, defaultGuildPolicy) },
    enforcer,
  );
  const member = { kind: 'tenant-member', subject: 'discord:5', guild } as const;
  const workload = { kind: 'service', name: 'api' } as const;
  const decision = evaluator.decide({ tenant, workload, action: 'player.enqueue', guild, member }, 0);
  expect(decision).toMatchObject({ allowed: true, obligations: { sources: ['youtube'] } });
});

test('works an answer out anew when the minute may have changed it, and only where a rule has hours', async () => {
  const evening = { zone: 'UTC', hours: { from: '20:00', to: '22:00' } };
  const rule = { id: 'evening', effect: 'allow', who: { everyone: true }, commands: ['skip'] };
  const at = (time: string) => Date.parse(`2026-11-25T${time}Z`);
  for (const [when, isTimed] of [
    [evening, true],
    [undefined, false],
  ] as const) {
    const policy = guildPolicySchema.parse({ rules: [{ ...rule, ...(when ? { when } : {}) }], otherwise: 'deny' });
    const guilds = new Map([[guild, new PackedPolicy(1, policy)]]);
    const evaluator = new PolicyEvaluator(
      '1.1',
      { domain: tenant, members: [], guilds, fallback: versioned(0, defaultGuildPolicy) },
      enforcer,
    );
    const member = {
      kind: 'discord',
      guild,
      user: snowflake('1'),
      channel: snowflake('2'),
      roles: [],
      permissions: '0',
      voiceChannel: null,
      command: 'skip',
    } as const;
    const request = { tenant, workload: { kind: 'bot', tenant }, action: 'player.skip', guild, member } as const;
    const decision = evaluator.decide(request, at('21:59:01'));
    expect(decision.allowed).toBe(true);
    expect(evaluator.decide(request, at('21:59:59'))).toBe(decision);
    const later = evaluator.decide(request, at('22:00:00'));
    expect(later.allowed).toBe(!isTimed);
    expect(later === decision).toBe(!isTimed);
  }
});

test('grants only actions of the closed list, to workloads and to roles', () => {
  for (const granted of [...Object.values(workloadActions), ...Object.values(memberRoles)].flat()) {
    expect(Object.keys(actions)).toContain(granted);
  }
});
