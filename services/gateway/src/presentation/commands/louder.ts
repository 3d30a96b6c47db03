import { command } from '../framework/command.ts';
import type { Texts } from '../framework/options.ts';
import { says } from './volume.ts';

/** A step of the volume, without a number: a button can stand for it. */
const step = (name: 'louder' | 'quieter', texts: Texts) =>
  command({
    name,
    texts,
    category: 'music',
    rateLimit: { uses: 10, windowSec: 30, per: 'user' },
    options: {},
    run: async ({ player, on, words }) => {
      const { volume } = (await player.operate(on, name, undefined)).player;
      return { content: says[words.language](words.amounts.percent(volume)) };
    },
  });

export const louder = step('louder', {
  en: { description: 'Turn the volume up by ten percent, for everyone' },
  de: { name: 'lauter', description: 'Stellt die Lautstärke für alle um zehn Prozent höher' },
  'es-ES': { name: 'más-alto', description: 'Sube el volumen un diez por ciento, para todos' },
  fr: { name: 'plus-fort', description: 'Augmente le volume de dix pour cent, pour tout le monde' },
  'pt-BR': { name: 'mais-alto', description: 'Aumenta o volume em dez por cento, para todos' },
});

export const quieter = step('quieter', {
  en: { description: 'Turn the volume down by ten percent, for everyone' },
  de: { name: 'leiser', description: 'Stellt die Lautstärke für alle um zehn Prozent niedriger' },
  'es-ES': { name: 'más-bajo', description: 'Baja el volumen un diez por ciento, para todos' },
  fr: { name: 'moins-fort', description: 'Baisse le volume de dix pour cent, pour tout le monde' },
  'pt-BR': { name: 'mais-baixo', description: 'Abaixa o volume em dez por cento, para todos' },
});
