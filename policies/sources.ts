/**
 * The closed list of sources that a policy may name, as a Lavalink node names them in `info.sourceName` of a track
 * (Lavalink docs/api/rest.md, "Track Info"): its own, and those of the plugins that are common. Not in it is `local`:
 * a node's own files are nobody's music.
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
