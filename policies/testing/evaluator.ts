import { ownTracks, ruledBy } from '../commands.ts';
import type { GuildPolicy, GuildRule, PermissionName } from '../guild-policy.ts';
import { permissionBits } from '../guild-policy.ts';

/** A member as seen by a guild's policy. */
export interface PolicyMember {
  readonly user: string;
  /** Also the id of the @everyone role, which `roles` omits. */
  readonly guild: string;
  readonly roles: readonly string[];
  /** Discord's permission bits, as decimal text. */
  readonly permissions: string;
  readonly channel: string;
  /** The parents of the channel: for a thread its channel, and the category. */
  readonly within?: readonly string[] | undefined;
}

export interface Evaluation {
  readonly allowed: boolean;
  /** Allowed only as a vote. */
  readonly byVote: boolean;
  /** Allowed only for tracks that the member has added. */
  readonly onlyOwn?: true;
  /** Ids of the rules that apply and agree with the outcome; `dj`, `vote-skip` or `otherwise` if a setting decides. */
  readonly because: readonly string[];
}

/** Evaluates a guild's policy in plain code, without Casbin: tests compare decisions and explanations with it. */
export function evaluate(policy: GuildPolicy, member: PolicyMember, command: string, atMs: number): Evaluation {
  const evaluations = ruledBy(command).map((ruled) =>
    evaluateRuled(policy, member, ruled, { atMs, mayVote: command === 'skip' }),
  );
  const whole = evaluations.find(({ allowed }) => !allowed) ?? evaluations.at(-1);
  if (!whole) return { allowed: false, byVote: false, because: [] };
  const ownBy = ownTracks(command);
  if (whole.allowed || ownBy === undefined) return whole;
  const own = evaluateRuled(policy, member, ownBy, { atMs, mayVote: false });
  return own.allowed ? { ...own, onlyOwn: true } : whole;
}

function evaluateRuled(
  policy: GuildPolicy,
  member: PolicyMember,
  command: string,
  { atMs, mayVote }: { readonly atMs: number; readonly mayVote: boolean },
): Evaluation {
  if (command === 'manage') return { allowed: holds(member, 'manage-guild'), byVote: false, because: ['manage-guild'] };
  const applying = policy.rules.filter((rule) => concerns(rule, member, command, atMs));
  const ids = (effect: GuildRule['effect']) => applying.filter((rule) => rule.effect === effect).map(({ id }) => id);
  const [denying, allowing] = [ids('deny'), ids('allow')];
  if (denying.length > 0) return { allowed: false, byVote: false, because: denying };
  const isControl = ['pause', 'resume', 'skip', 'stop', 'volume', 'move'].includes(command);
  if (policy.dj && isControl && hasOneOf(member, policy.dj.roles)) allowing.push('dj');
  if (allowing.length > 0) return { allowed: true, byVote: false, because: allowing };
  if (policy.voteSkip && command === 'skip') return { allowed: mayVote, byVote: mayVote, because: ['vote-skip'] };
  if (policy.dj && isControl) return { allowed: false, byVote: false, because: ['dj'] };
  return { allowed: policy.otherwise === 'allow', byVote: false, because: ['otherwise'] };
}

function concerns(rule: GuildRule, member: PolicyMember, command: string, atMs: number): boolean {
  const commands: readonly string[] | 'all' = rule.commands;
  if (commands !== 'all' && !commands.includes(command)) return false;
  const channels: readonly string[] | undefined = rule.channels;
  if (channels && ![member.channel, ...(member.within ?? [])].some((place) => channels.includes(place))) return false;
  return isMeant(rule, member) && isNow(rule, atMs);
}

function isMeant({ who }: GuildRule, member: PolicyMember): boolean {
  if (who.everyone) return true;
  const users: readonly string[] = who.users ?? [];
  if (users.includes(member.user) || hasOneOf(member, who.roles ?? [])) return true;
  return (who.permissions ?? []).some((permission) => holds(member, permission));
}

const hasOneOf = (member: PolicyMember, roles: readonly string[]): boolean =>
  roles.some((role) => role === member.guild || member.roles.includes(role));

function holds(member: PolicyMember, permission: PermissionName): boolean {
  const bits = BigInt(member.permissions);
  return [permissionBits.administrator, permissionBits[permission]].some((bit) => (bits & bit) === bit);
}

/** Formats the local time in the zone, and compares times of day as text: `2026-03-29 03:00`. */
function isNow({ when }: GuildRule, atMs: number): boolean {
  if (!when) return true;
  const [date = '', clock = ''] = new Date(atMs).toLocaleString('sv-SE', { timeZone: when.zone }).split(' ');
  const time = clock.slice(0, 5);
  const { from, to } = when.hours ?? { from: '00:00', to: '24:00' };
  const isOvernight = to < from;
  const isMorningAfter = isOvernight && time < to;
  const isWithin = isOvernight ? time >= from || isMorningAfter : time >= from && time < to;
  if (!isWithin) return false;
  const begun = new Date(Date.parse(`${date}T12:00:00Z`) - (isMorningAfter ? 24 * 60 * 60_000 : 0));
  const day = (['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const)[begun.getUTCDay()];
  return !when.weekdays || (day !== undefined && when.weekdays.includes(day));
}
