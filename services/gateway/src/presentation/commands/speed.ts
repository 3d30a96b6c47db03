import { command } from '../framework/command.ts';
import { filtersNow } from '../views/filters-view.ts';
import { scaleOption } from './shared-options.ts';

export const speed = command({
  name: 'speed',
  texts: {
    en: { description: 'Set the speed for everyone' },
    de: { name: 'tempo', description: 'Stellt das Tempo für alle ein' },
    'es-ES': { name: 'velocidad', description: 'Ajusta la velocidad para todos' },
    fr: { name: 'vitesse', description: 'Règle la vitesse pour tout le monde' },
    'pt-BR': { name: 'velocidade', description: 'Ajusta a velocidade para todos' },
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: { percent: scaleOption },
  run: async ({ player, on, options, words }) => ({
    content: filtersNow(words, (await player.operate(on, 'filter', { speed: options.percent })).player),
  }),
});
