import type { Snowflake } from '#infra/kernel/ids.ts';

/** What may stand in a queue: a track as the node loaded it, with who asked for it. Stored as it is. */
export interface Entry {
  /** `ent_…`, unique within the installation: names a place in a queue, not a recording. */
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

/** A place in a track, in whole ms; what cannot be one is its beginning. */
export const plausiblePosition = (positionMs: unknown): number =>
  typeof positionMs === 'number' && positionMs > 0 && positionMs <= longestStreamMs ? Math.round(positionMs) : 0;

// Control characters, and the marks that reorder what stands around them (Unicode TR9), which a title may abuse.
const unwanted = /[\p{Cc}\p{Cs}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/gu;

// What shows nothing: format characters, marks without a letter, blanks that are letters by name.
const invisible = /[\p{Cf}\p{Z}\p{M}\p{Cn}\p{Co}\u115f\u1160\u2800\u3164\uffa0]/gu;

/** Is there nothing in it for the eye? */
export const isBlank = (text: string): boolean => text.replace(invisible, '') === '';

/** Longer than this nothing of a text is even read. */
const readLetters = 4_000;

/** Titles and authors come from strangers: no control or direction marks, one line, at most `limit` characters. */
export function cleanText(given: string, limit = 200): string {
  const text = given.length > readLetters ? given.slice(0, readLetters) : given;
  const clean = text.replace(/\s+/gu, ' ').replace(unwanted, '').replace(/ +/gu, ' ').trim();
  const letters = [...clean];
  return letters.length <= limit ? clean : `${letters.slice(0, limit - 1).join('')}…`;
}

/** An address that may be shown as a link: http(s), without credentials, of a sane length; else nothing. */
export function cleanUrl(text: string | null | undefined): string | null {
  if (!text || text.length > 2_000) return null;
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  return url.username || url.password ? null : url.href;
}
