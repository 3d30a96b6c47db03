import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';

const swapped = inEachLanguage({
  en: (first: string, second: string) => `Swapped positions ${first} and ${second}.`,
  de: (first, second) => `Die Plätze ${first} und ${second} sind vertauscht.`,
  'es-ES': (first, second) => `Puestos ${first} y ${second} intercambiados.`,
  fr: (first, second) => `Positions ${first} et ${second} échangées.`,
  'pt-BR': (first, second) => `Posições ${first} e ${second} trocadas.`,
});

export const swap = command({
  name: 'swap',
  texts: {
    en: { description: 'Swap two tracks in the queue' },
    de: { name: 'vertauschen', description: 'Vertauscht zwei Titel in der Warteschlange' },
    'es-ES': { name: 'intercambiar', description: 'Intercambia dos canciones de la cola' },
    fr: { name: 'échanger', description: 'Échange deux titres de la file' },
    'pt-BR': { name: 'trocar', description: 'Troca duas faixas da fila' },
  },
  says: swapped,
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    first: integer({
      texts: {
        en: { description: 'A position in /queue' },
        de: { name: 'erster', description: 'Ein Platz in der /warteschlange' },
        'es-ES': { name: 'primero', description: 'Un puesto de la /cola' },
        fr: { name: 'première', description: 'Une position dans la /file' },
        'pt-BR': { name: 'primeira', description: 'Uma posição na /fila' },
      },
      min: 1,
      max: 1_000,
      required: true,
    }),
    second: integer({
      texts: {
        en: { description: 'Another position' },
        de: { name: 'zweiter', description: 'Ein anderer Platz' },
        'es-ES': { name: 'segundo', description: 'Otro puesto' },
        fr: { name: 'seconde', description: 'Une autre position' },
        'pt-BR': { name: 'segunda', description: 'Outra posição' },
      },
      min: 1,
      max: 1_000,
      required: true,
    }),
  },
  run: async ({ player, on, options, words }) => {
    const { first, second } = options;
    await player.operate(on, 'arrange', { first, second });
    const { number } = words.amounts;
    return { content: swapped[words.language](number(first), number(second)) };
  },
});
