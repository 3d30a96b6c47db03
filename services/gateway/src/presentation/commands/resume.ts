import { command } from '../framework/command.ts';
import { isWaiting, whyOf } from '../views/player-view.ts';

export const resume = command({
  name: 'resume',
  description: 'Resume after a pause',
  localisations: { de: 'Setzt die Wiedergabe fort', fr: 'Reprend la lecture', 'es-ES': 'Reanuda la música' },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on }) => {
    const after = await player.resume(on);
    return { content: isWaiting(after) ? `Not paused any more.${whyOf(after)}` : 'Going on.' };
  },
});
