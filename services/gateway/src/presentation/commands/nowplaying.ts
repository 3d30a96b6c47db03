import { command } from '../framework/command.ts';
import { playerView } from '../views/player-view.ts';

export const nowplaying = command({
  name: 'nowplaying',
  description: 'Show what is playing',
  localisations: { de: 'Zeigt, was gerade läuft', fr: 'Affiche le titre en cours', 'es-ES': 'Muestra lo que suena' },
  category: 'information',
  rateLimit: { uses: 6, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on }) => ({ ...playerView(await player.read(on.guild, on.transaction)), quiet: true }),
});
