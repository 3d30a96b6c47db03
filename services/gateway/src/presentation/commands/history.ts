import { inEachLanguage } from '#infra/kernel/languages.ts';
import { historyLength } from '#services/contracts/library.ts';
import { command } from '../framework/command.ts';
import { partView } from '../views/library-view.ts';
import { pageFromButton, pageSize, partOf } from '../views/pages.ts';
import { pageOption } from './shared-options.ts';

const lastPage = historyLength / pageSize;

const says = inEachLanguage({
  en: {
    title: 'History',
    empty: 'Nothing has played in this server yet.',
  },
  de: {
    title: 'Verlauf',
    empty: 'Auf diesem Server lief noch nichts.',
  },
  'es-ES': {
    title: 'Historial',
    empty: 'En este servidor aún no ha sonado nada.',
  },
  fr: {
    title: 'Historique',
    empty: 'Rien n’a encore été joué sur ce serveur.',
  },
  'pt-BR': {
    title: 'Histórico',
    empty: 'Ainda não tocou nada neste servidor.',
  },
});

export const history = command({
  name: 'history',
  texts: {
    en: { description: 'Show what has played in this server' },
    de: { name: 'verlauf', description: 'Zeigt, was auf diesem Server gelaufen ist' },
    'es-ES': { name: 'historial', description: 'Muestra lo que ha sonado en este servidor' },
    fr: { name: 'historique', description: 'Affiche ce qui a été joué sur ce serveur' },
    'pt-BR': { name: 'histórico', description: 'Mostra o que tocou neste servidor' },
  },
  says,
  category: 'information',
  rateLimit: { uses: 6, windowSec: 15, per: 'user' },
  options: { page: pageOption(lastPage) },
  quiet: true,
  run: async ({ library, on, options, words }) => {
    const part = await library.part(on, 'history.read', partOf(options.page));
    return partView(words, part, {
      ...says[words.language],
      command: 'history',
      end: ({ atMs, requestedBy }) =>
        ` · <t:${Math.floor(atMs / 1_000)}:R>${requestedBy === null ? '' : ` · <@${requestedBy}>`}`,
    });
  },
  fromButton: (argument) => pageFromButton(argument, lastPage),
});
