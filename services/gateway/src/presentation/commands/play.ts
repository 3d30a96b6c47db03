import { displayName } from '#infra/kernel/names.ts';
import type { EnqueueResponse, LeftOut, SearchResponse } from '#services/contracts/player.ts';
import { command, type Command, type Invocation } from '../framework/command.ts';
import { text } from '../framework/options.ts';
import { limits } from '../views/fitting.ts';
import { isWaiting, linked, whyOf } from '../views/player-view.ts';
import { tracks } from '../views/operation-view.ts';
import { cut, lengthOf, plain } from '../views/text.ts';

/** Choices of found tracks for an option `query`. */
export const found: NonNullable<Command['complete']> = async ({ player, on }, typed) => {
  if (typed.trim().length < 2 || typed.includes('://')) return [];
  const tracks = await player.search(on, typed);
  return tracks.map((track) => ({
    name: nameOf(track),
    // A longer URL is replaced by a search for its title.
    value: track.uri.length <= limits.choice ? track.uri : `${track.title} ${track.author}`,
  }));
};

/** What the commands that add tracks have in common; `placement` is where they add them, at the end by default. */
const adding = (placement?: 'next' | 'now') =>
  ({
    category: 'music',
    rateLimit: { uses: 8, windowSec: 30, per: 'user' },
    options: {
      query: text({ description: 'Search words or a link', maxLength: 500, complete: true, required: true }),
    },
    run: async ({ player, on, options }: Invocation<{ readonly query: string }>) => ({
      content: describe(await player.enqueue(on, options.query, placement), placement),
    }),
    complete: found,
  }) as const;

export const play = command({
  name: 'play',
  description: 'Play a track or playlist from a search or link',
  localisations: {
    de: 'Spielt einen Titel oder eine Playlist: Suchwörter oder ein Link',
    fr: 'Joue un titre ou une playlist : mots-clés ou lien',
    'es-ES': 'Reproduce una canción o una lista: palabras o un enlace',
  },
  ...adding(),
});

export const playnext = command({
  name: 'playnext',
  description: 'Add a track or playlist before all that wait',
  localisations: {
    de: 'Reiht einen Titel oder eine Playlist als Nächstes ein',
    fr: 'Ajoute un titre ou une playlist en tête de file',
    'es-ES': 'Añade una canción o una lista al principio de la cola',
  },
  ...adding('next'),
});

export const playnow = command({
  name: 'playnow',
  description: 'Play a track or playlist at once, instead of the current track',
  localisations: {
    de: 'Spielt sofort, anstelle des laufenden Titels',
    fr: 'Joue tout de suite, à la place du titre en cours',
    'es-ES': 'Reproduce ya, en lugar de la canción actual',
  },
  ...adding('now'),
});

/** The length stays visible, however long the title is. */
function nameOf(track: SearchResponse['tracks'][number]): string {
  const end = ` · ${lengthOf(track)}`;
  const author = displayName(track.author);
  const title = `${displayName(track.title, { otherwise: 'Untitled' })}${author === '' ? '' : ` · ${author}`}`;
  return `${cut(title, limits.choice - end.length)}${end}`;
}

const reasons: Readonly<Record<LeftOut['reason'], string>> = {
  'queue-full': 'the queue is full',
  quota: "you have reached this server's limit of tracks in the queue",
  'playlist-limit': 'one request adds at most 500',
  source: 'this server does not allow their source',
  'too-long': 'longer than this server allows',
  unreadable: "the music server's description of them is invalid",
};

/** What was added, and what was not. */
export function describe(
  { added, addedCount, leftOut, refused, playlistName, player }: EnqueueResponse,
  placement?: 'next' | 'now',
): string {
  const rest = leftOut.map(({ reason, count }) => `\n${count} left out: ${reasons[reason]}.`).join('');
  const [first] = added;
  if (!first) return `Nothing was added.${rest}`;
  if (playlistName !== null) {
    const name = plain(playlistName, 80, 'a playlist');
    return `Added ${tracks(addedCount)} of **${name}**.${rest}${refused === null ? '' : `\n${plain(refused, 500)}`}`;
  }
  if (refused !== null) return plain(refused, 500);
  if (player.current?.entryId === first.entryId)
    return isWaiting(player) ? `**${linked(first)}** is waiting.${whyOf(player)}` : `Playing **${linked(first)}**.`;
  if (placement === 'next') return `Added **${linked(first)}** · plays next.${whyOf(player)}`;
  const index = player.queue.findIndex(({ entryId }) => entryId === first.entryId);
  return `Added **${linked(first)}** · position ${index < 0 ? player.queueLength : index + 1} in the queue.${whyOf(player)}`;
}
