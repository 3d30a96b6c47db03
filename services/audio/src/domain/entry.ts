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
  /** 0 for a live stream. */
  readonly lengthMs: number;
  readonly isStream: boolean;
  readonly source: string;
  readonly requestedBy: Snowflake | null;
  /** How often it has failed since it was added. */
  readonly failures: number;
}

// Control characters, and the marks that reorder what stands around them (Unicode TR9), which a title may abuse.
const unwanted = /[\p{Cc}\p{Cs}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** Titles and authors come from strangers: no control or direction marks, one line, at most `limit` characters. */
export function cleanText(text: string, limit = 200): string {
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
