/**
 * The closed list of sources that a policy may name, as a Lavalink node names them in `info.sourceName` of a track
 * (Lavalink docs/api/rest.md, "Track Info"): its own, and those of common plugins. `local` is not included: a node's
 * own files are not music for members.
 */
export const sourceNames = [
  'youtube',
  'soundcloud',
  'bandcamp',
  'twitch',
  'vimeo',
  'niconico',
  'http',
  'spotify',
  'applemusic',
  'deezer',
  'yandexmusic',
] as const;
