import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';
import { titleOf } from '../views/operation-view.ts';

export const move = command({
  name: 'move',
  description: 'Move a track within the queue',
  localisations: { de: 'Verschiebt einen Titel', fr: 'Déplace un titre', 'es-ES': 'Mueve una canción' },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    from: integer({ description: 'Its position in /queue', min: 1, max: 1_000, required: true }),
    to: integer({ description: 'Its new position; 1 plays next', min: 1, max: 1_000, required: true }),
  },
  run: async ({ player, on, options }) => {
    const { from, to } = options;
    const { player: after, first } = await player.operate(on, 'arrange', { from, to });
    return { content: `Moved ${titleOf(first)} to position ${Math.min(to, after.queueLength)}.` };
  },
});
