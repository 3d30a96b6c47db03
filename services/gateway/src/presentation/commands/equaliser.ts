import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';
import { filtersNow } from '../views/operation-view.ts';

const gain = (what: string) =>
  integer({ description: `${what}, -25 to 100; 0 is normal`, min: -25, max: 100, required: false });

export const equaliser = command({
  name: 'equaliser',
  description: 'Set bass, mid and treble; without options, flat',
  localisations: {
    de: 'Stellt Bässe, Mitten und Höhen ein',
    fr: 'Règle graves, médiums et aigus',
    'es-ES': 'Ajusta graves, medios y agudos',
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: { bass: gain('Bass'), mid: gain('Mid'), treble: gain('Treble') },
  run: async ({ player, on, options }) => {
    const entries = Object.entries(options).filter(([, value]) => value !== undefined);
    const gains = entries.length === 0 ? undefined : (Object.fromEntries(entries) as typeof options);
    return { content: filtersNow((await player.operate(on, 'filter', gains)).player) };
  },
});
