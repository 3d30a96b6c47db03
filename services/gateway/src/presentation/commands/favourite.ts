import { keptLimit } from '#services/contracts/library.ts';
import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';
import { partView, trackOf } from '../views/library-view.ts';
import { pageFromButton, pageSize, partOf } from '../views/pages.ts';
import { describe } from './play.ts';

/** How Discord shows the command whose subcommands these are. */
export const favourites = {
  description: 'Your favourite tracks',
  localisations: { de: 'Deine Lieblingstitel', fr: 'Tes titres favoris', 'es-ES': 'Tus canciones favoritas' },
};

const shared = { category: 'library', rateLimit: { uses: 20, windowSec: 30, per: 'user' } } as const;
const lastPage = keptLimit / pageSize;

export const favouriteAdd = command({
  name: 'favourite add',
  description: 'Add the current track to your favourites',
  localisations: {
    de: 'Nimmt den laufenden Titel in deine Favoriten auf',
    fr: 'Ajoute le titre en cours à tes favoris',
    'es-ES': 'Añade la canción actual a tus favoritas',
  },
  ...shared,
  options: {},
  quiet: true,
  run: async ({ library, on }) => {
    const { first, length } = await library.change(on, 'favourite.add', undefined);
    return { content: `Added ${trackOf(first)} to your favourites · ${length} of ${keptLimit}.` };
  },
});

export const favouriteRemove = command({
  name: 'favourite remove',
  description: 'Remove a track from your favourites',
  localisations: {
    de: 'Entfernt einen Titel aus deinen Favoriten',
    fr: 'Retire un titre de tes favoris',
    'es-ES': 'Quita una canción de tus favoritas',
  },
  ...shared,
  options: {
    position: integer({ description: 'Its position in /favourite list', min: 1, max: keptLimit, required: true }),
  },
  quiet: true,
  run: async ({ library, on, options }) => {
    const { first } = await library.change(on, 'favourite.remove', { position: options.position });
    return { content: `Removed ${trackOf(first)} from your favourites.` };
  },
});

export const favouriteList = command({
  name: 'favourite list',
  description: 'Show your favourites',
  localisations: { de: 'Zeigt deine Favoriten', fr: 'Affiche tes favoris', 'es-ES': 'Muestra tus favoritas' },
  ...shared,
  options: { page: integer({ description: 'The page to show', min: 1, max: lastPage, required: false }) },
  quiet: true,
  run: async ({ library, on, options }) => {
    const part = await library.part(on, 'favourite.list', partOf(options.page));
    return partView(part, {
      title: 'Your favourites',
      empty: 'You have no favourites. Add the track that is playing with /favourite add.',
      command: 'favourite list',
    });
  },
  fromButton: (argument) => pageFromButton(argument, lastPage),
});

export const favouritePlay = command({
  name: 'favourite play',
  description: 'Add all of your favourites to the queue',
  localisations: {
    de: 'Reiht alle deine Favoriten ein',
    fr: 'Ajoute tous tes favoris à la file',
    'es-ES': 'Añade todas tus favoritas a la cola',
  },
  ...shared,
  options: {},
  run: async ({ library, on }) => ({ content: describe(await library.play(on, 'favourite.play', undefined)) }),
});
