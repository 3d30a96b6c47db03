import { command } from '../framework/command.ts';
import { integer, type Texts } from '../framework/options.ts';
import { filtersNow } from '../views/filters-view.ts';

const gain = (texts: Texts) => integer({ texts, min: -25, max: 100, required: false });

export const equaliser = command({
  name: 'equaliser',
  texts: {
    en: { description: 'Set bass, mid and treble; without options, flat' },
    de: { name: 'equalizer', description: 'Stellt Bässe, Mitten und Höhen ein; ohne Angaben neutral' },
    'es-ES': { name: 'ecualizador', description: 'Ajusta graves, medios y agudos; sin opciones, plano' },
    fr: { name: 'égaliseur', description: 'Règle graves, médiums et aigus ; sans option, neutre' },
    'pt-BR': { name: 'equalizador', description: 'Ajusta graves, médios e agudos; sem opções, neutro' },
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    bass: gain({
      en: { description: 'Bass, -25 to 100; 0 is normal' },
      de: { name: 'bässe', description: 'Bässe, -25 bis 100; 0 ist normal' },
      'es-ES': { name: 'graves', description: 'Graves, de -25 a 100; 0 es lo normal' },
      fr: { name: 'graves', description: 'Graves, de -25 à 100 ; 0 est normal' },
      'pt-BR': { name: 'graves', description: 'Graves, de -25 a 100; 0 é o normal' },
    }),
    mid: gain({
      en: { description: 'Mid, -25 to 100; 0 is normal' },
      de: { name: 'mitten', description: 'Mitten, -25 bis 100; 0 ist normal' },
      'es-ES': { name: 'medios', description: 'Medios, de -25 a 100; 0 es lo normal' },
      fr: { name: 'médiums', description: 'Médiums, de -25 à 100 ; 0 est normal' },
      'pt-BR': { name: 'médios', description: 'Médios, de -25 a 100; 0 é o normal' },
    }),
    treble: gain({
      en: { description: 'Treble, -25 to 100; 0 is normal' },
      de: { name: 'höhen', description: 'Höhen, -25 bis 100; 0 ist normal' },
      'es-ES': { name: 'agudos', description: 'Agudos, de -25 a 100; 0 es lo normal' },
      fr: { name: 'aigus', description: 'Aigus, de -25 à 100 ; 0 est normal' },
      'pt-BR': { name: 'agudos', description: 'Agudos, de -25 a 100; 0 é o normal' },
    }),
  },
  run: async ({ player, on, options, words }) => {
    const entries = Object.entries(options).filter(([, value]) => value !== undefined);
    const gains = entries.length === 0 ? undefined : (Object.fromEntries(entries) as typeof options);
    return { content: filtersNow(words, (await player.operate(on, 'filter', gains)).player) };
  },
});
