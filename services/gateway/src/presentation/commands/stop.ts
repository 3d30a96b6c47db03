import { command } from '../framework/command.ts';

export const stop = command({
  name: 'stop',
  description: 'Stop the music, clear the queue and leave',
  localisations: {
    de: 'Stoppt und leert die Warteschlange',
    fr: 'Arrête et vide la file',
    'es-ES': 'Detiene y vacía la cola',
  },
  category: 'music',
  rateLimit: { uses: 3, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on }) => {
    await player.stop(on);
    return { content: 'Stopped and cleared the queue.' };
  },
});
