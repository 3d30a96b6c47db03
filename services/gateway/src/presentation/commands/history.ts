import { historyLength } from '#services/contracts/library.ts';
import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';
import { partView } from '../views/library-view.ts';
import { pageFromButton, pageSize, partOf } from '../views/pages.ts';

const lastPage = historyLength / pageSize;

export const history = command({
  name: 'history',
  description: 'Show what has played in this server',
  localisations: {
    de: 'Zeigt, was auf diesem Server gelaufen ist',
    fr: 'Affiche ce qui a été joué sur ce serveur',
    'es-ES': 'Muestra lo que ha sonado en este servidor',
  },
  category: 'information',
  rateLimit: { uses: 6, windowSec: 15, per: 'user' },
  options: { page: integer({ description: 'The page to show', min: 1, max: lastPage, required: false }) },
  quiet: true,
  run: async ({ library, on, options }) => {
    const part = await library.part(on, 'history.read', partOf(options.page));
    return partView(part, {
      title: 'History',
      empty: 'Nothing has played in this server yet.',
      command: 'history',
      end: ({ atMs, requestedBy }) =>
        ` · <t:${Math.floor(atMs / 1_000)}:R>${requestedBy === null ? '' : ` · <@${requestedBy}>`}`,
    });
  },
  fromButton: (argument) => pageFromButton(argument, lastPage),
});
