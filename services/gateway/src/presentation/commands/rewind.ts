import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';
import { atPosition } from '../views/operation-view.ts';

export const rewind = command({
  name: 'rewind',
  description: 'Go back in the track',
  localisations: { de: 'Spult zurück', fr: 'Recule dans le titre', 'es-ES': 'Retrocede en la canción' },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: { seconds: integer({ description: 'How many seconds', min: 1, max: 86_400, required: true }) },
  run: async ({ player, on, options }) => {
    return { content: atPosition((await player.operate(on, 'seek', { rewindSec: options.seconds })).player) };
  },
});
