import type { Snowflake } from '#infra/kernel/ids.ts';
import { djCommands, isCommandName, type CommandName } from './commands.ts';
import type { GuildPolicy, GuildRule } from './guild-policy.ts';
import type { When } from './hours.ts';
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

/** sub, dom, obj, act, chan, when, eft, rule: as `model.conf` names them. */
type PolicyLine = string[];

/** Everything that could decide one question. */
export interface Compiled {
  readonly lines: readonly PolicyLine[];
  /** The hours of the rules whose lines have some. */
  readonly hours: ReadonlyMap<string, When>;
}

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

/** The role that a member's link leads to. */
export const tenantRole = (role: MemberRole): string => `tenant-role:${role}`;

/**
 * The subject of a decision: one identity for role links, and all other facts about the caller (roles, permissions).
 */
export interface PolicySubject {
  readonly id: string;
  readonly kinds: ReadonlySet<string>;
}

/** What a decision is about; named exactly. */
interface Asked {
  readonly object: string;
  readonly act: string;
  readonly subject: PolicySubject;
  readonly places: ReadonlySet<string>;
}

/**
 * The lines about this object and act; of a guild's policy, one for each rule that names the subject and, if it has
 * channels, one of the places. No other line can match, and Casbin evaluates every line that it has.
 */
export function compile(policies: TenantPolicies, asked: Asked): Compiled {
  const { domain } = policies;
  if (asked.object === tenantObject) return { lines: platformLines(policies, asked.act), hours: noHours };
  const policy = policyOf(policies, asked.object);
  return policy ? guildLines(policy, domain, asked) : { lines: [], hours: noHours };
}

const noHours: ReadonlyMap<string, When> = new Map();

/** The guild's policy that an object belongs to. */
function policyOf({ guilds, fallback }: TenantPolicies, object: string): GuildPolicy | undefined {
  if (object === anyGuildObject) return fallback;
  return guilds.get(object.slice(guildObject('').length) as Snowflake)?.policy;
}

/** Whom the platform's own rules allow an action. */
const allowedTo: ReadonlyMap<string, readonly string[]> = (() => {
  const subjects = new Map<string, string[]>();
  const allow = (subject: string, actions: readonly string[]) => {
    for (const action of actions) subjects.set(action, [...(subjects.get(action) ?? []), subject]);
  };
  for (const [workload, actions] of Object.entries(workloadActions)) allow(`workload:${workload}`, actions);
  for (const [role, actions] of Object.entries(memberRoles)) allow(tenantRole(role as MemberRole), actions);
  allow('operator', operatorActions);
  allow('person', personActions);
  return subjects;
})();

function platformLines({ domain, suspendedByOperator }: TenantPolicies, act: string): PolicyLine[] {
  const line = (subject: string, effect: GuildRule['effect'], rule: string): PolicyLine => [
    subject,
    domain,
    tenantObject,
    act,
    '*',
    '*',
    effect,
    rule,
  ];
  const lines = (allowedTo.get(act) ?? []).map((subject) => line(subject, 'allow', `platform:${subject}`));
  // A tenant suspended by an operator cannot be resumed by its owner.
  if (suspendedByOperator && act === 'tenant.resume')
    lines.push(line('person', 'deny', 'platform:suspended-by-operator'));
  return lines;
}

function guildLines(policy: GuildPolicy, domain: string, asked: Asked): Compiled {
  const { object, act } = asked;
  const { kinds } = asked.subject;
  const line = (subject: string, rule: string): PolicyLine => [subject, domain, object, act, '*', '*', 'allow', rule];
  if (act === voteSkipAct) return { lines: policy.voteSkip ? [line('everyone', voteSkipRule)] : [], hours: noHours };
  const command = act.slice(commandAct('').length);
  if (!isCommandName(command)) return { lines: [], hours: noHours };
  // To put together the name of each subject of each rule takes longer than all the rest: the ids are compared first.
  const ids = new Set([...kinds].map((kind) => kind.slice(kind.indexOf(':') + 1)));
  const djs = isControl(command) ? (policy.dj?.roles ?? []).map((role) => line(`discord-role:${role}`, djRule)) : [];
  const rest = policy.otherwise === 'allow' && isForEverybody(policy, command) ? [line('everyone', 'otherwise')] : [];
  const about = policy.rules.filter((rule) => isAbout(rule, command, ids));
  const of = (effect: GuildRule['effect']) =>
    about.flatMap((rule) => (rule.effect === effect ? ruleLine(rule, domain, asked) : []));
  // Casbin names the first matching line that denies, but the last one that allows: with those reversed, it always
  // names the first in the policy.
  const lines = [...of('deny'), ...rest, ...djs.filter(([role = '']) => kinds.has(role)), ...of('allow').reverse()];
  return { lines, hours: new Map(about.flatMap(({ id, when }) => (when ? [[id, when]] : []))) };
}

/** Asked of every rule of a policy for each decision: allocates nothing. */
function isAbout({ commands, who }: GuildRule, command: CommandName, ids: ReadonlySet<string>): boolean {
  if (commands !== 'all' && !commands.includes(command)) return false;
  return who.everyone ?? (hasOneOf(ids, who.roles) || hasOneOf(ids, who.users) || hasOneOf(ids, who.permissions));
}

function hasOneOf(ids: ReadonlySet<string>, named: readonly string[] = []): boolean {
  for (const id of named) if (ids.has(id)) return true;
  return false;
}

const isControl = (command: CommandName): boolean => (djCommands as readonly CommandName[]).includes(command);

/** Whether `otherwise` applies: what is reserved for DJs or subject to votes needs more. */
const isForEverybody = ({ dj, voteSkip }: GuildPolicy, command: CommandName): boolean =>
  !(dj && isControl(command)) && !(voteSkip && command === 'skip');

/** A rule's lines for several of a subject's roles, or several places, would decide the same: one is enough. */
function ruleLine(rule: GuildRule, domain: string, { object, act, subject, places }: Asked): PolicyLine[] {
  const named = subjectIn(rule, subject.kinds);
  const channel = rule.channels ? rule.channels.find((place) => places.has(place)) : '*';
  if (named === undefined || channel === undefined) return [];
  return [[named, domain, object, act, channel, rule.when ? rule.id : '*', rule.effect, rule.id]];
}

function subjectIn({ who }: GuildRule, kinds: ReadonlySet<string>): string | undefined {
  if (who.everyone) return 'everyone';
  const role = who.roles?.find((id) => kinds.has(`discord-role:${id}`));
  if (role !== undefined) return `discord-role:${role}`;
  const user = who.users?.find((id) => kinds.has(`discord-user:${id}`));
  if (user !== undefined) return `discord-user:${user}`;
  const permission = who.permissions?.find((name) => kinds.has(`discord-permission:${name}`));
  return permission === undefined ? undefined : `discord-permission:${permission}`;
}
