import { command } from '../framework/command.ts';
import { atPosition } from '../views/operation-view.ts';
import { secondsOption } from './shared-options.ts';

export const forward = command({
  name: 'forward',
  texts: {
    en: { description: 'Go forward in the track' },
    de: { name: 'vorspulen', description: 'Spult im Titel vor' },
    'es-ES': { name: 'avanzar', description: 'Avanza en la canción' },
    fr: { name: 'avancer', description: 'Avance dans le titre' },
    'pt-BR': { name: 'avançar', description: 'Avança na faixa' },
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: { seconds: secondsOption },
  run: async ({ player, on, options, words }) => ({
    content: atPosition(words, (await player.operate(on, 'seek', { forwardSec: options.seconds })).player),
  }),
});
