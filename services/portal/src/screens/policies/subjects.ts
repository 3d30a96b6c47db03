import { commandsIn, type RuledCommand } from '#policies/commands.ts';
import type { GuildPolicy, GuildRule } from '../../api/types.ts';

/** Whom a rule can name. */
export type Subject =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'roles' | 'users' | 'permissions'; readonly id: string };

type Who = GuildRule['who'];
export type Command = RuledCommand;
/** The state of a cell in the matrix: set by a rule, or inherited. */
export type CellState = 'allow' | 'deny' | 'inherit';

/** Whether a rule applies everywhere and always. Such rules make up the matrix; the others are in a separate list. */
export const isPlain = (rule: GuildRule): boolean => rule.channels === undefined && rule.when === undefined;

/**
 * The same policy with the @everyone role, whose id is the server's, written as `everyone`, as the matrix expects it.
 */
export function withEveryone(policy: GuildPolicy, guild: string): GuildPolicy {
  const isEveryone = (id: string) => id === guild;
  if (!policy.rules.some(({ who }) => who.roles?.some(isEveryone))) return policy;
  const rules = policy.rules.map((rule): GuildRule => {
    const { roles = [], ...rest } = rule.who;
    if (!roles.some(isEveryone)) return rule;
    const others = roles.filter((id) => !isEveryone(id));
    return { ...rule, who: { ...rest, everyone: true, ...(others.length > 0 ? { roles: others } : {}) } };
  });
  return { ...policy, rules };
}

export function names(who: Who, subject: Subject): boolean {
  if (subject.kind === 'everyone') return who.everyone === true;
  return (who[subject.kind] as readonly string[] | undefined)?.includes(subject.id) ?? false;
}

const covers = (rule: GuildRule, command: Command): boolean =>
  rule.commands === 'all' || commandsIn(rule.commands).includes(command);

/** Deny wins, as in the platform's decisions. */
export function stateOf(policy: GuildPolicy, subject: Subject, command: Command): CellState {
  const said = policy.rules.filter((rule) => isPlain(rule) && names(rule.who, subject) && covers(rule, command));
  if (said.some(({ effect }) => effect === 'deny')) return 'deny';
  return said.length > 0 ? 'allow' : 'inherit';
}

/**
 * The policy with one cell set to a new state and every other cell unchanged. A rule that covered the cell together
 * with others is split; the rules that the matrix creates are named after their subject.
 */
export function withCell(
  policy: GuildPolicy,
  subject: Subject,
  command: Command,
  state: CellState,
  commands: readonly Command[],
): GuildPolicy {
  const rules: GuildRule[] = [];
  const remains = { allow: new Set<Command>(), deny: new Set<Command>() };
  let at: number | undefined;
  for (const rule of policy.rules) {
    if (!isPlain(rule) || !names(rule.who, subject)) {
      rules.push(rule);
      continue;
    }
    at ??= rules.length;
    for (const covered of commands) if (covers(rule, covered)) remains[rule.effect].add(covered);
    const others = without(rule.who, subject);
    if (others) rules.push({ ...rule, who: others });
  }
  remains.allow.delete(command);
  remains.deny.delete(command);
  if (state !== 'inherit') remains[state].add(command);
  const taken = new Set(rules.map(({ id }) => id));
  const own = (['allow', 'deny'] as const).flatMap((effect): GuildRule[] => {
    const said = commands.filter((name) => remains[effect].has(name));
    if (said.length === 0) return [];
    const id = freeId(`${slug(subject)}-${effect}`, taken);
    return [{ id, effect, who: whoOf(subject), commands: said.length === commands.length ? 'all' : [...said] }];
  });
  rules.splice(at ?? rules.length, 0, ...own);
  return { ...policy, rules };
}

function without(who: Who, subject: Subject): Who | undefined {
  const { everyone, ...lists } = who;
  const rest: Who = { ...lists, ...(everyone && subject.kind !== 'everyone' ? { everyone } : {}) };
  if (subject.kind !== 'everyone') {
    const left = (rest[subject.kind] ?? []).filter((id) => id !== subject.id);
    if (left.length > 0) Object.assign(rest, { [subject.kind]: left });
    else delete rest[subject.kind];
  }
  return Object.keys(rest).length > 0 ? rest : undefined;
}

function whoOf(subject: Subject): Who {
  if (subject.kind === 'everyone') return { everyone: true };
  return { [subject.kind]: [subject.id] };
}

const prefixes = { roles: 'role', users: 'user', permissions: 'permission' } as const;

const slug = (subject: Subject): string =>
  subject.kind === 'everyone' ? 'everyone' : `${prefixes[subject.kind]}-${subject.id}`;

/** A rule id that no other rule has. */
export function freeId(wanted: string, taken: ReadonlySet<string>): string {
  let id = wanted;
  for (let number = 2; taken.has(id); number += 1) id = `${wanted}-${number}`;
  return id;
}

/**
 * The part of a policy that can affect somebody with only this role, so that the cached results of one row of the
 * matrix stay valid while another row changes.
 */
export function partAbout(policy: GuildPolicy, subject: Subject): GuildPolicy {
  const rules = policy.rules.filter((rule) => rule.who.everyone || names(rule.who, subject));
  const { otherwise, dj, voteSkip } = policy;
  return { rules, otherwise, ...(dj ? { dj } : {}), ...(voteSkip ? { voteSkip } : {}) };
}
