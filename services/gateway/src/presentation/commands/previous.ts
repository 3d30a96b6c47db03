import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { nowPlays } from '../views/operation-view.ts';

const back = inEachLanguage({
  en: 'Back.',
  de: 'Zurück.',
  'es-ES': 'Vuelvo atrás.',
  fr: 'Retour en arrière.',
  'pt-BR': 'Voltei.',
});

export const previous = command({
  name: 'previous',
  texts: {
    en: { description: 'Go back to the previous track' },
    de: { name: 'voriger', description: 'Spielt den vorigen Titel' },
    'es-ES': { name: 'anterior', description: 'Vuelve a la canción anterior' },
    fr: { name: 'précédent', description: 'Revient au titre précédent' },
    'pt-BR': { name: 'anterior', description: 'Volta para a faixa anterior' },
  },
  says: back,
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on, words }) => ({
    content: nowPlays(words, back[words.language], (await player.operate(on, 'jump', undefined)).player),
  }),
});
