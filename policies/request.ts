import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Obligations } from '#security/identity/obligations.ts';
import type { DiscordMember, Member } from '#security/identity/transaction-token.ts';
import type { Workload } from '#security/identity/spiffe.ts';
import type { Action } from '#security/identity/actions.ts';
import { aloneKind, permissionKind, roleKind, userKind, type PolicySubject } from './compile.ts';
import { permissionBits, type PermissionName } from './guild-policy.ts';

/** A decision request: may this workload, for this member, do this? */
export interface DecisionRequest {
  /** Omitted for what concerns the platform as a whole. */
  readonly tenant?: TenantId;
  readonly workload: Workload | { readonly kind: 'public' };
  readonly action: Action;
  readonly guild?: Snowflake;
  readonly member?: Member;
}

/** djs: the guild reserves it for its DJs; managers: only who manages the guild may; rules: its policy does not allow it. */
export type DeniedBy = 'djs' | 'managers' | 'rules';

export interface Decision {
  /** `dec_…`; identical facts under the same version of the policies share one. */
  readonly id: string;
  readonly allowed: boolean;
  /** rule: a rule decided; every other reason denies. */
  readonly reason: 'rule' | 'no-rule' | 'unknown-tenant' | 'suspended' | 'other-guild' | 'stale' | 'failed';
  /** The rule's id; for a guild's rule, the name in its policy. */
  readonly rule?: string;
  /** Version of everything that this tenant's decisions depend on. */
  readonly version: string;
  /** Version of the guild's policy, if one was evaluated; 0 is the default. */
  readonly policyVersion?: number;
  /** The obligations of an allowed call. */
  readonly obligations?: Obligations;
  /** For the person who made the request. */
  readonly message: string;
  /** What denied a member in a guild, so that it can be said in another language. */
  readonly by?: DeniedBy;
}

/** One request to the enforcer; a decision makes one for the workload and one for the member. */
export interface Question {
  readonly of: 'workload' | 'member';
  readonly subject: PolicySubject;
  readonly object: 'tenant' | 'guild';
  readonly act: string;
  /** What a member used, which another command's rules may decide. */
  readonly command?: string;
  /** What is asked about the member's own tracks, if it is not allowed for everybody's. */
  readonly ownBy?: string | undefined;
  /** The channel of the request and its parents; empty without a channel. */
  readonly places: ReadonlySet<string>;
}

export function workloadSubject(workload: DecisionRequest['workload']): PolicySubject {
  const name = workload.kind === 'service' ? workload.name : workload.kind;
  return { id: `workload:${name}`, kinds: new Set([`workload:${name}`]) };
}

/**
 * The roles of a member including @everyone, whose id is the guild's own and which Discord omits from members' lists
 * (Discord: Guild Member Object).
 */
export const rolesOf = ({ guild, roles }: Pick<DiscordMember, 'guild' | 'roles'>): readonly Snowflake[] => [
  guild,
  ...roles,
];

/** Where a member is: the channel, for a thread also its channel, and the category. */
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
  const id = userKind(member.user);
  const kinds = new Set(['everyone', id]);
  if (member.alone) kinds.add(aloneKind);
  for (const role of rolesOf(member)) kinds.add(roleKind(role));
  for (const [bit, kind] of permissionKinds) if (administrator || (bits & bit) !== 0n) kinds.add(kind);
  return { id, kinds };
}

const permissionKinds = Object.entries(permissionBits).map(
  ([name, bit]) => [bit, permissionKind(name as PermissionName)] as const,
);
