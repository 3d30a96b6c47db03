import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';

export const swap = command({
  name: 'swap',
  description: 'Swap two tracks in the queue',
  localisations: { de: 'Vertauscht zwei Titel', fr: 'Échange deux titres', 'es-ES': 'Intercambia dos canciones' },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    first: integer({ description: 'A position in /queue', min: 1, max: 1_000, required: true }),
    second: integer({ description: 'Another position', min: 1, max: 1_000, required: true }),
  },
  run: async ({ player, on, options }) => {
    const { first, second } = options;
    await player.operate(on, 'arrange', { first, second });
    return { content: `Swapped positions ${first} and ${second}.` };
  },
});
