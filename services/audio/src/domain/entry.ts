import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Track } from '#services/contracts/player.ts';

/** An entry of a queue: a track as the node loaded it, with its requester. Stored as it is. */
export interface Entry {
  /** `ent_…`, unique within the installation: identifies an entry of a queue, not a recording. */
  readonly entryId: string;
  /** Lavalink's encoded track: enough to play it on any node. */
  readonly encoded: string;
  readonly title: string;
  readonly author: string;
  readonly uri: string | null;
  readonly artworkUrl: string | null;
  /** Null for a live stream, and if unknown. */
  readonly lengthMs: number | null;
  readonly isStream: boolean;
  readonly source: string;
  readonly requestedBy: Snowflake | null;
  /** How often it has failed since it was added. */
  readonly failures: number;
  /** Chosen by autoplay, not by anybody. */
  readonly automatic?: boolean | undefined;
  /** It has played under a loop of the queue, and its turn comes again behind the pages that waited then (later.ts). */
  readonly again?: boolean | undefined;
}

/** Longer than any recording that is played; Lavalink reports 2^63-1 if it does not know. */
const longestMs = 7 * 24 * 60 * 60_000;
/** A live stream may have been running since the node was started. */
const longestStreamMs = 366 * 24 * 60 * 60_000;

/** A length that can be shown and calculated with, in whole ms; otherwise null. */
export const plausibleLength = (lengthMs: unknown): number | null =>
  typeof lengthMs === 'number' && lengthMs > 0 && lengthMs <= longestMs ? Math.round(lengthMs) : null;

/** A position in a track, in whole ms; 0 if it cannot be one. */
export const plausiblePosition = (positionMs: unknown): number =>
  typeof positionMs === 'number' && positionMs > 0 && positionMs <= longestStreamMs ? Math.round(positionMs) : 0;

/** A URL that may be shown as a link: http(s), without credentials, of reasonable length; otherwise undefined. */
export function cleanUrl(text: string | null | undefined): string | null {
  if (!text || text.length > 2_000) return null;
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  return url.username || url.password ? null : url.href;
}

/** An entry as shown to others: without what only the node needs. */
export function trackOf(entry: Entry): Track {
  const { entryId, title, author, uri, artworkUrl, lengthMs, isStream, source, requestedBy, automatic } = entry;
  const shown = { entryId, title, author, uri, artworkUrl, lengthMs, isStream, source, requestedBy };
  return automatic ? { ...shown, automatic } : shown;
}
