import type { Snowflake } from '#infra/kernel/ids.ts';
import { commandsIn, djCategories, djCommands, type RuledCommand } from './commands.ts';
import type { GuildPolicy, GuildRule, PermissionName } from './guild-policy.ts';
import type { When } from './hours.ts';
import { memberRoles, operatorActions, personActions, workloadActions, type MemberRole } from './roles.ts';

/** A guild's policy without its rules. */
export type GuildSettings = Omit<GuildPolicy, 'rules'>;

/** A guild's policy at one version. */
export interface VersionedPolicy {
  readonly version: number;
  readonly settings: GuildSettings;
  /** Whether a rule of it has hours. */
  readonly timed: boolean;
  /** The rules about a command, in their order: at least those that concern what is asked. */
  rulesFor(command: RuledCommand, asked: LinesAsked): readonly ConcerningRule[];
}

/** A rule, read for one command. */
export type ConcerningRule = Omit<GuildRule, 'commands'>;

const isAbout =
  (command: RuledCommand) =>
  ({ commands }: GuildRule): boolean =>
    commands === 'all' || commandsIn(commands).includes(command);

export function versioned(version: number, { rules, ...settings }: GuildPolicy): VersionedPolicy {
  const timed = rules.some(({ when }) => when);
  return { version, settings, timed, rulesFor: (command) => rules.filter(isAbout(command)) };
}

/** Everything that decisions for one tenant depend on. */
export interface TenantPolicies {
  readonly domain: string;
  readonly members: readonly { subject: string; role: MemberRole }[];
  readonly guilds: ReadonlyMap<Snowflake, VersionedPolicy>;
  /** What applies in a guild that has no policy of its own. */
  readonly fallback: VersionedPolicy;
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
/** Decided for members who may not skip every track: whether they may skip those that they have requested. */
export const ownSkipAct = 'own:skip';
/** Rules that settings of a policy create. */
const requesterRule = 'requester';
const djRule = 'dj';
export const voteSkipRule = 'vote-skip';
/** Whoever manages the server at Discord, whatever its policy says. */
export const manageAct = commandAct('manage');
const manageRule = 'manage-guild';

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
  /** The channel of the request and its parents. */
  readonly places: ReadonlySet<string>;
}

/**
 * The policy lines that may apply to a question: those of its object and act, and of a guild's policy one for each rule
 * that names the subject and, if it names channels, one of the places. Casbin evaluates every line that it gets, at
 * several microseconds each, so it gets no others; it still compares everything itself (model.conf).
 */
export function linesFor(policies: TenantPolicies, asked: LinesAsked): PolicyLine[] {
  if (asked.object === tenantObject) return platformLines(policies, asked.act, asked.subject);
  const policy = policyOf(policies, asked.object);
  return policy ? guildLines(policy, policies.domain, asked) : [];
}

/** The guild's policy that an object belongs to. */
function policyOf({ guilds, fallback }: TenantPolicies, object: string): VersionedPolicy | undefined {
  if (object === anyGuildObject) return fallback;
  return guilds.get(object.slice(guildObject('').length) as Snowflake);
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

function guildLines(policy: VersionedPolicy, domain: string, asked: LinesAsked): PolicyLine[] {
  const { object, act, subject } = asked;
  const { settings } = policy;
  const allow = (whom: string, rule: string): PolicyLine => [whom, domain, object, act, '*', '*', 'allow', rule];
  if (act === voteSkipAct) return settings.voteSkip ? [allow('everyone', voteSkipRule)] : [];
  if (act === ownSkipAct) return isForEverybody(settings, 'skip') ? [] : [allow('everyone', requesterRule)];
  if (act === manageAct) return [allow(permissionKind('manage-guild'), manageRule)];
  const command = act.slice(commandPrefix.length) as RuledCommand;
  const dj = djKinds(settings, command).find((kind) => subject.kinds.has(kind));
  const rest = settings.otherwise === 'allow' && isForEverybody(settings, command);
  const rules = policy.rulesFor(command, asked);
  const [denying, allowing]: [PolicyLine[], PolicyLine[]] = [[], []];
  for (const rule of rules) {
    const line = ruleLine(rule, domain, asked);
    if (line) (rule.effect === 'deny' ? denying : allowing).push(line);
  }
  // Casbin names the first matching line that denies, but the last one that allows: with those reversed, it always
  // names the first in the policy.
  return [
    ...denying,
    ...(rest ? [allow('everyone', 'otherwise')] : []),
    ...(dj === undefined ? [] : [allow(dj, djRule)]),
    ...allowing.reverse(),
  ];
}

/** Whoever is alone in a voice channel with the bot. */
export const aloneKind = 'alone';

/** Who may use a command as a DJ; where nothing is reserved for DJs, they need at least no votes. */
function djKinds({ dj, voteSkip }: GuildSettings, command: RuledCommand): readonly string[] {
  const isForThem = dj && (djCommands.includes(command) || reservedBy(dj).includes(command));
  if (!isForThem && !(voteSkip && command === 'skip')) return [];
  return [...(dj?.roles ?? []).map(roleKind), permissionKind('manage-guild'), aloneKind];
}

/** The commands that a guild with DJs reserves for them. */
export const reservedBy = ({ commands }: NonNullable<GuildSettings['dj']>): readonly RuledCommand[] =>
  commandsIn(commands ?? djCategories);

/** Whether `otherwise` applies: what is reserved for DJs or subject to votes needs more. */
const isForEverybody = ({ dj, voteSkip }: GuildSettings, command: RuledCommand): boolean =>
  !(dj && reservedBy(dj).includes(command)) && !(voteSkip && command === 'skip');

/** A rule's lines for several of a subject's roles, or for several places, would decide the same: one is enough. */
function ruleLine(
  rule: ConcerningRule,
  domain: string,
  { object, act, subject, places }: LinesAsked,
): PolicyLine | undefined {
  const whom = namedKind(rule.who, subject);
  const channel = rule.channels ? rule.channels.find((each) => places.has(each)) : '*';
  if (whom === undefined || channel === undefined) return undefined;
  return [whom, domain, object, act, channel, whenText(rule.when), rule.effect, rule.id];
}

export const roleKind = (role: string): string => `discord-role:${role}`;
export const userKind = (user: string): string => `discord-user:${user}`;
export const permissionKind = (permission: PermissionName): string => `discord-permission:${permission}`;

/** The first of the subject's kinds that a rule names. */
function namedKind(who: GuildRule['who'], { kinds }: PolicySubject): string | undefined {
  if (who.everyone && kinds.has('everyone')) return 'everyone';
  return (
    firstOf(who.roles, roleKind, kinds) ??
    firstOf(who.users, userKind, kinds) ??
    firstOf(who.permissions, permissionKind, kinds)
  );
}

function firstOf<Name>(
  names: readonly Name[] | undefined,
  kindOf: (name: Name) => string,
  kinds: ReadonlySet<string>,
): string | undefined {
  for (const name of names ?? []) {
    const kind = kindOf(name);
    if (kinds.has(kind)) return kind;
  }
  return undefined;
}
