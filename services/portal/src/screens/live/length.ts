import type { Track } from '../../api/types.ts';
import { clockTime } from '../../parts/time.tsx';

/** How long a track is: some sources do not say, and a live stream has no end. */
export function lengthWords({ isStream, lengthMs }: Pick<Track, 'isStream' | 'lengthMs'>): string {
  if (isStream) return 'live';
  return lengthMs === null ? 'unknown length' : clockTime(lengthMs);
}
