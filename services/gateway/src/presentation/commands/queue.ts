import { command } from '../framework/command.ts';
import { pageFromButton, pageOf, pageSize } from '../views/pages.ts';
import { queuedView, queueView } from '../views/queue-view.ts';
import { pageOption } from './shared-options.ts';

/** A queue holds 1,000 tracks. */
const lastPage = 100;

export const queue = command({
  name: 'queue',
  texts: {
    en: { description: 'Show what is playing and what is next' },
    de: { name: 'warteschlange', description: 'Zeigt, was läuft und was als Nächstes kommt' },
    'es-ES': { name: 'cola', description: 'Muestra lo que suena y lo que viene' },
    fr: { name: 'file', description: 'Affiche le titre en cours et les suivants' },
    'pt-BR': { name: 'fila', description: 'Mostra o que está tocando e o que vem depois' },
  },
  category: 'information',
  rateLimit: { uses: 6, windowSec: 15, per: 'user' },
  options: { page: pageOption(lastPage) },
  quiet: true,
  run: async ({ player, on, options, words }) => {
    const shown = await player.read(on.guild, on.transaction);
    const page = pageOf(shown.queueLength, options.page ?? 1);
    const isThere = page.from < shown.queue.length || shown.queueLength === shown.queue.length;
    const tracks = isThere
      ? shown.queue.slice(page.from, page.from + pageSize)
      : await player.slice(on, page.from, pageSize);
    return queueView(words, shown, page, tracks);
  },
  menu: {
    name: 'What they have queued',
    names: {
      de: 'Wünsche in der Warteschlange',
      'es-ES': 'Lo que tiene en cola',
      fr: 'Ses titres en file',
      'pt-BR': 'O que tem na fila',
    },
    run: async ({ player, on, options: { member }, words }) =>
      member === undefined
        ? { content: words.queue.empty, refused: true }
        : queuedView(words, member, await player.queuedBy(on, member)),
  },
  fromButton: (argument) => pageFromButton(argument, lastPage),
});
