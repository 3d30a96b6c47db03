import { keptLimit, longestName } from '#services/contracts/library.ts';
import { command, type Command } from '../framework/command.ts';
import { integer, text } from '../framework/options.ts';
import { nameOf, partView, playlistsView, trackOf } from '../views/library-view.ts';
import { tracks } from '../views/operation-view.ts';
import { pageSize, partOf } from '../views/pages.ts';
import { describe, found } from './play.ts';

/** How Discord shows the command whose subcommands these are. */
export const playlists = {
  description: 'Your playlists',
  localisations: { de: 'Deine Playlists', fr: 'Tes playlists', 'es-ES': 'Tus listas' },
};

const shared = { category: 'library', rateLimit: { uses: 20, windowSec: 30, per: 'user' } } as const;

/** The playlists whose names contain what is typed. */
const complete: NonNullable<Command['complete']> = async ({ library, on }, typed) => {
  const wanted = typed.trim().toLowerCase();
  const lists = await library.playlists(on);
  return lists
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .map(({ name, length }) => ({ name: `${name} · ${tracks(length)}`, value: name }));
};

const name = text({ description: 'Its name', maxLength: longestName, complete: true, required: true });
const newName = { description: 'Its new name', maxLength: longestName, complete: false, required: true } as const;

export const playlistCreate = command({
  name: 'playlist create',
  description: 'Create a playlist',
  localisations: { de: 'Erstellt eine Playlist', fr: 'Crée une playlist', 'es-ES': 'Crea una lista' },
  ...shared,
  options: { name: text({ ...newName, description: 'Its name' }) },
  quiet: true,
  run: async ({ library, on, options }) => {
    const list = await library.change(on, 'playlist.create', { name: options.name });
    return { content: `Created **${nameOf(list.name)}**. Add tracks to it with /playlist add.` };
  },
});

export const playlistAdd = command({
  name: 'playlist add',
  description: 'Add the current track, a search or a link to a playlist',
  localisations: {
    de: 'Fügt einer Playlist den laufenden Titel, eine Suche oder einen Link hinzu',
    fr: 'Ajoute à une playlist le titre en cours, une recherche ou un lien',
    'es-ES': 'Añade a una lista la canción actual, una búsqueda o un enlace',
  },
  ...shared,
  options: {
    name,
    query: text({ description: 'Search words or a link', maxLength: 500, complete: true, required: false }),
  },
  quiet: true,
  run: async ({ library, on, options: { name: to, query } }) => {
    const request = query === undefined ? { name: to } : { name: to, query };
    const list = await library.change(on, 'playlist.add', request);
    const added = list.count === 1 ? trackOf(list.first) : tracks(list.count);
    return { content: `Added ${added} to **${nameOf(list.name)}** · ${list.length} of ${keptLimit}.` };
  },
  complete: (invocation, typed, option) =>
    option === 'query' ? found(invocation, typed, option) : complete(invocation, typed, option),
});

export const playlistRemove = command({
  name: 'playlist remove',
  description: 'Remove a track from a playlist',
  localisations: {
    de: 'Entfernt einen Titel aus einer Playlist',
    fr: "Retire un titre d'une playlist",
    'es-ES': 'Quita una canción de una lista',
  },
  ...shared,
  options: {
    name,
    position: integer({ description: 'Its position in /playlist show', min: 1, max: keptLimit, required: true }),
  },
  quiet: true,
  run: async ({ library, on, options: { name: from, position } }) => {
    const list = await library.change(on, 'playlist.remove', { name: from, position });
    return { content: `Removed ${trackOf(list.first)} from **${nameOf(list.name)}**.` };
  },
  complete,
});

export const playlistRename = command({
  name: 'playlist rename',
  description: 'Rename a playlist',
  localisations: {
    de: 'Benennt eine Playlist um',
    fr: 'Renomme une playlist',
    'es-ES': 'Cambia el nombre de una lista',
  },
  ...shared,
  options: { name, to: text(newName) },
  quiet: true,
  run: async ({ library, on, options: { name: from, to } }) => {
    const list = await library.change(on, 'playlist.rename', { name: from, to });
    return { content: `It is called **${nameOf(list.name)}** now.` };
  },
  complete,
});

export const playlistDelete = command({
  name: 'playlist delete',
  description: 'Delete a playlist',
  localisations: { de: 'Löscht eine Playlist', fr: 'Supprime une playlist', 'es-ES': 'Elimina una lista' },
  ...shared,
  options: { name },
  quiet: true,
  run: async ({ library, on, options }) => {
    const list = await library.change(on, 'playlist.delete', { name: options.name });
    return { content: `Deleted **${nameOf(list.name)}** with ${tracks(list.count)}.` };
  },
  complete,
});

export const playlistShow = command({
  name: 'playlist show',
  description: 'Show the tracks of a playlist',
  localisations: {
    de: 'Zeigt die Titel einer Playlist',
    fr: "Affiche les titres d'une playlist",
    'es-ES': 'Muestra las canciones de una lista',
  },
  ...shared,
  options: {
    name,
    page: integer({ description: 'The page to show', min: 1, max: keptLimit / pageSize, required: false }),
  },
  quiet: true,
  run: async ({ library, on, options: { name: of, page } }) => {
    const part = await library.part(on, 'playlist.show', { name: of, ...partOf(page) });
    return partView(part, { title: part.name, empty: 'It is empty. Add tracks to it with /playlist add.' });
  },
  complete,
});

export const playlistList = command({
  name: 'playlist list',
  description: 'Show your playlists',
  localisations: { de: 'Zeigt deine Playlists', fr: 'Affiche tes playlists', 'es-ES': 'Muestra tus listas' },
  ...shared,
  options: {},
  quiet: true,
  run: async ({ library, on }) => playlistsView(await library.playlists(on)),
});

export const playlistPlay = command({
  name: 'playlist play',
  description: 'Add a playlist to the queue',
  localisations: {
    de: 'Reiht eine Playlist ein',
    fr: 'Ajoute une playlist à la file',
    'es-ES': 'Añade una lista a la cola',
  },
  ...shared,
  options: { name },
  run: async ({ library, on, options }) => ({
    content: describe(await library.play(on, 'playlist.play', { name: options.name })),
  }),
  complete,
});
