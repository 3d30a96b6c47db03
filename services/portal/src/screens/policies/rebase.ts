import { ruledCommands } from '#policies/commands.ts';
import type { GuildPolicy, GuildRule } from '../../api/types.ts';
import { freeId, isPlain, stateOf, withCell, type Subject } from './subjects.ts';

/**
 * Reapplies somebody's changes to what another person saved in the meantime: by cell of the matrix, by rule and by
 * setting, so that the last to save wins only where both changed the same thing.
 */
export function rebased(before: GuildPolicy, mine: GuildPolicy, theirs: GuildPolicy): GuildPolicy {
  return withRules(before, mine, withCells(before, mine, withSettings(before, mine, theirs)));
}

function withSettings(before: GuildPolicy, mine: GuildPolicy, theirs: GuildPolicy): GuildPolicy {
  const { rules, quotas: theirQuotas, ...settings } = theirs;
  const changed = { ...settings };
  for (const name of ['otherwise', 'dj', 'voteSkip', 'sources'] as const) take(changed, name, before, mine);
  const quotas: NonNullable<GuildPolicy['quotas']> = { ...theirQuotas };
  for (const name of ['maxQueuedPerMember', 'maxTrackLengthSec'] as const)
    take(quotas, name, before.quotas ?? {}, mine.quotas ?? {});
  return { ...changed, rules, ...(Object.keys(quotas).length > 0 ? { quotas } : {}) };
}

/** Takes `mine` where it differs from `before`, even if the change was to remove the value. */
function take<Values extends object, Name extends keyof Values>(
  into: Values,
  name: Name,
  before: Values,
  mine: Values,
): void {
  if (same(before[name], mine[name])) return;
  if (mine[name] === undefined) delete into[name];
  else into[name] = mine[name];
}

function withCells(before: GuildPolicy, mine: GuildPolicy, theirs: GuildPolicy): GuildPolicy {
  let policy = theirs;
  for (const subject of subjectsOf([...before.rules, ...mine.rules].filter(isPlain)))
    for (const command of ruledCommands) {
      const state = stateOf(mine, subject, command);
      if (state !== stateOf(before, subject, command))
        policy = withCell(policy, subject, command, state, ruledCommands);
    }
  return policy;
}

function subjectsOf(rules: readonly GuildRule[]): readonly Subject[] {
  const all = rules.flatMap(({ who }): Subject[] => [
    ...(who.everyone ? [{ kind: 'everyone' } as const] : []),
    ...(['roles', 'users', 'permissions'] as const).flatMap((kind) => (who[kind] ?? []).map((id) => ({ kind, id }))),
  ]);
  return [...new Map(all.map((subject) => [JSON.stringify(subject), subject])).values()];
}

/** The rules that are not in the matrix: those with channels or times. */
function withRules(before: GuildPolicy, mine: GuildPolicy, theirs: GuildPolicy): GuildPolicy {
  const [was, is] = [before, mine].map(({ rules }) => rules.filter((rule) => !isPlain(rule))) as [
    GuildRule[],
    GuildRule[],
  ];
  const touched = new Set(was.filter((rule) => !is.some((each) => same(each, rule))).map(({ id }) => id));
  const put = is.filter((rule) => !was.some((each) => same(each, rule)));
  const kept = theirs.rules.filter((rule) => isPlain(rule) || !touched.has(rule.id));
  const taken = new Set(kept.map(({ id }) => id));
  const added = put.map((rule) => {
    const id = freeId(rule.id, taken);
    taken.add(id);
    return { ...rule, id };
  });
  return { ...theirs, rules: [...kept, ...added] };
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
