import type { FeatureFlags } from '#policies/feature-flags.ts';
import { emptyList, withPlay, withPlayOfDay, type Kept } from '../domain/track-list.ts';
import type { ListKey, ListOwner, TrackListStore } from './track-lists.ts';
import { dayOf } from './played-days.ts';
import type { GuildKey } from './ports.ts';

export const topServerList = 'top-server';
/** What has played most in a server. It names nobody. */
export const topOfServer = ({ tenant, guild }: GuildKey): ListKey => ({ tenant, owner: guild, list: topServerList });
/** What a member has played most, in all servers of a bot. */
export const topOfMember = (member: ListOwner): ListKey => ({ ...member, list: 'top' });

/**
 * Counts what has played, for the server, for its day and for whoever asked for it, each time at most once: a count that cannot be stored
 * is lost. The day is left out where the server does not have that. What somebody asked for who does not want it counted is counted nowhere.
 */
export async function countPlays(
  {
    lists,
    features,
  }: { readonly lists: Pick<TrackListStore, 'change'>; readonly features: Pick<FeatureFlags, 'isOn'> },
  guildKey: GuildKey,
  played: readonly Kept[],
): Promise<void> {
  for (const track of played) {
    const { requestedBy } = track;
    if (requestedBy !== null) {
      const member = topOfMember({ tenant: guildKey.tenant, owner: requestedBy });
      const { uncounted } = await lists.change(member, (before = emptyList('Top')) =>
        before.uncounted ? before : withPlay(before, track),
      );
      if (uncounted) continue;
    }
    await lists.change(topOfServer(guildKey), (before = emptyList('Top')) =>
      withPlay(before, { ...track, requestedBy: null }),
    );
    if (await features.isOn(guildKey, 'statistics'))
      await lists.change(dayOf(guildKey, track.atMs), (before = emptyList('Played')) => withPlayOfDay(before, track));
  }
}
