import { command } from '../framework/command.ts';
import { playerView } from '../views/player-view.ts';

export const nowplaying = command({
  name: 'nowplaying',
  texts: {
    en: { description: 'Show what is playing' },
    de: { name: 'läuft-gerade', description: 'Zeigt, was gerade läuft' },
    'es-ES': { name: 'sonando', description: 'Muestra lo que suena' },
    fr: { name: 'en-cours', description: 'Affiche le titre en cours' },
    'pt-BR': { name: 'tocando', description: 'Mostra o que está tocando' },
  },
  category: 'information',
  rateLimit: { uses: 6, windowSec: 15, per: 'user' },
  options: {},
  quiet: true,
  run: async ({ player, on, words }) => playerView(words, await player.read(on.guild, on.transaction)),
});
