import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { newEnforcer, newModelFromString, type Enforcer } from 'casbin';
import { platformFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { djCommands, ruledCommands, type RuledCommand } from './commands.ts';
import type { GuildPolicy, GuildRule } from './guild-policy.ts';
import { during } from './hours.ts';
import { memberRoles, operatorActions, personActions, workloadActions, type MemberRole } from './roles.ts';

/** Everything that decisions for one tenant depend on. */
export interface TenantPolicies {
  readonly domain: string;
  readonly members: readonly { subject: string; role: MemberRole }[];
  readonly guilds: ReadonlyMap<Snowflake, { version: number; policy: GuildPolicy }>;
  /** What applies in a guild that has no policy of its own. */
  readonly fallback: GuildPolicy;
  /** True while a suspension by an operator is in force. */
  readonly suspendedByOperator?: boolean;
}

/** sub, dom, obj, act, chan, when, eft, rule */
type PolicyLine = readonly [string, string, string, string, string, string, 'allow' | 'deny', string];
const [actColumn, whenColumn, ruleColumn] = [3, 5, 7];

/** The id of the rule that decided, from Casbin's explanation; undefined if none did. */
export const ruleOf = (line: readonly string[]): string | undefined => line[ruleColumn];

/** A tenant as object of a decision. */
export const tenantObject = 'tenant';
/** The object of decisions in guilds without a policy of their own. */
export const anyGuildObject = 'guild';
export const guildObject = (guild: string): string => `guild:${guild}`;
export const commandAct = (command: string): string => `command:${command}`;
/** Decided for members who may not skip alone. */
export const voteSkipAct = 'vote:skip';
/** Rules that settings of a policy create. */
const djRule = 'dj';
export const voteSkipRule = 'vote-skip';

const modelText = readFile(path.join(import.meta.dirname, 'model.conf'), 'utf8');

/**
 * The subject of a decision: one identity for role links, and all other facts about the caller (roles, permissions).
 */
export interface PolicySubject {
  readonly id: string;
  readonly kinds: ReadonlySet<string>;
}

/**
 * Builds a separate enforcer for one act on one object; it is never changed afterwards. A request names both exactly,
 * so no other line can match, and Casbin evaluates every line that it has: some twenty microseconds for each, during
 * which the process does nothing else.
 */
export async function buildEnforcer(policies: TenantPolicies, object: string, act: string): Promise<Enforcer> {
  const enforcer = await newEnforcer(newModelFromString(await modelText));
  await enforcer.addFunction('holds', (subject: PolicySubject, kind: string) => subject.kinds.has(kind));
  await enforcer.addFunction('from', (places: ReadonlySet<string>, place: string) => places.has(place));
  enforcer.enableAutoBuildRoleLinks(false);
  const lines = compile(policies, object).filter((line) => line[actColumn] === act);
  const spans = spansOf(policies, object, new Set(lines.map((line) => line[whenColumn])));
  await enforcer.addFunction('during', (rule: string, atMs: number) => {
    const holds = spans.get(rule);
    if (!holds) throw platformFault('policy.no-hours', `The rule ${rule} has no hours to compare with.`);
    return holds(atMs);
  });
  await enforcer.addPolicies(lines.map((line) => [...line]));
  const links = policies.members.map(({ subject, role }) => [subject, `tenant-role:${role}`, policies.domain]);
  if (object === tenantObject && links.length > 0) await enforcer.addGroupingPolicies(links);
  await enforcer.buildRoleLinks();
  return enforcer;
}

/** The hours of the rules in the lines, by rule. */
function spansOf(policies: TenantPolicies, object: string, named: ReadonlySet<string | undefined>) {
  const spans = new Map<string, (atMs: number) => boolean>();
  for (const { id, when } of policyOf(policies, object)?.rules ?? []) {
    if (when && named.has(id)) spans.set(id, during(when));
  }
  return spans;
}

/** The guild's policy that an object belongs to. */
function policyOf({ guilds, fallback }: TenantPolicies, object: string): GuildPolicy | undefined {
  if (object === anyGuildObject) return fallback;
  return guilds.get(object.slice(guildObject('').length) as Snowflake)?.policy;
}

/** The platform's own rules for the tenant, or the lines of one guild's policy. */
function compile(policies: TenantPolicies, object: string): PolicyLine[] {
  const { domain } = policies;
  if (object === tenantObject) return compilePlatform(domain, policies.suspendedByOperator === true);
  const policy = policyOf(policies, object);
  return policy ? compileGuild(domain, object, policy) : [];
}

function compilePlatform(domain: string, suspendedByOperator: boolean): PolicyLine[] {
  const lines: PolicyLine[] = [];
  for (const [workload, actions] of Object.entries(workloadActions)) {
    for (const action of actions) lines.push(platformLine(`workload:${workload}`, domain, action));
  }
  for (const [role, actions] of Object.entries(memberRoles)) {
    for (const action of actions) lines.push(platformLine(`tenant-role:${role}`, domain, action));
  }
  for (const action of operatorActions) lines.push(platformLine('operator', domain, action));
  for (const action of personActions) lines.push(platformLine('person', domain, action));
  if (suspendedByOperator) lines.push(operatorResumes(domain));
  return lines;
}

/** A tenant suspended by an operator cannot be resumed by its owner. */
const operatorResumes = (domain: string): PolicyLine => [
  'person',
  domain,
  tenantObject,
  'tenant.resume',
  '*',
  '*',
  'deny',
  'platform:suspended-by-operator',
];

const platformLine = (subject: string, domain: string, action: string): PolicyLine => [
  subject,
  domain,
  tenantObject,
  action,
  '*',
  '*',
  'allow',
  `platform:${subject}`,
];

function compileGuild(domain: string, object: string, policy: GuildPolicy): PolicyLine[] {
  const line = (subject: string, act: string, rule: string): PolicyLine => [
    subject,
    domain,
    object,
    act,
    '*',
    '*',
    'allow',
    rule,
  ];
  const djs = (policy.dj?.roles ?? []).flatMap((role) =>
    djCommands.map((command) => line(`discord-role:${role}`, commandAct(command), djRule)),
  );
  const votes = policy.voteSkip ? [line('everyone', voteSkipAct, voteSkipRule)] : [];
  const rest = ruledCommands
    .filter((command) => policy.otherwise === 'allow' && isForEverybody(policy, command))
    .map((command) => line('everyone', commandAct(command), 'otherwise'));
  const of = (effect: GuildRule['effect']) =>
    policy.rules.filter((rule) => rule.effect === effect).flatMap((rule) => compileRule(domain, object, rule));
  // Casbin names the first matching line that denies, but the last one that allows: with those reversed, it always
  // names the first in the policy.
  return [...of('deny'), ...rest, ...votes, ...djs, ...of('allow').reverse()];
}

/** Whether `otherwise` applies: what is reserved for DJs or subject to votes needs more. */
function isForEverybody({ dj, voteSkip }: GuildPolicy, command: RuledCommand): boolean {
  const control: readonly RuledCommand[] = djCommands;
  return !(dj && control.includes(command)) && !(voteSkip && command === 'skip');
}

function compileRule(domain: string, object: string, rule: GuildRule): PolicyLine[] {
  const commands = rule.commands === 'all' ? ruledCommands : rule.commands;
  const channels = rule.channels ?? ['*'];
  return subjectsOf(rule).flatMap((subject) =>
    commands.flatMap((command) =>
      channels.map((channel): PolicyLine => [
        subject,
        domain,
        object,
        commandAct(command),
        channel,
        rule.when ? rule.id : '*',
        rule.effect,
        rule.id,
      ]),
    ),
  );
}

function subjectsOf({ who }: GuildRule): string[] {
  return [
    ...(who.everyone ? ['everyone'] : []),
    ...(who.roles ?? []).map((role) => `discord-role:${role}`),
    ...(who.users ?? []).map((user) => `discord-user:${user}`),
    ...(who.permissions ?? []).map((permission) => `discord-permission:${permission}`),
  ];
}
