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
  /** Alone in a voice channel with the bot. */
  readonly alone?: boolean | undefined;
}

export interface Evaluation {
  readonly allowed: boolean;
  /** Allowed only as a vote. */
  readonly byVote: boolean;
  /** Allowed only for tracks that the member has added. */
  readonly onlyOwn?: true;
  /** Ids of the rules that apply and agree with the outcome; `dj`, `vote-skip`, `requester` or `otherwise` if a setting decides. */
  readonly because: readonly string[];
}

/** Evaluates a guild's policy in plain code, without Casbin: tests compare decisions and explanations with it. */
export function evaluate(policy: GuildPolicy, member: PolicyMember, command: string, atMs: number): Evaluation {
  const evaluations = ruledBy(command).map((ruled) =>
    evaluateRuled(policy, member, ruled, { atMs, mayVote: command === 'skip' }),
  );
  const whole = evaluations.find(({ allowed }) => !allowed) ?? evaluations.at(-1);
  if (!whole) return { allowed: false, byVote: false, because: [] };
  if (command === 'skip' && !whole.allowed && whole.because[0] === 'dj')
    return { allowed: true, byVote: false, onlyOwn: true, because: ['requester'] };
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
  const isReserved = policy.dj !== undefined && named(policy.dj.commands ?? ['playback', 'sound', 'order'], command);
  const isVoted = policy.voteSkip !== undefined && command === 'skip';
  const isDj = hasOneOf(member, policy.dj?.roles ?? []) || holds(member, 'manage-guild') || (member.alone ?? false);
  if (isDj && (isReserved || isVoted || (policy.dj && isControl))) allowing.push('dj');
  if (allowing.length > 0) return { allowed: true, byVote: false, because: allowing };
  if (isVoted) return { allowed: mayVote, byVote: mayVote, because: ['vote-skip'] };
  if (isReserved) return { allowed: false, byVote: false, because: ['dj'] };
  return { allowed: policy.otherwise === 'allow', byVote: false, because: ['otherwise'] };
}

const categories: Readonly<Record<string, readonly string[]>> = {
  adding: ['play'],
  playback: ['pause', 'resume', 'skip', 'stop'],
  sound: ['volume'],
  order: ['move'],
  viewing: ['queue', 'nowplaying'],
};

const named = (list: readonly string[], command: string): boolean =>
  list.some((name) => name === command || (categories[name] ?? []).includes(command));

function concerns(rule: GuildRule, member: PolicyMember, command: string, atMs: number): boolean {
  if (rule.commands !== 'all' && !named(rule.commands, command)) return false;
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
