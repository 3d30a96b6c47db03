import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';

const paused = inEachLanguage({
  en: 'Paused. Use /resume to continue.',
  de: 'Angehalten. Mit /fortsetzen geht es weiter.',
  'es-ES': 'En pausa. Usa /reanudar para seguir.',
  fr: 'En pause. Continue avec /reprendre.',
  'pt-BR': 'Pausado. Use /retomar para continuar.',
});

export const pause = command({
  name: 'pause',
  texts: {
    en: { description: 'Pause the music' },
    de: { name: 'pause', description: 'Hält die Musik an' },
    'es-ES': { name: 'pausar', description: 'Pausa la música' },
    fr: { name: 'pause', description: 'Met la musique en pause' },
    'pt-BR': { name: 'pausar', description: 'Pausa a música' },
  },
  says: paused,
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on, words }) => {
    await player.pause(on);
    return { content: paused[words.language] };
  },
});
