import { keptLimit } from '#services/contracts/library.ts';
import { command } from '../framework/command.ts';
import { integer, text } from '../framework/options.ts';
import { describe } from '../views/enqueue-view.ts';
import { nameOf, partView, playlistsView, trackOf } from '../views/library-view.ts';
import { pageSize, partOf } from '../views/pages.ts';
import { found } from './play.ts';
import { added, complete, filled, named, newlyNamed, shared } from './playlist-options.ts';
import { itsName, itsNewName, newPositionInIt, positionInIt, says } from './playlist-texts.ts';
import { pageOption, queryOption } from './shared-options.ts';

export const playlistCreate = command({
  name: 'playlist create',
  texts: {
    en: { description: 'Create a playlist' },
    de: { name: 'erstellen', description: 'Erstellt eine Playlist' },
    'es-ES': { name: 'crear', description: 'Crea una lista' },
    fr: { name: 'créer', description: 'Crée une playlist' },
    'pt-BR': { name: 'criar', description: 'Cria uma playlist' },
  },
  ...shared,
  options: { name: text({ texts: itsName, ...newlyNamed }) },
  quiet: true,
  run: async ({ library, on, options, words }) => {
    const list = await library.change(on, 'playlist.create', { name: options.name });
    return { content: says[words.language].created(nameOf(words, list.name)) };
  },
});

export const playlistAdd = command({
  name: 'playlist add',
  texts: {
    en: { description: 'Add the current track, a search or a link to a playlist' },
    de: { name: 'hinzufügen', description: 'Fügt den laufenden Titel, eine Suche oder einen Link hinzu' },
    'es-ES': { name: 'añadir', description: 'Añade a una lista la canción actual, una búsqueda o un enlace' },
    fr: { name: 'ajouter', description: 'Ajoute à une playlist le titre en cours, une recherche ou un lien' },
    'pt-BR': { name: 'adicionar', description: 'Adiciona a uma playlist a faixa atual, uma busca ou um link' },
  },
  ...shared,
  options: { name: named, query: queryOption(false) },
  quiet: true,
  run: async ({ library, on, options: { name: to, query }, words }) => {
    const request = query === undefined ? { name: to } : { name: to, query };
    const list = await library.change(on, 'playlist.add', request);
    const what = list.count === 1 ? trackOf(words, list.first) : words.tracks(list.count);
    const { number } = words.amounts;
    const said = says[words.language];
    return {
      content: added(words, list, said.added(what, nameOf(words, list.name), number(list.length), number(keptLimit))),
    };
  },
  complete: (invocation, typed, option) =>
    option === 'query' ? found(invocation, typed, option) : complete(invocation, typed, option),
});

export const playlistRemove = command({
  name: 'playlist remove',
  texts: {
    en: { description: 'Remove a track from a playlist' },
    de: { name: 'entfernen', description: 'Entfernt einen Titel aus einer Playlist' },
    'es-ES': { name: 'quitar', description: 'Quita una canción de una lista' },
    fr: { name: 'retirer', description: 'Retire un titre d’une playlist' },
    'pt-BR': { name: 'remover', description: 'Remove uma faixa de uma playlist' },
  },
  ...shared,
  options: { name: named, position: integer({ texts: positionInIt, min: 1, max: keptLimit, required: true }) },
  quiet: true,
  run: async ({ library, on, options: { name: from, position }, words }) => {
    const list = await library.change(on, 'playlist.remove', { name: from, position });
    return { content: says[words.language].removed(trackOf(words, list.first), nameOf(words, list.name)) };
  },
  complete,
});

export const playlistMove = command({
  name: 'playlist move',
  texts: {
    en: { description: 'Move a track within a playlist' },
    de: { name: 'verschieben', description: 'Verschiebt einen Titel innerhalb einer Playlist' },
    'es-ES': { name: 'mover', description: 'Cambia de puesto una canción de una lista' },
    fr: { name: 'déplacer', description: 'Déplace un titre dans une playlist' },
    'pt-BR': { name: 'mover', description: 'Muda a posição de uma faixa em uma playlist' },
  },
  ...shared,
  options: {
    name: named,
    from: integer({ texts: positionInIt, min: 1, max: keptLimit, required: true }),
    to: integer({ texts: newPositionInIt, min: 1, max: keptLimit, required: true }),
  },
  quiet: true,
  run: async ({ library, on, options: { name, from, to }, words }) => {
    const list = await library.change(on, 'playlist.move', { name, from, to });
    const position = words.amounts.number(Math.min(to, list.length));
    return { content: says[words.language].moved(trackOf(words, list.first), position, nameOf(words, list.name)) };
  },
  complete,
});

export const playlistSave = command({
  name: 'playlist save',
  texts: {
    en: { description: 'Keep what is playing and the queue as a playlist' },
    de: { name: 'speichern', description: 'Speichert den laufenden Titel und die Warteschlange als Playlist' },
    'es-ES': { name: 'guardar', description: 'Guarda la canción actual y la cola como lista' },
    fr: { name: 'enregistrer', description: 'Enregistre le titre en cours et la file comme playlist' },
    'pt-BR': { name: 'salvar', description: 'Salva a faixa atual e a fila como playlist' },
  },
  ...shared,
  options: { name: text({ texts: itsName, ...newlyNamed }) },
  quiet: true,
  run: async ({ library, on, options, words }) => {
    const list = await library.change(on, 'playlist.save', { name: options.name });
    return { content: filled(words, list) };
  },
});

export const playlistRename = command({
  name: 'playlist rename',
  texts: {
    en: { description: 'Rename a playlist' },
    de: { name: 'umbenennen', description: 'Benennt eine Playlist um' },
    'es-ES': { name: 'renombrar', description: 'Cambia el nombre de una lista' },
    fr: { name: 'renommer', description: 'Renomme une playlist' },
    'pt-BR': { name: 'renomear', description: 'Muda o nome de uma playlist' },
  },
  ...shared,
  options: { name: named, to: text({ texts: itsNewName, ...newlyNamed }) },
  quiet: true,
  run: async ({ library, on, options: { name: from, to }, words }) => {
    const list = await library.change(on, 'playlist.rename', { name: from, to });
    return { content: says[words.language].renamed(nameOf(words, list.name)) };
  },
  complete,
});

export const playlistDelete = command({
  name: 'playlist delete',
  texts: {
    en: { description: 'Delete a playlist' },
    de: { name: 'löschen', description: 'Löscht eine Playlist' },
    'es-ES': { name: 'eliminar', description: 'Elimina una lista' },
    fr: { name: 'supprimer', description: 'Supprime une playlist' },
    'pt-BR': { name: 'excluir', description: 'Exclui uma playlist' },
  },
  ...shared,
  options: { name: named },
  quiet: true,
  run: async ({ library, on, options, words }) => {
    const list = await library.change(on, 'playlist.delete', { name: options.name });
    return { content: says[words.language].deleted(nameOf(words, list.name), words.tracks(list.count)) };
  },
  complete,
});

export const playlistShow = command({
  name: 'playlist show',
  texts: {
    en: { description: 'Show the tracks of a playlist' },
    de: { name: 'zeigen', description: 'Zeigt die Titel einer Playlist' },
    'es-ES': { name: 'mostrar', description: 'Muestra las canciones de una lista' },
    fr: { name: 'afficher', description: 'Affiche les titres d’une playlist' },
    'pt-BR': { name: 'mostrar', description: 'Mostra as faixas de uma playlist' },
  },
  ...shared,
  options: { name: named, page: pageOption(keptLimit / pageSize) },
  quiet: true,
  run: async ({ library, on, options: { name: of, page }, words }) => {
    const part = await library.part(on, 'playlist.show', { name: of, ...partOf(page) });
    return partView(words, part, { title: part.name, empty: says[words.language].empty });
  },
  complete,
});

export const playlistList = command({
  name: 'playlist list',
  texts: {
    en: { description: 'Show your playlists' },
    de: { name: 'alle', description: 'Zeigt deine Playlists' },
    'es-ES': { name: 'todas', description: 'Muestra tus listas' },
    fr: { name: 'toutes', description: 'Affiche tes playlists' },
    'pt-BR': { name: 'todas', description: 'Mostra suas playlists' },
  },
  ...shared,
  options: {},
  quiet: true,
  run: async ({ library, on, words }) => playlistsView(words, await library.playlists(on)),
});

export const playlistPlay = command({
  name: 'playlist play',
  texts: {
    en: { description: 'Add a playlist to the queue' },
    de: { name: 'abspielen', description: 'Reiht eine Playlist ein' },
    'es-ES': { name: 'reproducir', description: 'Añade una lista a la cola' },
    fr: { name: 'jouer', description: 'Ajoute une playlist à la file' },
    'pt-BR': { name: 'tocar', description: 'Adiciona uma playlist à fila' },
  },
  ...shared,
  options: { name: named },
  run: async ({ library, on, options, words }) => ({
    content: describe(words, await library.play(on, 'playlist.play', { name: options.name })),
  }),
  complete,
});
