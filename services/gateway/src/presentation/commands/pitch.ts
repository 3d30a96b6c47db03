import { command } from '../framework/command.ts';
import { filtersNow } from '../views/filters-view.ts';
import { scaleOption } from './shared-options.ts';

export const pitch = command({
  name: 'pitch',
  texts: {
    en: { description: 'Set the pitch for everyone' },
    de: { name: 'tonhöhe', description: 'Stellt die Tonhöhe für alle ein' },
    'es-ES': { name: 'tono', description: 'Ajusta el tono para todos' },
    fr: { name: 'hauteur', description: 'Règle la hauteur du son pour tout le monde' },
    'pt-BR': { name: 'tom', description: 'Ajusta o tom para todos' },
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: { percent: scaleOption },
  run: async ({ player, on, options, words }) => ({
    content: filtersNow(words, (await player.operate(on, 'filter', { pitch: options.percent })).player),
  }),
});
