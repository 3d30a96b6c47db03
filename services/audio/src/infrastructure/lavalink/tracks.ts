import { z } from 'zod';
import { newId } from '#infra/kernel/ids.ts';
import type { Loaded } from '../../application/ports.ts';
import { cleanText, cleanUrl, type Entry } from '../../domain/entry.ts';
import { playlistLimit } from '../../domain/session.ts';

const trackSchema = z.object({
  encoded: z.string().min(1).max(16_384),
  info: z.object({
    title: z.string(),
    author: z.string(),
    length: z.number().nonnegative(),
    isStream: z.boolean(),
    uri: z.string().nullish(),
    artworkUrl: z.string().nullish(),
    sourceName: z.string(),
  }),
});

const loadResultSchema = z.discriminatedUnion('loadType', [
  z.object({ loadType: z.literal('track'), data: trackSchema }),
  z.object({
    loadType: z.literal('playlist'),
    data: z.object({ info: z.object({ name: z.string() }), tracks: z.array(trackSchema) }),
  }),
  z.object({ loadType: z.literal('search'), data: z.array(trackSchema) }),
  z.object({ loadType: z.literal('empty') }),
  z.object({ loadType: z.literal('error'), data: z.object({ message: z.string().nullish(), severity: z.string() }) }),
]);

/**
 * Reads an answer of `GET /v4/loadtracks` (Lavalink docs/api/rest.md, "Track Loading Result"); what is no such answer
 * throws.
 */
export function loadedFrom(answer: unknown, nowMs: number): Loaded {
  const result = loadResultSchema.parse(answer);
  switch (result.loadType) {
    case 'track':
      return { kind: 'tracks', entries: [entryOf(result.data, nowMs)], playlistName: null, isSearch: false };
    case 'playlist':
      return playlistOf(result.data, nowMs);
    case 'search': {
      const entries = result.data.slice(0, 50).map((track) => entryOf(track, nowMs));
      return entries.length === 0
        ? { kind: 'nothing' }
        : { kind: 'tracks', entries, playlistName: null, isSearch: true };
    }
    case 'empty':
      return { kind: 'nothing' };
    case 'error':
      // Only what Lavalink calls common is meant for people; the rest tells of its insides.
      return { kind: 'failed', why: whyOf(result.data) };
    default:
      return result satisfies never;
  }
}

function playlistOf(list: { info: { name: string }; tracks: z.infer<typeof trackSchema>[] }, nowMs: number): Loaded {
  const entries = list.tracks.slice(0, playlistLimit).map((track) => entryOf(track, nowMs));
  if (entries.length === 0) return { kind: 'nothing' };
  return { kind: 'tracks', entries, playlistName: cleanText(list.info.name, 100), isSearch: false };
}

/** The reason in words for members: foreign text, cleaned and clipped. */
export function whyOf(exception: { message?: string | null | undefined; severity: string }): string {
  if (exception.severity !== 'common' || !exception.message) return 'the source did not deliver it';
  return cleanText(exception.message, 150);
}

function entryOf({ encoded, info }: z.infer<typeof trackSchema>, nowMs: number): Entry {
  return {
    entryId: newId('ent', nowMs),
    encoded,
    title: cleanText(info.title) || 'Untitled',
    author: cleanText(info.author) || 'Unknown',
    uri: cleanUrl(info.uri),
    artworkUrl: cleanUrl(info.artworkUrl),
    lengthMs: info.isStream ? 0 : Math.round(info.length),
    isStream: info.isStream,
    source: cleanText(info.sourceName, 40),
    requestedBy: null,
    failures: 0,
  };
}
