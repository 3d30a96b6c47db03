import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';
import { filtersNow } from '../views/operation-view.ts';

export const pitch = command({
  name: 'pitch',
  description: 'Set the pitch for everyone',
  localisations: { de: 'Stellt die Tonhöhe ein', fr: 'Règle la hauteur du son', 'es-ES': 'Ajusta el tono' },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    percent: integer({ description: '50 to 200, in percent; 100 is normal', min: 50, max: 200, required: true }),
  },
  run: async ({ player, on, options }) => ({
    content: filtersNow((await player.operate(on, 'filter', { pitch: options.percent })).player),
  }),
});
