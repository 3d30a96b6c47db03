import { command } from '../framework/command.ts';

export const pause = command({
  name: 'pause',
  description: 'Pause the music',
  localisations: { de: 'Hält die Wiedergabe an', fr: 'Met la lecture en pause', 'es-ES': 'Pausa la música' },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on }) => {
    await player.pause(on);
    return { content: 'Paused. Use /resume to continue.' };
  },
});
