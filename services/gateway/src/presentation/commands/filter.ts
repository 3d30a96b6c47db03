import { command } from '../framework/command.ts';
import { choice } from '../framework/options.ts';
import { filtersNow } from '../views/filters-view.ts';
import { presets } from './shared-options.ts';

export const filter = command({
  name: 'filter',
  texts: {
    en: { description: 'Turn a filter on or off' },
    de: { name: 'filter', description: 'Schaltet einen Filter ein oder aus' },
    'es-ES': { name: 'filtro', description: 'Activa o desactiva un filtro' },
    fr: { name: 'filtre', description: 'Active ou désactive un filtre' },
    'pt-BR': { name: 'filtro', description: 'Liga ou desliga um filtro' },
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    preset: choice({
      texts: {
        en: { description: 'The filter' },
        de: { name: 'filter', description: 'Der Filter' },
        'es-ES': { name: 'filtro', description: 'El filtro' },
        fr: { name: 'filtre', description: 'Le filtre' },
        'pt-BR': { name: 'filtro', description: 'O filtro' },
      },
      choices: {
        ...presets,
        off: {
          en: 'All filters off',
          de: 'Alle Filter aus',
          'es-ES': 'Todos los filtros desactivados',
          fr: 'Tous les filtres désactivés',
          'pt-BR': 'Todos os filtros desligados',
        },
      },
      required: true,
    }),
  },
  run: async ({ player, on, options, words }) => ({
    content: filtersNow(words, (await player.operate(on, 'filter', { preset: options.preset })).player),
  }),
});
