import type { Snowflake } from '#infra/kernel/ids.ts';

/** What may stand in a queue: a track as the node loaded it, with who asked for it. Stored as it is. */
export interface Entry {
  /** `ent_…`, unique within the installation: names an entry of a queue, not a recording. */
  readonly entryId: string;
  /** Lavalink's encoded track: enough to play it on any node. */
  readonly encoded: string;
  readonly title: string;
  readonly author: string;
  readonly uri: string | null;
  readonly artworkUrl: string | null;
  /** Null for a live stream, and where nobody knows. */
  readonly lengthMs: number | null;
  readonly isStream: boolean;
  readonly source: string;
  readonly requestedBy: Snowflake | null;
  /** How often it has failed since it was added. */
  readonly failures: number;
}

/** Longer than any recording that is played; Lavalink says 2^63-1 where it does not know. */
const longestMs = 7 * 24 * 60 * 60_000;
/** A live stream may have run since the node was started. */
const longestStreamMs = 366 * 24 * 60 * 60_000;

/** A length that can be shown and counted with, in whole ms; else null. */
export const plausibleLength = (lengthMs: unknown): number | null =>
  typeof lengthMs === 'number' && lengthMs > 0 && lengthMs <= longestMs ? Math.round(lengthMs) : null;

/** A position in a track, in whole ms; what cannot be one is its beginning. */
export const plausiblePosition = (positionMs: unknown): number =>
  typeof positionMs === 'number' && positionMs > 0 && positionMs <= longestStreamMs ? Math.round(positionMs) : 0;

/** An address that may be shown as a link: http(s), without credentials, of a sane length; else nothing. */
export function cleanUrl(text: string | null | undefined): string | null {
  if (!text || text.length > 2_000) return null;
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  return url.username || url.password ? null : url.href;
}
