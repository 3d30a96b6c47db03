import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { isWaiting, whyOf } from '../views/player-view.ts';

const says = inEachLanguage({
  en: {
    waits: 'No longer paused.',
    plays: 'Resumed.',
  },
  de: {
    waits: 'Nicht mehr angehalten.',
    plays: 'Weiter geht es.',
  },
  'es-ES': {
    waits: 'Ya no está en pausa.',
    plays: 'Reanudado.',
  },
  fr: {
    waits: 'La pause est terminée.',
    plays: 'C’est reparti.',
  },
  'pt-BR': {
    waits: 'Não está mais pausado.',
    plays: 'Retomado.',
  },
});

export const resume = command({
  name: 'resume',
  texts: {
    en: { description: 'Resume the music' },
    de: { name: 'fortsetzen', description: 'Setzt die Musik fort' },
    'es-ES': { name: 'reanudar', description: 'Reanuda la música' },
    fr: { name: 'reprendre', description: 'Reprend la musique' },
    'pt-BR': { name: 'retomar', description: 'Retoma a música' },
  },
  says,
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on, words }) => {
    const after = await player.resume(on);
    const { waits, plays } = says[words.language];
    return { content: isWaiting(after) ? `${waits}${whyOf(words, after)}` : plays };
  },
});
