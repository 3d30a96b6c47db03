import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';
import { queueView } from '../views/player-view.ts';

export const queue = command({
  name: 'queue',
  description: 'Show what is playing and what is next',
  localisations: { de: 'Zeigt die Warteschlange', fr: "Affiche la file d'attente", 'es-ES': 'Muestra la cola' },
  category: 'information',
  rateLimit: { uses: 6, windowSec: 15, per: 'user' },
  options: { page: integer({ description: 'The page to show', min: 1, max: 10, required: false }) },
  run: async ({ player, on, options }) => ({
    ...queueView(await player.read(on.guild, on.transaction), options.page ?? 1),
    quiet: true,
  }),
  fromButton: (argument) => {
    const page = Number(argument ?? '1');
    return Number.isInteger(page) && page >= 1 && page <= 10 ? { page } : undefined;
  },
});
