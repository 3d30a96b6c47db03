import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { nowPlays } from '../views/operation-view.ts';
import { queuePosition } from './shared-options.ts';

const skipped = inEachLanguage({
  en: 'Skipped.',
  de: 'Übersprungen.',
  'es-ES': 'Hecho.',
  fr: 'C’est fait.',
  'pt-BR': 'Feito.',
});

export const skipto = command({
  name: 'skipto',
  texts: {
    en: { description: 'Skip to a track in the queue' },
    de: { name: 'weiter-zu', description: 'Springt zu einem Titel der Warteschlange' },
    'es-ES': { name: 'saltar-a', description: 'Salta a una canción de la cola' },
    fr: { name: 'passer-à', description: 'Passe à un titre de la file' },
    'pt-BR': { name: 'pular-para', description: 'Pula para uma faixa da fila' },
  },
  says: skipped,
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: { position: queuePosition },
  run: async ({ player, on, options, words }) => {
    const { player: after } = await player.operate(on, 'jump', { position: options.position });
    return { content: nowPlays(words, skipped[words.language], after) };
  },
});
