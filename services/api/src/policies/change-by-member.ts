import { callerFault } from '#infra/kernel/errors.ts';
import {
  commandCategories,
  commandsIn,
  djCategories,
  type CommandCategory,
  type NamedInPolicy,
} from '#policies/commands.ts';
import { maxSubjects, type GuildPolicy } from '#policies/guild-policy.ts';
import { serverPolicyErrorCodes, type PolicyChange } from '#services/contracts/server-policy.ts';

type Djs = NonNullable<GuildPolicy['dj']>;

/** What `/dj mode` can reserve; what one may look at is not among it. */
const reservable = ['adding', 'playback', 'sound', 'order'] as const satisfies readonly CommandCategory[];

/**
 * The policy after a member's command, which changes what it names and nothing else. The same policy if it says so
 * already.
 * @throws BailiwickError policy.too-many-dj-roles (409)
 */
export function changedByMember(policy: GuildPolicy, change: PolicyChange): GuildPolicy {
  const { dj: _dj, voteSkip: _voteSkip, ...rest } = policy;
  const dj = djsAfter(policy.dj, change);
  const voteSkip = change.percent === undefined ? policy.voteSkip : votesOf(change.percent);
  return { ...rest, ...(dj ? { dj } : {}), ...(voteSkip ? { voteSkip } : {}) };
}

const votesOf = (percent: number): GuildPolicy['voteSkip'] => (percent === 0 ? undefined : { share: percent / 100 });

function djsAfter(before: Djs | undefined, { add, remove, mode, ...named }: PolicyChange): Djs | undefined {
  const roles = (before?.roles ?? []).filter((role) => role !== remove);
  if (add !== undefined && !roles.includes(add)) roles.push(add);
  if (roles.length > maxSubjects)
    throw callerFault(serverPolicyErrorCodes.tooManyRoles, `A server has at most ${maxSubjects} DJ roles.`, 409);
  const commands = reservedAfter(before, mode, named);
  if (roles.length === 0 && commands?.length === 0) return undefined;
  return { roles, ...(commands ? { commands } : {}) };
}

/** Roles alone reserve nothing: that is for the mode to say. */
function reservedAfter(
  before: Djs | undefined,
  mode: PolicyChange['mode'],
  named: Omit<PolicyChange, 'add' | 'remove' | 'mode'>,
): Djs['commands'] {
  if (mode === 'off') return [];
  if (mode === undefined) return before ? before.commands : [];
  const present = before && before.commands?.length !== 0 ? before.commands : undefined;
  const reserved = new Set<NamedInPolicy>(present ?? djCategories);
  for (const category of reservable) {
    const wanted = named[category];
    if (wanted === undefined) continue;
    for (const name of reserved) if (isWithin(name, category)) reserved.delete(name);
    if (wanted) reserved.add(category);
  }
  return [...reserved];
}

/** Whether a name in a policy means only commands of this category. */
const isWithin = (name: NamedInPolicy, category: CommandCategory): boolean => {
  const commands: readonly string[] = commandCategories[category];
  return commandsIn([name]).every((command) => commands.includes(command));
};
