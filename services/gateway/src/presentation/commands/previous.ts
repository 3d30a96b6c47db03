import { command } from '../framework/command.ts';
import { nowPlays } from '../views/operation-view.ts';

export const previous = command({
  name: 'previous',
  description: 'Go back to the track before',
  localisations: {
    de: 'Spielt den vorigen Titel',
    fr: 'Revient au titre précédent',
    'es-ES': 'Vuelve a la canción anterior',
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on }) => {
    return { content: nowPlays('Back.', (await player.operate(on, 'jump', undefined)).player) };
  },
});
