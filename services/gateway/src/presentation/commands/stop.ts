import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';

const stopped = inEachLanguage({
  en: 'Stopped and cleared the queue.',
  de: 'Gestoppt und die Warteschlange geleert.',
  'es-ES': 'Música detenida y cola vaciada.',
  fr: 'Musique arrêtée et file vidée.',
  'pt-BR': 'Música parada e fila limpa.',
});

export const stop = command({
  name: 'stop',
  texts: {
    en: { description: 'Stop the music, clear the queue and leave' },
    de: { name: 'stopp', description: 'Stoppt die Musik, leert die Warteschlange und geht' },
    'es-ES': { name: 'detener', description: 'Detiene la música, vacía la cola y se va' },
    fr: { name: 'arrêter', description: 'Arrête la musique, vide la file et part' },
    'pt-BR': { name: 'parar', description: 'Para a música, limpa a fila e sai' },
  },
  says: stopped,
  category: 'music',
  rateLimit: { uses: 3, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on, words }) => {
    await player.stop(on);
    return { content: stopped[words.language] };
  },
});
