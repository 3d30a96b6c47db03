import { command } from '../framework/command.ts';
import { atPosition } from '../views/operation-view.ts';
import { secondsOption } from './shared-options.ts';

export const rewind = command({
  name: 'rewind',
  texts: {
    en: { description: 'Go back in the track' },
    de: { name: 'zurückspulen', description: 'Spult im Titel zurück' },
    'es-ES': { name: 'retroceder', description: 'Retrocede en la canción' },
    fr: { name: 'reculer', description: 'Recule dans le titre' },
    'pt-BR': { name: 'retroceder', description: 'Volta na faixa' },
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: { seconds: secondsOption },
  run: async ({ player, on, options, words }) => ({
    content: atPosition(words, (await player.operate(on, 'seek', { rewindSec: options.seconds })).player),
  }),
});
