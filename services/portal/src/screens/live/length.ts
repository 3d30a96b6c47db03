import type { Track } from '../../api/types.ts';
import { clockTime } from '../../parts/time.tsx';

/** A track's length in words: some sources do not report one, and a live stream has none. */
export function lengthWords({ isStream, lengthMs }: Pick<Track, 'isStream' | 'lengthMs'>): string {
  if (isStream) return 'live';
  return lengthMs === null ? 'unknown length' : clockTime(lengthMs);
}
