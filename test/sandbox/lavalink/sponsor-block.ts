import { catalogue } from './catalogue.ts';
import type { Segment, Track } from './protocol.ts';

/** SponsorBlock-Plugin's categories (its README, "Segment Categories"). */
export const segmentCategories = [
  'sponsor',
  'selfpromo',
  'interaction',
  'intro',
  'outro',
  'preview',
  'music_offtopic',
  'filler',
] as const;

/**
 * The segments of a YouTube track in these categories, in their order. Every song of the catalogue that lasts more than a
 * minute has an intro of three seconds and a sponsor from 21 to 31 s.
 */
export function segmentsOf({ info }: Track, categories: readonly string[]): readonly Segment[] {
  const song = catalogue.find(({ identifier }) => identifier === info.identifier);
  if (!song || info.sourceName !== 'youtube' || song.lengthMs <= 60_000) return [];
  const segments: readonly Segment[] = [
    { category: 'intro', start: 0, end: 3_000 },
    { category: 'sponsor', start: 21_000, end: 31_000 },
  ];
  return segments.filter(({ category }) => categories.includes(category));
}
