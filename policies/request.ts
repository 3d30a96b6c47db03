import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Obligations } from '#security/identity/obligations.ts';
import type { DiscordMember, Member } from '#security/identity/transaction-token.ts';
import type { Workload } from '#security/identity/spiffe.ts';
import type { Action } from './actions.ts';
import type { PolicySubject } from './compile.ts';
import { permissionBits } from './guild-policy.ts';

/** What somebody wants to know: may this workload, for this member, do this? */
export interface DecisionRequest {
  /** Left out for what concerns the platform as a whole. */
  readonly tenant?: TenantId;
  readonly workload: Workload | { readonly kind: 'public' };
  readonly action: Action;
  readonly guild?: Snowflake;
  readonly member?: Member;
}

export interface Decision {
  /** `dec_…`; the same facts under the same version of the policies share one. */
  readonly id: string;
  readonly allowed: boolean;
  /** rule: a rule decided; every other reason denies. */
  readonly reason: 'rule' | 'no-rule' | 'unknown-tenant' | 'suspended' | 'other-guild' | 'stale' | 'failed';
  /** The rule's id; for a guild's rule as its policy names it. */
  readonly rule?: string;
  /** Version of everything that this tenant's decisions depend on. */
  readonly version: string;
  /** Version of the guild's policy, where one was asked; 0 is the default. */
  readonly policyVersion?: number;
  /** What the call is allowed under. */
  readonly obligations?: Obligations;
  /** For the person who asked. */
  readonly message: string;
}

/** One question to the enforcer; a decision asks one for the workload and one for the member. */
export interface Question {
  readonly subject: PolicySubject;
  readonly object: 'tenant' | 'guild';
  readonly act: string;
  /** The channel that it is asked from, and what that lies in; none for what is asked from no channel. */
  readonly places: ReadonlySet<string>;
}

export function workloadSubject(workload: DecisionRequest['workload']): PolicySubject {
  const name = workload.kind === 'service' ? workload.name : workload.kind;
  return { id: `workload:${name}`, kinds: new Set([`workload:${name}`]) };
}

/**
 * The roles of a member with @everyone's, whose id is the guild's own and which Discord leaves out of members' lists
 * (Discord: Guild Member Object).
 */
export const rolesOf = ({ guild, roles }: Pick<DiscordMember, 'guild' | 'roles'>): readonly Snowflake[] => [
  guild,
  ...roles,
];

/** Where a member asks from: the channel, of a thread also its channel, and the category. */
export const placesOf = ({ channel, within = [] }: Pick<DiscordMember, 'channel' | 'within'>): ReadonlySet<string> =>
  new Set([channel, ...within]);

/** Everything about a Discord member that a guild's rule may name. */
export function memberSubject(member: Member): PolicySubject {
  if (member.kind === 'tenant-member') {
    const kinds = [member.subject.startsWith('operator:') ? 'operator' : 'person'];
    return { id: member.subject, kinds: new Set(kinds) };
  }
  const bits = BigInt(member.permissions);
  const administrator = (bits & permissionBits.administrator) !== 0n;
  const permissions = Object.entries(permissionBits)
    .filter(([, bit]) => administrator || (bits & bit) !== 0n)
    .map(([name]) => `discord-permission:${name}`);
  const roles = rolesOf(member).map((role) => `discord-role:${role}`);
  return {
    id: `discord-user:${member.user}`,
    kinds: new Set(['everyone', `discord-user:${member.user}`, ...roles, ...permissions]),
  };
}
