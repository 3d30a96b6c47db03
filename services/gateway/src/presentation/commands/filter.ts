import { command } from '../framework/command.ts';
import type { Preset } from '#services/contracts/player.ts';
import { choice } from '../framework/options.ts';
import { filtersNow } from '../views/operation-view.ts';

export const filter = command({
  name: 'filter',
  description: 'Turn a filter on or off',
  localisations: {
    de: 'Schaltet einen Filter ein oder aus',
    fr: 'Active ou désactive un filtre',
    'es-ES': 'Activa o desactiva un filtro',
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    preset: choice({
      description: 'The filter',
      choices: {
        bassboost: 'Bass boost',
        treble: 'Treble boost',
        pop: 'Pop',
        rock: 'Rock',
        electronic: 'Electronic',
        soft: 'Soft',
        nightcore: 'Nightcore',
        vaporwave: 'Vaporwave',
        eightd: '8D',
        karaoke: 'Karaoke',
        tremolo: 'Tremolo',
        vibrato: 'Vibrato',
        distortion: 'Distortion',
        mono: 'Mono',
        off: 'All filters off',
      } satisfies Readonly<Record<Preset | 'off', string>>,
      required: true,
    }),
  },
  run: async ({ player, on, options }) => ({
    content: filtersNow((await player.operate(on, 'filter', { preset: options.preset })).player),
  }),
});
