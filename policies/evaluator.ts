import type { GuildPolicy, GuildRule, PermissionName } from './guild-policy.ts';
import { permissionBits } from './guild-policy.ts';

/** A member as a guild's policy sees one. */
export interface PolicyMember {
  readonly user: string;
  readonly roles: readonly string[];
  /** Discord's permission bits, as decimal text. */
  readonly permissions: string;
  readonly channel: string;
}

export interface Evaluation {
  readonly allowed: boolean;
  /** Ids of the rules that apply and agree with the outcome; `otherwise` when none did. */
  readonly because: readonly string[];
}

/**
 * Says what a guild's policy means, in plain code and without Casbin: the meaning that the enforcer is compared with,
 * and what explains a decision to people.
 */
export function evaluate(policy: GuildPolicy, member: PolicyMember, command: string): Evaluation {
  const applying = policy.rules.filter((rule) => concerns(rule, member, command));
  const denying = applying.filter((rule) => rule.effect === 'deny');
  if (denying.length > 0) return { allowed: false, because: denying.map((rule) => rule.id) };
  if (applying.length > 0) return { allowed: true, because: applying.map((rule) => rule.id) };
  return { allowed: policy.otherwise === 'allow', because: ['otherwise'] };
}

function concerns(rule: GuildRule, member: PolicyMember, command: string): boolean {
  const commands: readonly string[] | 'all' = rule.commands;
  if (commands !== 'all' && !commands.includes(command)) return false;
  const channels: readonly string[] | undefined = rule.channels;
  if (channels && !channels.includes(member.channel)) return false;
  return isMeant(rule, member);
}

function isMeant({ who }: GuildRule, member: PolicyMember): boolean {
  if (who.everyone) return true;
  const users: readonly string[] = who.users ?? [];
  const roles: readonly string[] = who.roles ?? [];
  if (users.includes(member.user) || roles.some((role) => member.roles.includes(role))) return true;
  return (who.permissions ?? []).some((permission) => holds(member, permission));
}

function holds(member: PolicyMember, permission: PermissionName): boolean {
  const bits = BigInt(member.permissions);
  return [permissionBits.administrator, permissionBits[permission]].some((bit) => (bits & bit) === bit);
}
