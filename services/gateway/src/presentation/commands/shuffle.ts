import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { yes } from '../framework/options.ts';

const says = inEachLanguage({
  en: {
    shuffled: (tracks: string) => `Shuffled ${tracks}.`,
    restored: 'Restored the order before the shuffle.',
  },
  de: {
    shuffled: (tracks) => `${tracks} gemischt.`,
    restored: 'Die Reihenfolge von vor dem Mischen ist wieder da.',
  },
  'es-ES': {
    shuffled: (tracks) => `${tracks} en otro orden.`,
    restored: 'He recuperado el orden anterior.',
  },
  fr: {
    shuffled: (tracks) => `Mélange de ${tracks}.`,
    restored: 'L’ordre d’avant le mélange est rétabli.',
  },
  'pt-BR': {
    shuffled: (tracks) => `Embaralhei ${tracks}.`,
    restored: 'A ordem anterior voltou.',
  },
});

export const shuffle = command({
  name: 'shuffle',
  texts: {
    en: { description: 'Shuffle the queue, or undo that' },
    de: { name: 'mischen', description: 'Mischt die Warteschlange oder macht das rückgängig' },
    'es-ES': { name: 'mezclar', description: 'Mezcla la cola o lo deshace' },
    fr: { name: 'mélanger', description: 'Mélange la file, ou annule le mélange' },
    'pt-BR': { name: 'embaralhar', description: 'Embaralha a fila, ou desfaz isso' },
  },
  says,
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    undo: yes({
      texts: {
        en: { description: 'Restore the previous order' },
        de: { name: 'rückgängig', description: 'Stellt die Reihenfolge davor wieder her' },
        'es-ES': { name: 'deshacer', description: 'Recupera el orden anterior' },
        fr: { name: 'annuler', description: 'Rétablit l’ordre d’avant' },
        'pt-BR': { name: 'desfazer', description: 'Restaura a ordem anterior' },
      },
      required: false,
    }),
  },
  run: async ({ player, on, options, words }) => {
    const { undo } = options;
    const { count } = await player.operate(on, 'shuffle', undo === undefined ? undefined : { undo });
    const { restored, shuffled } = says[words.language];
    return { content: undo === true ? restored : shuffled(words.tracks(count)) };
  },
});
