import type { Entry } from '../src/domain/entry.ts';

/** An entry that nobody in particular has asked for. */
export const testEntry = (over: Partial<Entry> = {}): Entry => ({
  entryId: 'ent_1',
  encoded: 'QAAA',
  title: 'Harbour Lights',
  author: 'The Quays',
  uri: null,
  artworkUrl: null,
  lengthMs: 100_000,
  isStream: false,
  source: 'youtube',
  requestedBy: null,
  failures: 0,
  ...over,
});
