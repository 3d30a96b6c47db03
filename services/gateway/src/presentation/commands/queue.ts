import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';
import { pageFromButton, pageOf, pageSize } from '../views/pages.ts';
import { queueView } from '../views/queue-view.ts';

/** A queue holds 1,000 tracks. */
const lastPage = 100;

export const queue = command({
  name: 'queue',
  description: 'Show what is playing and what is next',
  localisations: { de: 'Zeigt die Warteschlange', fr: "Affiche la file d'attente", 'es-ES': 'Muestra la cola' },
  category: 'information',
  rateLimit: { uses: 6, windowSec: 15, per: 'user' },
  options: { page: integer({ description: 'The page to show', min: 1, max: lastPage, required: false }) },
  run: async ({ player, on, options }) => {
    const shown = await player.read(on.guild, on.transaction);
    const page = pageOf(shown.queueLength, options.page ?? 1);
    const isThere = page.from < shown.queue.length || shown.queueLength === shown.queue.length;
    const tracks = isThere
      ? shown.queue.slice(page.from, page.from + pageSize)
      : await player.slice(on, page.from, pageSize);
    return { ...queueView(shown, page, tracks), quiet: true };
  },
  fromButton: (argument) => pageFromButton(argument, lastPage),
});
