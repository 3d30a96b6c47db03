import { command } from '../framework/command.ts';
import { inVoice } from '../framework/requirements.ts';
import { linked } from '../views/player-view.ts';

export const skip = command({
  name: 'skip',
  description: 'Skip the current track',
  localisations: { de: 'Überspringt den Titel', fr: 'Passe au titre suivant', 'es-ES': 'Salta la canción' },
  category: 'music',
  requires: [inVoice],
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on }) => {
    const { current } = await player.skip(on);
    return { content: current ? `Skipped. Now: **${linked(current)}**.` : 'Skipped. That was the last track.' };
  },
});
