import type { EnqueueResponse } from '#services/contracts/player.ts';
import { command } from '../framework/command.ts';
import { text } from '../framework/options.ts';
import { inVoice } from '../framework/requirements.ts';
import { length, linked } from '../views/player-view.ts';
import { plain } from '../views/text.ts';

export const play = command({
  name: 'play',
  description: 'Play a track or a playlist: search words or a link',
  localisations: {
    de: 'Spielt einen Titel oder eine Playlist: Suchwörter oder ein Link',
    fr: 'Joue un titre ou une playlist : mots-clés ou lien',
    'es-ES': 'Reproduce una canción o una lista: palabras o un enlace',
  },
  category: 'music',
  requires: [inVoice],
  rateLimit: { uses: 8, windowSec: 30, per: 'user' },
  options: {
    query: text({ description: 'Search words or a link', maxLength: 500, complete: true, required: true }),
  },
  run: async ({ player, on, options }) => ({ content: describe(await player.enqueue(on, options.query)) }),
  complete: async ({ player, on }, typed) => {
    if (typed.trim().length < 2 || typed.includes('://')) return [];
    const tracks = await player.search(on, typed);
    return tracks.map((track) => ({
      name: `${track.title} · ${track.author} · ${length(track)}`,
      // Discord takes values of at most 100 characters: a longer address is searched by its title instead.
      value: track.uri.length <= 100 ? track.uri : `${track.title} ${track.author}`,
    }));
  },
});

function describe({ added, addedCount, playlistName, player }: EnqueueResponse): string {
  const [first] = added;
  if (!first) return 'Nothing was added.';
  if (playlistName !== null) return `Added ${addedCount} tracks of **${plain(playlistName)}**.`;
  const plays = player.current?.entryId === first.entryId;
  return plays
    ? `Playing **${linked(first)}**.`
    : `Added **${linked(first)}** · number ${player.queueLength} in the queue.`;
}
