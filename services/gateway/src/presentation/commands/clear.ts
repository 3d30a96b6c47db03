import { command } from '../framework/command.ts';
import { tracks } from '../views/operation-view.ts';

export const clear = command({
  name: 'clear',
  description: 'Clear the queue and keep playing',
  localisations: { de: 'Leert die Warteschlange', fr: 'Vide la file', 'es-ES': 'Vacía la cola' },
  category: 'music',
  rateLimit: { uses: 3, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on }) => {
    const { count } = await player.operate(on, 'clear', undefined);
    return { content: `Cleared the queue: ${tracks(count)}.` };
  },
});
