import { command } from '../framework/command.ts';
import { text } from '../framework/options.ts';
import { atPosition } from '../views/operation-view.ts';

export const seek = command({
  name: 'seek',
  description: 'Continue the track at another time',
  localisations: {
    de: 'Springt zu einer Stelle im Titel',
    fr: 'Va à un moment du titre',
    'es-ES': 'Va a un momento de la canción',
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: { to: text({ description: 'The time, as 1:30 or 90', maxLength: 20, complete: false, required: true }) },
  run: async ({ player, on, options }) => {
    return { content: atPosition((await player.operate(on, 'seek', { to: options.to })).player) };
  },
});
