import type { Obligations } from '#security/identity/obligations.ts';
import type { Action } from '#security/identity/actions.ts';
import type { GuildSettings } from './compile.ts';
import type { Member } from '#security/identity/transaction-token.ts';
import { rolesOf } from './request.ts';

/**
 * The obligations that a guild's policy attaches to an allowed call, for the service that carries it out. Sources apply
 * to everybody, including the portal; quotas apply to Discord members who are not DJs. Undefined if there are none.
 */
export function obligationsOf(
  policy: GuildSettings,
  { action, member, byVote }: { readonly action: Action; readonly member: Member; readonly byVote: boolean },
): Obligations | undefined {
  const { sources, quotas, voteSkip } = policy;
  if (action === 'player.skip') return byVote && voteSkip ? { voteShare: voteSkip.share } : undefined;
  if (!adding.includes(action)) return undefined;
  const bound = member.kind === 'discord' && !isDj(policy, rolesOf(member)) ? quotas : undefined;
  const obligations: Obligations = {
    ...(sources ? { sources } : {}),
    ...(bound?.maxTrackLengthSec === undefined ? {} : { maxTrackLengthMs: bound.maxTrackLengthSec * 1_000 }),
    ...(bound?.maxQueuedPerMember === undefined ? {} : { maxQueuedPerMember: bound.maxQueuedPerMember }),
  };
  return Object.keys(obligations).length === 0 ? undefined : obligations;
}

/** What adds tracks, or finds some to add. */
const adding: readonly Action[] = [
  'player.enqueue',
  'player.playnext',
  'player.playnow',
  'player.pick',
  'player.autoplay',
  'player.search',
  'favourite.add',
  'favourite.play',
  'playlist.add',
  'playlist.import',
  'playlist.play',
];

const isDj = ({ dj }: GuildSettings, roles: readonly string[]): boolean =>
  dj?.roles.some((role) => roles.includes(role)) ?? false;
