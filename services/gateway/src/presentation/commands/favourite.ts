import { inEachLanguage } from '#infra/kernel/languages.ts';
import { keptLimit, type LibraryChangeResponse } from '#services/contracts/library.ts';
import { command } from '../framework/command.ts';
import { integer, type Texts } from '../framework/options.ts';
import type { Words } from '../language/en.ts';
import { describe } from '../views/enqueue-view.ts';
import { partView, trackOf } from '../views/library-view.ts';
import { pageFromButton, pageSize, partOf } from '../views/pages.ts';
import { pageOption } from './shared-options.ts';

const group: Texts = {
  en: { description: 'Your favourite tracks' },
  de: { name: 'favoriten', description: 'Deine Lieblingstitel' },
  'es-ES': { name: 'favoritas', description: 'Tus canciones favoritas' },
  fr: { name: 'favoris', description: 'Tes titres favoris' },
  'pt-BR': { name: 'favoritas', description: 'Suas faixas favoritas' },
};

const says = inEachLanguage({
  en: {
    added: (track: string, length: string, most: string) => `Added ${track} to your favourites · ${length} of ${most}.`,
    removed: (track: string) => `Removed ${track} from your favourites.`,
    title: 'Your favourites',
    list: 'Favourites',
    empty: 'You have no favourites. Add the track that is playing with /favourite add.',
  },
  de: {
    added: (track, length, most) => `In deinen Favoriten: ${track} · ${length} von ${most}.`,
    removed: (track) => `Nicht mehr in deinen Favoriten: ${track}.`,
    title: 'Deine Favoriten',
    list: 'Favoriten',
    empty: 'Du hast keine Favoriten. Nimm den laufenden Titel mit /favoriten hinzufügen auf.',
  },
  'es-ES': {
    added: (track, length, most) => `${track} está entre tus favoritas · ${length} de ${most}.`,
    removed: (track) => `${track} ya no está entre tus favoritas.`,
    title: 'Tus favoritas',
    list: 'Favoritas',
    empty: 'No tienes favoritas. Añade la canción que suena con /favoritas añadir.',
  },
  fr: {
    added: (track, length, most) => `${track} est dans tes favoris · ${length} sur ${most}.`,
    removed: (track) => `${track} n’est plus dans tes favoris.`,
    title: 'Tes favoris',
    list: 'Favoris',
    empty: 'Tu n’as aucun favori. Ajoute le titre en cours avec /favoris ajouter.',
  },
  'pt-BR': {
    added: (track, length, most) => `${track} está nas suas favoritas · ${length} de ${most}.`,
    removed: (track) => `${track} não está mais nas suas favoritas.`,
    title: 'Suas favoritas',
    list: 'Favoritas',
    empty: 'Você não tem favoritas. Adicione a faixa que está tocando com /favoritas adicionar.',
  },
});

const shared = { group, says, category: 'library', rateLimit: { uses: 20, windowSec: 30, per: 'user' } } as const;
const lastPage = keptLimit / pageSize;

export const favouriteAdd = command({
  name: 'favourite add',
  texts: {
    en: { description: 'Add the current track to your favourites' },
    de: { name: 'hinzufügen', description: 'Nimmt den laufenden Titel in deine Favoriten auf' },
    'es-ES': { name: 'añadir', description: 'Añade la canción actual a tus favoritas' },
    fr: { name: 'ajouter', description: 'Ajoute le titre en cours à tes favoris' },
    'pt-BR': { name: 'adicionar', description: 'Adiciona a faixa atual às suas favoritas' },
  },
  ...shared,
  options: {},
  quiet: true,
  run: async ({ library, on, words }) => ({
    content: added(words, await library.change(on, 'favourite.add', undefined)),
  }),
  menu: {
    name: 'Add to my favourites',
    names: {
      de: 'Zu meinen Favoriten',
      'es-ES': 'Añadir a mis favoritas',
      fr: 'Ajouter à mes favoris',
      'pt-BR': 'Adicionar às favoritas',
    },
    run: async ({ library, on, options: { link }, words }) =>
      link === undefined
        ? { content: words.noLink, refused: true }
        : { content: added(words, await library.change(on, 'favourite.add', { query: link })) },
  },
});

/** One track by its title, several by their number. */
function added(words: Words, { first, count, length }: LibraryChangeResponse): string {
  const { number } = words.amounts;
  const what = count > 1 ? words.tracks(count) : trackOf(words, first);
  return says[words.language].added(what, number(length), number(keptLimit));
}

export const favouriteRemove = command({
  name: 'favourite remove',
  texts: {
    en: { description: 'Remove a track from your favourites' },
    de: { name: 'entfernen', description: 'Entfernt einen Titel aus deinen Favoriten' },
    'es-ES': { name: 'quitar', description: 'Quita una canción de tus favoritas' },
    fr: { name: 'retirer', description: 'Retire un titre de tes favoris' },
    'pt-BR': { name: 'remover', description: 'Remove uma faixa das suas favoritas' },
  },
  ...shared,
  options: {
    position: integer({
      texts: {
        en: { description: 'Its position in /favourite list' },
        de: { name: 'platz', description: 'Sein Platz in /favoriten liste' },
        'es-ES': { name: 'puesto', description: 'Su puesto en /favoritas lista' },
        fr: { name: 'position', description: 'Sa position dans /favoris liste' },
        'pt-BR': { name: 'posição', description: 'A posição dela em /favoritas lista' },
      },
      min: 1,
      max: keptLimit,
      required: true,
    }),
  },
  quiet: true,
  run: async ({ library, on, options, words }) => {
    const { first } = await library.change(on, 'favourite.remove', { position: options.position });
    return { content: says[words.language].removed(trackOf(words, first)) };
  },
});

export const favouriteList = command({
  name: 'favourite list',
  texts: {
    en: { description: 'Show your favourites' },
    de: { name: 'liste', description: 'Zeigt deine Favoriten' },
    'es-ES': { name: 'lista', description: 'Muestra tus favoritas' },
    fr: { name: 'liste', description: 'Affiche tes favoris' },
    'pt-BR': { name: 'lista', description: 'Mostra suas favoritas' },
  },
  ...shared,
  options: { page: pageOption(lastPage) },
  quiet: true,
  run: async ({ library, on, options, words }) => {
    const part = await library.part(on, 'favourite.list', partOf(options.page));
    const { title, empty } = says[words.language];
    return partView(words, part, { title, empty, command: 'favourite list' });
  },
  fromButton: (argument) => pageFromButton(argument, lastPage),
});

export const favouritePlay = command({
  name: 'favourite play',
  texts: {
    en: { description: 'Add all of your favourites to the queue' },
    de: { name: 'abspielen', description: 'Reiht alle deine Favoriten ein' },
    'es-ES': { name: 'reproducir', description: 'Añade todas tus favoritas a la cola' },
    fr: { name: 'jouer', description: 'Ajoute tous tes favoris à la file' },
    'pt-BR': { name: 'tocar', description: 'Adiciona todas as suas favoritas à fila' },
  },
  ...shared,
  options: {},
  run: async ({ library, on, words }) => {
    const played = await library.play(on, 'favourite.play', undefined);
    return { content: describe(words, { ...played, playlistName: says[words.language].list }) };
  },
});
