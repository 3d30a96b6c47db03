import { command } from '../framework/command.ts';
import { atPosition } from '../views/operation-view.ts';

export const replay = command({
  name: 'replay',
  description: 'Start the track again from its beginning',
  localisations: {
    de: 'Beginnt den Titel von vorn',
    fr: 'Recommence le titre',
    'es-ES': 'Empieza la canción de nuevo',
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on }) => {
    return { content: atPosition((await player.operate(on, 'seek', undefined)).player) };
  },
});
