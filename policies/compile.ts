import type { Snowflake } from '#infra/kernel/ids.ts';
import { djCommands, type RuledCommand } from './commands.ts';
import type { GuildPolicy, GuildRule } from './guild-policy.ts';
import type { When } from './hours.ts';
import { memberRoles, operatorActions, personActions, workloadActions, type MemberRole } from './roles.ts';

/** A guild's policy at one version. */
export interface VersionedPolicy {
  readonly version: number;
  readonly policy: GuildPolicy;
  /** Whether a rule of it has hours. */
  readonly timed: boolean;
}

export const versioned = (version: number, policy: GuildPolicy): VersionedPolicy => ({
  version,
  policy,
  timed: policy.rules.some(({ when }) => when),
});

/** Everything that decisions for one tenant depend on. */
export interface TenantPolicies {
  readonly domain: string;
  readonly members: readonly { subject: string; role: MemberRole }[];
  readonly guilds: ReadonlyMap<Snowflake, VersionedPolicy>;
  /** What applies in a guild that has no policy of its own. */
  readonly fallback: GuildPolicy;
  /** True while a suspension by an operator is in force. */
  readonly suspendedByOperator?: boolean;
}

/** sub, dom, obj, act, chan, when, eft, rule */
export type PolicyLine = readonly [string, string, string, string, string, string, 'allow' | 'deny', string];
const ruleColumn = 7;

/** The id of the rule that decided, from Casbin's explanation; undefined if none did. */
export const ruleOf = (line: readonly string[]): string | undefined => line[ruleColumn];

/** The hours of a rule, as its lines carry them. */
const whenText = (when: When | undefined): string => (when ? JSON.stringify(when) : '*');
export const whenOf = (text: string): When => JSON.parse(text) as When;

/** A tenant as object of a decision. */
export const tenantObject = 'tenant';
/** The object of decisions in guilds without a policy of their own. */
export const anyGuildObject = 'guild';
export const guildObject = (guild: string): string => `guild:${guild}`;
const commandPrefix = 'command:';
export const commandAct = (command: string): string => `${commandPrefix}${command}`;
export const tenantRole = (role: MemberRole): string => `tenant-role:${role}`;
/** Decided for members who may not skip alone. */
export const voteSkipAct = 'vote:skip';
/** Rules that settings of a policy create. */
const djRule = 'dj';
export const voteSkipRule = 'vote-skip';

/**
 * The subject of a decision: one identity for role links, and all other facts about the caller (roles, permissions).
 */
export interface PolicySubject {
  readonly id: string;
  readonly kinds: ReadonlySet<string>;
}

/** What the lines for one question depend on. */
export interface LinesAsked {
  readonly object: string;
  readonly act: string;
  readonly subject: PolicySubject;
}

/**
 * The policy lines that may apply to a question: those of its object and act, for any of the subject's kinds. Casbin
 * evaluates every line that it gets, at several microseconds each, so it gets no others; it still compares everything
 * itself (model.conf).
 */
export function linesFor(policies: TenantPolicies, { object, act, subject }: LinesAsked): PolicyLine[] {
  if (object === tenantObject) return platformLines(policies, act, subject);
  const policy = policyOf(policies, object);
  return policy ? guildLines(policy, { domain: policies.domain, object, act, kinds: subject.kinds }) : [];
}

/** The guild's policy that an object belongs to. */
function policyOf({ guilds, fallback }: TenantPolicies, object: string): GuildPolicy | undefined {
  if (object === anyGuildObject) return fallback;
  return guilds.get(object.slice(guildObject('').length) as Snowflake)?.policy;
}

/** By action, who may do it: workloads, tenant roles, operators, everybody who has signed in. */
const platformSubjects = new Map<string, string[]>();
const permit = (subject: string, actions: readonly string[]): void => {
  for (const action of actions) platformSubjects.set(action, [...(platformSubjects.get(action) ?? []), subject]);
};
for (const [workload, actions] of Object.entries(workloadActions)) permit(`workload:${workload}`, actions);
for (const [role, actions] of Object.entries(memberRoles)) permit(tenantRole(role as MemberRole), actions);
permit('operator', operatorActions);
permit('person', personActions);

/** The platform's own rules for the tenant. Which role a subject has, only Casbin decides. */
function platformLines(
  { domain, suspendedByOperator }: TenantPolicies,
  act: string,
  { kinds }: PolicySubject,
): PolicyLine[] {
  const lines = (platformSubjects.get(act) ?? [])
    .filter((subject) => kinds.has(subject) || subject.startsWith(tenantRole('' as MemberRole)))
    .map((subject): PolicyLine => [subject, domain, tenantObject, act, '*', '*', 'allow', `platform:${subject}`]);
  // A tenant suspended by an operator cannot be resumed by its owner.
  if (suspendedByOperator && act === 'tenant.resume')
    lines.push(['person', domain, tenantObject, act, '*', '*', 'deny', 'platform:suspended-by-operator']);
  return lines;
}

interface GuildQuestion {
  readonly domain: string;
  readonly object: string;
  readonly act: string;
  readonly kinds: ReadonlySet<string>;
}

function guildLines(policy: GuildPolicy, { domain, object, act, kinds }: GuildQuestion): PolicyLine[] {
  const allow = (subject: string, rule: string): PolicyLine => [subject, domain, object, act, '*', '*', 'allow', rule];
  if (act === voteSkipAct) return policy.voteSkip ? [allow('everyone', voteSkipRule)] : [];
  const command = act.slice(commandPrefix.length) as RuledCommand;
  const djs = isControl(command) ? (policy.dj?.roles ?? []).map((role) => `discord-role:${role}`) : [];
  const rest = policy.otherwise === 'allow' && isForEverybody(policy, command) ? [allow('everyone', 'otherwise')] : [];
  const of = (effect: GuildRule['effect']) =>
    policy.rules
      .filter((rule) => rule.effect === effect && (rule.commands === 'all' || rule.commands.includes(command)))
      .flatMap((rule) =>
        subjectsOf(rule)
          .filter((subject) => kinds.has(subject))
          .flatMap((subject) => ruleLines(rule, [subject, domain, object, act])),
      );
  // Casbin names the first matching line that denies, but the last one that allows: with those reversed, it always
  // names the first in the policy.
  return [
    ...of('deny'),
    ...rest,
    ...djs.filter((subject) => kinds.has(subject)).map((subject) => allow(subject, djRule)),
    ...of('allow').reverse(),
  ];
}

const isControl = (command: RuledCommand): boolean => (djCommands as readonly RuledCommand[]).includes(command);

/** Whether `otherwise` applies: what is reserved for DJs or subject to votes needs more. */
const isForEverybody = ({ dj, voteSkip }: GuildPolicy, command: RuledCommand): boolean =>
  !(dj && isControl(command)) && !(voteSkip && command === 'skip');

const ruleLines = (
  { id, effect, channels, when }: GuildRule,
  [subject, domain, object, act]: readonly [string, string, string, string],
): PolicyLine[] =>
  (channels ?? ['*']).map((channel) => [subject, domain, object, act, channel, whenText(when), effect, id]);

export function subjectsOf({ who }: GuildRule): string[] {
  return [
    ...(who.everyone ? ['everyone'] : []),
    ...(who.roles ?? []).map((role) => `discord-role:${role}`),
    ...(who.users ?? []).map((user) => `discord-user:${user}`),
    ...(who.permissions ?? []).map((permission) => `discord-permission:${permission}`),
  ];
}
