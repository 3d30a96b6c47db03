import type { Loop } from '#services/contracts/player.ts';
import { command } from '../framework/command.ts';
import { choice } from '../framework/options.ts';

const outcomes: Readonly<Record<Loop, string>> = {
  off: 'The loop is off.',
  track: 'This track repeats until you turn the loop off.',
  queue: 'The queue repeats: each track goes to its end.',
};

export const loop = command({
  name: 'loop',
  description: 'Repeat the track or the queue',
  localisations: {
    de: 'Wiederholt Titel oder Warteschlange',
    fr: 'Répète le titre ou la file',
    'es-ES': 'Repite la canción o la cola',
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    mode: choice({
      description: 'What repeats',
      choices: { track: 'This track', queue: 'The whole queue', off: 'Nothing' },
      required: true,
    }),
  },
  run: async ({ player, on, options }) => {
    await player.operate(on, 'loop', { mode: options.mode });
    return { content: outcomes[options.mode] };
  },
});
