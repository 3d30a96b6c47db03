import { command } from '../framework/command.ts';
import { text } from '../framework/options.ts';
import { atPosition } from '../views/operation-view.ts';

export const seek = command({
  name: 'seek',
  texts: {
    en: { description: 'Continue the track at another time' },
    de: { name: 'springen', description: 'Springt zu einer Stelle im Titel' },
    'es-ES': { name: 'ir-a', description: 'Va a un momento de la canción' },
    fr: { name: 'aller-à', description: 'Va à un moment du titre' },
    'pt-BR': { name: 'ir-para', description: 'Vai para um momento da faixa' },
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    to: text({
      texts: {
        en: { description: 'The time, as 1:30 or 90' },
        de: { name: 'stelle', description: 'Die Stelle, als 1:30 oder 90' },
        'es-ES': { name: 'momento', description: 'El momento, como 1:30 o 90' },
        fr: { name: 'moment', description: 'Le moment, sous la forme 1:30 ou 90' },
        'pt-BR': { name: 'momento', description: 'O momento, como 1:30 ou 90' },
      },
      maxLength: 20,
      complete: false,
      required: true,
    }),
  },
  run: async ({ player, on, options, words }) => ({
    content: atPosition(words, (await player.operate(on, 'seek', { to: options.to })).player),
  }),
});
