import { command } from '../framework/command.ts';
import { atPosition } from '../views/operation-view.ts';

export const replay = command({
  name: 'replay',
  texts: {
    en: { description: 'Start the track again from its beginning' },
    de: { name: 'von-vorn', description: 'Beginnt den Titel von vorn' },
    'es-ES': { name: 'reiniciar', description: 'Empieza la canción de nuevo' },
    fr: { name: 'recommencer', description: 'Recommence le titre depuis le début' },
    'pt-BR': { name: 'recomeçar', description: 'Recomeça a faixa do início' },
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on, words }) => ({
    content: atPosition(words, (await player.operate(on, 'seek', undefined)).player),
  }),
});
