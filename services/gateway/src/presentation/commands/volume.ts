import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';

/** The volume that there is now, also of `/louder` and `/quieter`. */
export const says = inEachLanguage({
  en: (volume: string) => `The volume is ${volume}.`,
  de: (volume) => `Die Lautstärke ist ${volume}.`,
  'es-ES': (volume) => `El volumen está al ${volume}.`,
  fr: (volume) => `Le volume est à ${volume}.`,
  'pt-BR': (volume) => `O volume está em ${volume}.`,
});

export const volume = command({
  name: 'volume',
  texts: {
    en: { description: 'Set the volume for everyone' },
    de: { name: 'lautstärke', description: 'Stellt die Lautstärke für alle ein' },
    'es-ES': { name: 'volumen', description: 'Ajusta el volumen para todos' },
    fr: { name: 'volume', description: 'Règle le volume pour tout le monde' },
    'pt-BR': { name: 'volume', description: 'Ajusta o volume para todos' },
  },
  says,
  category: 'music',
  rateLimit: { uses: 3, windowSec: 30, per: 'user' },
  options: {
    percent: integer({
      texts: {
        en: { description: '0 to 150, in percent' },
        de: { name: 'prozent', description: '0 bis 150, in Prozent' },
        'es-ES': { name: 'porcentaje', description: 'De 0 a 150, en porcentaje' },
        fr: { name: 'pourcentage', description: 'De 0 à 150, en pourcentage' },
        'pt-BR': { name: 'porcentagem', description: 'De 0 a 150, em porcentagem' },
      },
      min: 0,
      max: 150,
      required: true,
    }),
  },
  run: async ({ player, on, options, words }) => {
    await player.setVolume(on, options.percent);
    return { content: says[words.language](words.amounts.percent(options.percent)) };
  },
});
