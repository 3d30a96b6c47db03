import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';

const cleared = inEachLanguage({
  en: (tracks: string) => `Cleared the queue: ${tracks}.`,
  de: (tracks) => `Warteschlange geleert: ${tracks}.`,
  'es-ES': (tracks) => `Cola vaciada: ${tracks}.`,
  fr: (tracks) => `File vidée : ${tracks}.`,
  'pt-BR': (tracks) => `Fila limpa: ${tracks}.`,
});

export const clear = command({
  name: 'clear',
  texts: {
    en: { description: 'Clear the queue and keep playing' },
    de: { name: 'leeren', description: 'Leert die Warteschlange, die Musik läuft weiter' },
    'es-ES': { name: 'vaciar', description: 'Vacía la cola sin parar la música' },
    fr: { name: 'vider', description: 'Vide la file sans arrêter la musique' },
    'pt-BR': { name: 'limpar', description: 'Limpa a fila sem parar a música' },
  },
  says: cleared,
  category: 'music',
  rateLimit: { uses: 3, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on, words }) => {
    const { count } = await player.operate(on, 'clear', undefined);
    return { content: cleared[words.language](words.tracks(count)) };
  },
});
