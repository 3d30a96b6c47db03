import type { EnqueueResponse } from '#services/contracts/player.ts';
import { leftOutFor } from '../domain/obligations.ts';
import { enqueueFound, type EnqueuePorts } from './enqueue.ts';
import { findFor, type Found } from './load.ts';
import type { Asker } from './member-rules.ts';
import type { GuildKey } from './ports.ts';

/**
 * Adds what a member picked from what a search found, in their order. A track that cannot be loaded is left out; if none
 * can, it is refused as the first of them is.
 */
export function pick(
  ports: EnqueuePorts,
  guildKey: GuildKey,
  asker: Asker,
  links: readonly string[],
): Promise<EnqueueResponse> {
  return enqueueFound(ports, guildKey, asker, async (): Promise<Found> => {
    const found = await Promise.allSettled(links.map((link) => findFor(ports, guildKey, link)));
    const entries = found.flatMap((each) => (each.status === 'fulfilled' ? each.value.entries.slice(0, 1) : []));
    const failed = found.find((each) => each.status === 'rejected');
    if (entries.length === 0 && failed) throw failed.reason;
    const leftOut = leftOutFor('not-loaded', links.length - entries.length);
    return { kind: 'tracks', entries, playlistName: null, isSearch: false, leftOut };
  });
}
