import type { Action } from '#security/identity/actions.ts';
import { evaluate, type PolicyMember } from './evaluator.ts';
import { permissionBits, type GuildPolicy, type GuildRule, type PermissionName } from './guild-policy.ts';
import { memberRoles, operatorActions } from './roles.ts';

/** One change of the circumstances that would have turned a denial into a permission. */
export type Alternative =
  | { readonly kind: 'role' | 'channel'; readonly id: string; readonly sentence: string }
  | { readonly kind: 'permission'; readonly permission: PermissionName; readonly sentence: string }
  | { readonly kind: 'rule' | 'hours'; readonly rule: string; readonly sentence: string }
  | { readonly kind: 'otherwise'; readonly sentence: string }
  | { readonly kind: 'tenant-role'; readonly role: string; readonly sentence: string };

const maxAlternatives = 20;

/**
 * What would have let this member use this command at this moment: another role, permission, channel or hour, or a
 * change of one rule. Each is verified, not guessed: with it, the policy allows. At most 20, the member's own first.
 */
export function alternatives(
  policy: GuildPolicy,
  member: PolicyMember,
  command: string,
  atMs: number,
): readonly Alternative[] {
  const allows = (of: GuildPolicy, as: PolicyMember) => evaluate(of, as, command, atMs).allowed;
  if (allows(policy, member)) return [];
  const found: Alternative[] = [];
  for (const id of named(policy, 'roles'))
    if (allows(policy, { ...member, roles: [...member.roles, id] }))
      found.push({ kind: 'role', id, sentence: `With the role ${id}.` });
  for (const permission of permissionsOf(policy)) {
    const permissions = String(BigInt(member.permissions) | permissionBits[permission]);
    if (allows(policy, { ...member, permissions }))
      found.push({ kind: 'permission', permission, sentence: `With the Discord permission ${permission}.` });
  }
  for (const id of named(policy, 'channels'))
    if (allows(policy, { ...member, channel: id, within: [] }))
      found.push({ kind: 'channel', id, sentence: `From the channel ${id}.` });
  for (const [index, rule] of policy.rules.entries()) found.push(...changesOf(policy, index, rule, member, allows));
  if (policy.otherwise === 'deny' && allows({ ...policy, otherwise: 'allow' }, member))
    found.push({ kind: 'otherwise', sentence: 'If a rule allowed it, or `otherwise` allowed what no rule mentions.' });
  if (found.length === 0) found.push(...withoutAll(policy, member, command, atMs, allows));
  return found.slice(0, maxAlternatives);
}

/** Several rules deny it, so that removing one of them would not help. */
function withoutAll(
  policy: GuildPolicy,
  member: PolicyMember,
  command: string,
  atMs: number,
  allows: (policy: GuildPolicy, member: PolicyMember) => boolean,
): Alternative[] {
  const { because } = evaluate(policy, member, command, atMs);
  const rest = {
    ...policy,
    rules: policy.rules.filter(({ id, effect }) => effect !== 'deny' || !because.includes(id)),
  };
  if (!allows(rest, member)) return [];
  const rules = because.join(', ');
  return [{ kind: 'rule', rule: rules, sentence: `Without the rules ${rules}, each of which denies it.` }];
}

/** A rule at another hour, or without a denying rule. */
function changesOf(
  policy: GuildPolicy,
  index: number,
  rule: GuildRule,
  member: PolicyMember,
  allows: (policy: GuildPolicy, member: PolicyMember) => boolean,
): Alternative[] {
  const isDeny = rule.effect === 'deny';
  const { when, ...always } = rule;
  if (when && !isDeny && allows({ ...policy, rules: policy.rules.with(index, always) }, member))
    return [{ kind: 'hours', rule: rule.id, sentence: `In the hours of the rule ${rule.id} (${hoursOf(when)}).` }];
  if (!isDeny || !allows({ ...policy, rules: policy.rules.toSpliced(index, 1) }, member)) return [];
  return when
    ? [{ kind: 'hours', rule: rule.id, sentence: `Outside the hours of the rule ${rule.id} (${hoursOf(when)}).` }]
    : [{ kind: 'rule', rule: rule.id, sentence: `Without the rule ${rule.id}, which denies it.` }];
}

const hoursOf = ({ zone, weekdays, hours }: NonNullable<GuildRule['when']>): string =>
  [...(weekdays ?? []), ...(hours ? [`${hours.from} to ${hours.to}`] : []), zone].join(' ');

function named(policy: GuildPolicy, what: 'roles' | 'channels'): ReadonlySet<string> {
  const inRules = policy.rules.flatMap((rule) => (what === 'roles' ? rule.who.roles : rule.channels) ?? []);
  return new Set<string>(what === 'roles' ? [...inRules, ...(policy.dj?.roles ?? [])] : inRules);
}

const permissionsOf = (policy: GuildPolicy): ReadonlySet<PermissionName> =>
  new Set(policy.rules.flatMap(({ who }) => who.permissions ?? []));

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
