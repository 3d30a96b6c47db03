import { z } from 'zod';
import { decodeTrack } from './encoded-track.ts';
import { long } from './java-json.ts';
import { loadTracks, trackOf } from './load.ts';
import type { Player } from './player.ts';
import type { Track } from './protocol.ts';
import { RestError } from './rest-error.ts';

const userData = z.record(z.string(), z.unknown());

/** The body of `PATCH /v4/sessions/{id}/players/{guild}`; unknown fields are ignored, as Lavalink's parser does. */
export const playerUpdateSchema = z.object({
  track: z
    .object({
      encoded: z.string().nullable().optional(),
      identifier: z.string().optional(),
      userData: userData.optional(),
    })
    .optional(),
  encodedTrack: z.string().nullable().optional(),
  identifier: z.string().optional(),
  position: long.pipe(z.number().min(0)).optional(),
  endTime: long.nullable().optional(),
  volume: z.int().optional(),
  paused: z.boolean().optional(),
  filters: z
    .looseObject({
      volume: z.number().min(0).max(5).optional(),
      equalizer: z.array(z.object({ band: z.int().min(0).max(14), gain: z.number().min(-0.25).max(1) })).optional(),
      timescale: z
        .object({ speed: z.number().min(0), pitch: z.number().min(0), rate: z.number().min(0) })
        .partial()
        .nullable()
        .optional(),
    })
    .optional(),
  voice: z
    .object({ token: z.string(), endpoint: z.string(), sessionId: z.string(), channelId: z.string().nullable() })
    .optional(),
});

/** A validated body. */
export type PlayerUpdate = z.infer<typeof playerUpdateSchema>;

/** What to play: undefined leaves the track alone, null stops it. */
type Wanted = { readonly encoded: string | null } | { readonly identifier: string } | undefined;

/** Refuses what Lavalink refuses, before anything has changed. */
export function checkUpdate(update: PlayerUpdate): void {
  if (update.track && (update.encodedTrack !== undefined || update.identifier !== undefined)) {
    throw new RestError(400, 'Cannot specify both track and encodedTrack/identifier');
  }
  const { encoded, identifier } = update.track ?? { encoded: update.encodedTrack, identifier: update.identifier };
  if (encoded !== undefined && identifier !== undefined) {
    throw new RestError(400, 'Cannot specify both encodedTrack and identifier');
  }
  const { voice } = update;
  if (voice && (voice.token === '' || voice.endpoint === '' || voice.sessionId === '')) {
    throw new RestError(400, 'Partial Lavalink voice state: token, endpoint and sessionId must not be empty');
  }
  if (typeof update.endTime === 'number' && update.endTime <= 0) {
    throw new RestError(400, 'End time must be greater than 0');
  }
}

/** Applies a validated update in the same order as Lavalink 4 (its PlayerRestHandler.patchPlayer). */
export function applyUpdate(player: Player, update: PlayerUpdate, noReplace: boolean): void {
  const wanted = wantedTrack(update);
  if (update.voice) player.connect(update.voice);
  if (wanted === undefined) {
    if (update.paused !== undefined) player.pause(update.paused);
    if (update.track?.userData) player.setUserData(update.track.userData);
  }
  if (update.volume !== undefined) player.setVolume(update.volume);
  if (wanted === undefined) {
    if (update.position !== undefined) player.seek(update.position);
    if (update.endTime !== undefined) player.setEndTime(update.endTime ?? undefined);
  }
  if (update.filters) player.setFilters(update.filters);
  if (wanted === undefined || (noReplace && player.track)) return player.tell();
  player.pause(update.paused ?? false);
  const track = resolve(wanted);
  if (!track) return player.stop();
  player.play({ ...track, userData: update.track?.userData ?? {} }, update.position, update.endTime ?? undefined);
}

function wantedTrack(update: PlayerUpdate): Wanted {
  const { encoded, identifier } = update.track ?? { encoded: update.encodedTrack, identifier: update.identifier };
  if (encoded !== undefined) return { encoded };
  return identifier === undefined ? undefined : { identifier };
}

function resolve(wanted: Exclude<Wanted, undefined>): Track | undefined {
  if ('encoded' in wanted) return wanted.encoded === null ? undefined : decoded(wanted.encoded);
  const result = loadTracks(wanted.identifier);
  switch (result.loadType) {
    case 'track':
      return result.data;
    case 'playlist':
    case 'search':
      throw new RestError(400, 'Cannot play a playlist or search result');
    case 'empty':
      throw new RestError(400, 'No matches found for identifier');
    case 'error':
      throw new RestError(500, result.data.message ?? 'Something went wrong');
    default:
      return result satisfies never;
  }
}

/** The track in an encoded string; 400 if there is none. */
export function decoded(encoded: string): Track {
  const info = decodeTrack(encoded);
  if (!info) throw new RestError(400, 'Failed to decode track');
  return { ...trackOf(info), encoded };
}
