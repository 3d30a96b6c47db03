import { setImmediate } from 'node:timers/promises';
import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Action } from '#security/identity/actions.ts';
import type { DiscordMember } from '#security/identity/transaction-token.ts';
import { replay } from './dry-run.ts';
import { permissionBits, type GuildPolicy, type GuildRule, type PermissionName } from './guild-policy.ts';
import type { Decision } from './request.ts';
import { memberRoles, operatorActions } from './roles.ts';

/** One change of the circumstances that would have turned a denial into a permission. */
export type Alternative =
  | { readonly kind: 'role' | 'channel'; readonly id: string; readonly sentence: string }
  | { readonly kind: 'permission'; readonly permission: PermissionName; readonly sentence: string }
  | { readonly kind: 'rule' | 'hours'; readonly rule: string; readonly sentence: string }
  | { readonly kind: 'otherwise' | 'alone'; readonly sentence: string }
  | { readonly kind: 'tenant-role'; readonly role: string; readonly sentence: string };

const maxAlternatives = 20;

/** A decision about a bot's call for a member: what was asked, and when. */
type Asked = Parameters<typeof replay>[1];

/**
 * What would have let this member use this command at this moment: another role, permission, channel or hour, or a
 * change of one rule. Each is verified, not guessed: with it, the decision point allows. At most 20, the member's own
 * first.
 */
export async function alternatives(policy: GuildPolicy, asked: Asked): Promise<readonly Alternative[]> {
  const decision = await replay(policy, asked);
  if (decision.allowed) return [];
  const found: Alternative[] = [];
  for (const { alternative, ...change } of changes(policy, asked.member)) {
    // A policy may name a thousand roles, and other requests wait meanwhile.
    await setImmediate();
    const { allowed } = await replay(change.policy ?? policy, { ...asked, member: change.member ?? asked.member });
    if (allowed) found.push(alternative);
    if (found.length === maxAlternatives) return found;
  }
  return found.length > 0 ? found : withoutAll(policy, asked, decision);
}

/** A change of the member or of the policy, and what it is called. */
interface Change {
  readonly alternative: Alternative;
  readonly member?: DiscordMember;
  readonly policy?: GuildPolicy;
}

function* changes(policy: GuildPolicy, member: DiscordMember): Generator<Change> {
  for (const id of named(policy, 'roles'))
    yield {
      alternative: { kind: 'role', id, sentence: `With the role ${id}.` },
      member: { ...member, roles: [...member.roles, id] },
    };
  for (const permission of permissionsOf(policy))
    yield {
      alternative: { kind: 'permission', permission, sentence: `With the Discord permission ${permission}.` },
      member: { ...member, permissions: String(BigInt(member.permissions) | permissionBits[permission]) },
    };
  if (policy.dj ?? policy.voteSkip)
    yield {
      alternative: { kind: 'alone', sentence: 'Alone in a voice channel with the bot.' },
      member: { ...member, alone: true },
    };
  for (const id of named(policy, 'channels'))
    yield {
      alternative: { kind: 'channel', id, sentence: `From the channel ${id}.` },
      member: { ...member, channel: id, within: [] },
    };
  for (const [index, rule] of policy.rules.entries()) yield* changesOf(policy, index, rule);
  if (policy.otherwise === 'deny')
    yield {
      alternative: {
        kind: 'otherwise',
        sentence: 'If a rule allowed it, or `otherwise` allowed what no rule mentions.',
      },
      policy: { ...policy, otherwise: 'allow' },
    };
}

/** A rule at another hour, or without a denying rule. */
function* changesOf(policy: GuildPolicy, index: number, { when, ...always }: GuildRule): Generator<Change> {
  const { id, effect } = always;
  if (effect === 'deny') {
    const sentence = when
      ? `Outside the hours of the rule ${id} (${hoursOf(when)}).`
      : `Without the rule ${id}, which denies it.`;
    const kind = when ? 'hours' : 'rule';
    yield { alternative: { kind, rule: id, sentence }, policy: { ...policy, rules: policy.rules.toSpliced(index, 1) } };
  } else if (when) {
    const sentence = `In the hours of the rule ${id} (${hoursOf(when)}).`;
    yield {
      alternative: { kind: 'hours', rule: id, sentence },
      policy: { ...policy, rules: policy.rules.with(index, always) },
    };
  }
}

/** Several rules deny it, so that removing one of them would not help: each denial names the next. */
async function withoutAll(policy: GuildPolicy, asked: Asked, decision: Decision): Promise<Alternative[]> {
  const removed: string[] = [];
  let [rest, rule] = [policy, decision.rule];
  while (rule !== undefined) {
    removed.push(rule);
    rest = { ...rest, rules: rest.rules.filter(({ id }) => !removed.includes(id)) };
    const next = await replay(rest, asked);
    const names = removed.join(', ');
    if (next.allowed)
      return [{ kind: 'rule', rule: names, sentence: `Without the rules ${names}, each of which denies it.` }];
    rule = rest.rules.some(({ id }) => id === next.rule) ? next.rule : undefined;
  }
  return [];
}

const hoursOf = ({ zone, weekdays, hours }: NonNullable<GuildRule['when']>): string =>
  [...(weekdays ?? []), ...(hours ? [`${hours.from} to ${hours.to}`] : []), zone].join(' ');

function named(policy: GuildPolicy, what: 'roles' | 'channels'): ReadonlySet<Snowflake> {
  const inRules = policy.rules.flatMap((rule) => (what === 'roles' ? rule.who.roles : rule.channels) ?? []);
  return new Set(what === 'roles' ? [...inRules, ...(policy.dj?.roles ?? [])] : inRules);
}

const permissionsOf = (policy: GuildPolicy): ReadonlySet<PermissionName> =>
  new Set([
    ...policy.rules.flatMap(({ who }) => who.permissions ?? []),
    ...((policy.dj ?? policy.voteSkip) ? (['manage-guild'] as const) : []),
  ]);

/** The roles in the tenant that would have allowed it. */
export function rolesAllowed(action: Action): readonly Alternative[] {
  const roles = Object.entries(memberRoles).filter(([, actions]) => (actions as readonly Action[]).includes(action));
  const operators: readonly Action[] = operatorActions;
  return [
    ...roles.map(([role]) => ({ kind: 'tenant-role', role, sentence: `As ${role} of the tenant.` }) as const),
    ...(operators.includes(action)
      ? [{ kind: 'tenant-role', role: 'operator', sentence: 'As an operator of the platform.' } as const]
      : []),
  ];
}
