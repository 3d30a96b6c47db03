import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';
import { atPosition } from '../views/operation-view.ts';

export const forward = command({
  name: 'forward',
  description: 'Go forward in the track',
  localisations: { de: 'Spult vor', fr: 'Avance dans le titre', 'es-ES': 'Avanza en la canción' },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: { seconds: integer({ description: 'How many seconds', min: 1, max: 86_400, required: true }) },
  run: async ({ player, on, options }) => {
    return { content: atPosition((await player.operate(on, 'seek', { forwardSec: options.seconds })).player) };
  },
});
