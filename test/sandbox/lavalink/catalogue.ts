import { createHash } from 'node:crypto';

/** One fictional song. Lengths in ms. `slug` is its path at `https://music.sandbox.test/track/<slug>`. */
export interface CatalogueTrack {
  readonly slug: string;
  readonly title: string;
  readonly author: string;
  readonly album: string;
  readonly genre: string;
  readonly lengthMs: number;
  readonly identifier: string;
  readonly isrc: string;
  readonly uri: string;
  readonly artworkUrl: string;
}

/** Origin of the songs' URLs; nothing is served there (RFC 6761 `.test`). */
export const musicOrigin = 'https://music.sandbox.test';

type Row = readonly [title: string, lengthSec: number];

/** Author, album, genre, songs. The bells at the end are short, to make a queue visibly advance. */
const albums: readonly (readonly [author: string, album: string, genre: string, songs: readonly Row[]])[] = [
  [
    'Northern Lanterns',
    'Harbour Lights',
    'indie',
    [
      ['Harbour Lights', 214],
      ['Salt on the Window', 187],
      ['Slow Ferry Home', 246],
      ['Paper Lighthouse', 203],
    ],
  ],
  [
    'Mira Solberg',
    'Glass Winter',
    'pop',
    [
      ['Glass Winter', 198],
      ['Say It in Colour', 176],
      ['Borrowed Summer', 221],
      ['Second Tram to Nowhere', 209],
    ],
  ],
  [
    'The Quiet Engines',
    'Night Shift',
    'electronic',
    [
      ['Night Shift', 342],
      ['Copper Wire Dreams', 305],
      ['Machines That Hum', 288],
      ['Overnight Express', 360],
    ],
  ],
  [
    'Ada and the Tides',
    'Low Water',
    'folk',
    [
      ['Low Water', 233],
      ['The Gull and the Miller', 192],
      ['Driftwood Choir', 254],
    ],
  ],
  [
    'Kestrel Avenue',
    'Rooftops',
    'rock',
    [
      ['Rooftops', 241],
      ['Loud Enough for Two', 199],
      ['Static Hearts', 226],
      ['Run the Red Light', 183],
    ],
  ],
  [
    'Tomas Verde Trio',
    'Blue Corner',
    'jazz',
    [
      ['Blue Corner', 318],
      ['Walking Past Midnight', 276],
      ['Five for Clara', 301],
    ],
  ],
  [
    'Pixel Orchard',
    'Save Point',
    'chiptune',
    [
      ['Save Point', 142],
      ['Boss on Level Nine', 128],
      ['Credits Roll', 156],
    ],
  ],
  [
    'Juno Okafor',
    'Golden Hour',
    'soul',
    [
      ['Golden Hour', 229],
      ['Hold the Line for Me', 247],
      ['Kitchen Radio', 211],
    ],
  ],
  [
    'Halcyon Drift',
    'Weather Systems',
    'ambient',
    [
      ['Weather Systems', 355],
      ['Cloud Inventory', 330],
      ['First Snow, Far Away', 344],
    ],
  ],
  [
    'MC Tessera',
    'Mosaic',
    'hip hop',
    [
      ['Mosaic', 172],
      ['Count the Tiles', 165],
      ['No Grout, No Glory', 181],
    ],
  ],
  [
    'Sandbox Signals',
    'Short Bells',
    'test',
    [
      ['Eight Second Bell', 8],
      ['Ten Second Bell', 10],
      ['Twelve Second Bell', 12],
      ['Nine Second Chime', 9],
      ['Eleven Second Chime', 11],
      ['Twenty Second Loop', 20],
      ['Forty Second Loop', 40],
    ],
  ],
];

/** The whole catalogue, in a fixed order. */
export const catalogue: readonly CatalogueTrack[] = albums.flatMap(([author, album, genre, songs]) =>
  songs.map(([title, lengthSec]) => {
    const slug = slugOf(title);
    const digest = createHash('sha256').update(slug).digest();
    return {
      slug,
      title,
      author,
      album,
      genre,
      lengthMs: lengthSec * 1000,
      identifier: digest.toString('base64url').slice(0, 11),
      isrc: `XXS26${(digest.readUInt32BE(0) % 10_000_000).toString().padStart(7, '0')}`,
      uri: `${musicOrigin}/track/${slug}`,
      artworkUrl: `${musicOrigin}/art/${slug}.png`,
    };
  }),
);

/** Each album is a playlist at `https://music.sandbox.test/playlist/<slug>`. */
export const playlists: ReadonlyMap<string, { readonly name: string; readonly tracks: readonly CatalogueTrack[] }> =
  new Map(
    albums.map(([author, album]) => [
      slugOf(album),
      { name: `${author}: ${album}`, tracks: catalogue.filter((track) => track.album === album) },
    ]),
  );

/** `long-<n>` has so many tracks, at most 20,000: the catalogue again and again, each track with its number. */
export function longPlaylist(slug: string) {
  const length = Number(/^long-([1-9]\d{0,4})$/.exec(slug)?.[1]);
  if (!(length <= 20_000)) return undefined;
  const tracks = Array.from({ length }, (_, index) => {
    const song = catalogue[index % catalogue.length] as CatalogueTrack;
    return { ...song, title: `${song.title} ${index + 1}` };
  });
  return { name: `${length} tracks`, tracks };
}

/**
 * The songs that match a search, best first: words of the title count most, then author, album and genre. A text that
 * matches nothing still finds five songs, always the same for the same text, as a real search rarely comes back empty;
 * one without a letter or digit, or the word `nothing`, finds none.
 */
export function searchCatalogue(query: string, limit = 10): readonly CatalogueTrack[] {
  const words = query.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0 || (words.length === 1 && words[0] === 'nothing')) return [];
  const scored = catalogue
    .map((track, order) => ({ track, order, score: score(track, words) }))
    .filter((entry) => entry.score > 0)
    .sort((a, b) => b.score - a.score || a.order - b.order);
  if (scored.length > 0) return scored.slice(0, limit).map((entry) => entry.track);
  const start = createHash('sha256').update(words.join(' ')).digest().readUInt32BE(0);
  return Array.from({ length: 5 }, (_, step) => catalogue[(start + step * 7) % catalogue.length] as CatalogueTrack);
}

function score(track: CatalogueTrack, words: readonly string[]): number {
  const fields: readonly (readonly [string, number])[] = [
    [track.title, 4],
    [track.author, 3],
    [track.album, 2],
    [track.genre, 1],
  ];
  let total = 0;
  for (const word of words) {
    for (const [field, weight] of fields) {
      const parts: readonly string[] = field.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
      if (parts.includes(word)) total += weight * 2;
      else if (word.length >= 2 && parts.some((part) => part.startsWith(word))) total += weight;
    }
  }
  return total;
}

function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
