import { longestName } from '#services/contracts/library.ts';
import { command } from '../framework/command.ts';
import { text } from '../framework/options.ts';
import { nameOf } from '../views/library-view.ts';
import { complete, filled, named, shared } from './playlist-options.ts';
import { itsCode, itsLink, nameForIt, says } from './playlist-texts.ts';

const otherName = text({ texts: nameForIt, maxLength: longestName, complete: false, required: false });
const withName = <Request extends object>(request: Request, name: string | undefined) =>
  name === undefined ? request : { ...request, name };

export const playlistImport = command({
  name: 'playlist import',
  texts: {
    en: { description: 'Keep the playlist of a music service as your own' },
    de: { name: 'importieren', description: 'Übernimmt die Playlist eines Musikdienstes' },
    'es-ES': { name: 'importar', description: 'Guarda como tuya la lista de un servicio de música' },
    fr: { name: 'importer', description: 'Reprend la playlist d’un service de musique' },
    'pt-BR': { name: 'importar', description: 'Guarda como sua a playlist de um serviço de música' },
  },
  ...shared,
  options: { link: text({ texts: itsLink, maxLength: 500, complete: false, required: true }), name: otherName },
  quiet: true,
  run: async ({ library, on, options: { link, name }, words }) => ({
    content: filled(words, await library.change(on, 'playlist.import', withName({ link }, name))),
  }),
});

export const playlistShare = command({
  name: 'playlist share',
  texts: {
    en: { description: 'Get a code by which others can copy a playlist' },
    de: { name: 'teilen', description: 'Gibt dir einen Code, mit dem andere eine Playlist kopieren können' },
    'es-ES': { name: 'compartir', description: 'Te da un código con el que otros pueden copiar una lista' },
    fr: { name: 'partager', description: 'Te donne un code avec lequel d’autres peuvent copier une playlist' },
    'pt-BR': { name: 'compartilhar', description: 'Dá um código com o qual outros podem copiar uma playlist' },
  },
  ...shared,
  options: { name: named },
  quiet: true,
  run: async ({ library, on, options, words }) => {
    const { name, code } = await library.change(on, 'playlist.share', { name: options.name });
    return { content: says[words.language].shared(nameOf(words, name), code ?? '') };
  },
  complete,
});

export const playlistUnshare = command({
  name: 'playlist unshare',
  texts: {
    en: { description: 'End the code of a playlist' },
    de: { name: 'nicht-teilen', description: 'Beendet den Code einer Playlist' },
    'es-ES': { name: 'no-compartir', description: 'Anula el código de una lista' },
    fr: { name: 'ne-plus-partager', description: 'Met fin au code d’une playlist' },
    'pt-BR': { name: 'descompartilhar', description: 'Anula o código de uma playlist' },
  },
  ...shared,
  options: { name: named },
  quiet: true,
  run: async ({ library, on, options, words }) => {
    const { name } = await library.change(on, 'playlist.unshare', { name: options.name });
    return { content: says[words.language].unshared(nameOf(words, name)) };
  },
  complete,
});

export const playlistCopy = command({
  name: 'playlist copy',
  texts: {
    en: { description: 'Copy a playlist that somebody shares' },
    de: { name: 'kopieren', description: 'Kopiert eine Playlist, die jemand teilt' },
    'es-ES': { name: 'copiar', description: 'Copia una lista que alguien comparte' },
    fr: { name: 'copier', description: 'Copie une playlist que quelqu’un partage' },
    'pt-BR': { name: 'copiar', description: 'Copia uma playlist que alguém compartilha' },
  },
  ...shared,
  rateLimit: { uses: 5, windowSec: 60, per: 'user' },
  options: { code: text({ texts: itsCode, maxLength: 50, complete: false, required: true }), name: otherName },
  quiet: true,
  run: async ({ library, on, options: { code, name }, words }) => ({
    content: filled(words, await library.change(on, 'playlist.copy', withName({ code }, name))),
  }),
});
