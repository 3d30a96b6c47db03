import { command } from '../framework/command.ts';
import { yes } from '../framework/options.ts';
import { tracks } from '../views/operation-view.ts';

export const shuffle = command({
  name: 'shuffle',
  description: 'Shuffle the queue, or undo that',
  localisations: { de: 'Mischt die Warteschlange', fr: 'Mélange la file', 'es-ES': 'Mezcla la cola' },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: { undo: yes({ description: 'Restore the order before', required: false }) },
  run: async ({ player, on, options }) => {
    const { undo } = options;
    const { count } = await player.operate(on, 'shuffle', undo === undefined ? undefined : { undo });
    return { content: undo === true ? 'Restored the order before the shuffle.' : `Shuffled ${tracks(count)}.` };
  },
});
