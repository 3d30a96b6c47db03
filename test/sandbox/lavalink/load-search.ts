import type { Abilities } from './abilities.ts';
import { playlists } from './catalogue.ts';
import { loadTracks } from './load.ts';

/** What LavaSearch can look for; without any, it looks for all (topi314/LavaSearch README, "API"). */
const kinds = ['track', 'album', 'artist', 'playlist', 'text'] as const;

const listed = (name: string) => ({ info: { name, selectedTrack: -1 }, pluginInfo: {}, tracks: [] });

/** LavaSearch's result for a query with a search prefix; undefined if nothing is found. Its lists have no tracks. */
export function loadSearch(query: string, types: string | null, node: Abilities): unknown {
  const wanted = types === null ? kinds : kinds.filter((kind) => types.split(',').includes(kind));
  const { loadType, data } = loadTracks(query, node);
  if (loadType !== 'search') return undefined;
  const authors = [...new Set(data.map(({ info }) => info.author))];
  const albums = [...playlists.values()].filter(({ name }) => authors.some((author) => name.startsWith(`${author}: `)));
  const found = {
    track: { tracks: data },
    album: { albums: albums.map(({ name }) => listed(name)) },
    artist: { artists: authors.map((author) => listed(`${author}'s Top Tracks`)) },
    playlist: { playlists: [] },
    text: { texts: data.map(({ info }) => ({ text: info.title, plugin: {} })) },
  };
  return Object.assign({ plugin: {} }, ...wanted.map((kind) => found[kind]));
}
