import { command } from '../framework/command.ts';
import { isWaiting, whyOf } from '../views/player-view.ts';

export const resume = command({
  name: 'resume',
  description: 'Resume the music',
  localisations: { de: 'Setzt die Wiedergabe fort', fr: 'Reprend la lecture', 'es-ES': 'Reanuda la música' },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on }) => {
    const after = await player.resume(on);
    return { content: isWaiting(after) ? `No longer paused.${whyOf(after)}` : 'Resumed.' };
  },
});
