import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';

export const volume = command({
  name: 'volume',
  description: 'Set the volume for everyone',
  localisations: { de: 'Stellt die Lautstärke ein', fr: 'Règle le volume', 'es-ES': 'Ajusta el volumen' },
  category: 'music',
  rateLimit: { uses: 3, windowSec: 30, per: 'user' },
  options: { percent: integer({ description: '0 to 150, in percent', min: 0, max: 150, required: true }) },
  run: async ({ player, on, options }) => {
    await player.setVolume(on, options.percent);
    return { content: `The volume is ${options.percent} %.` };
  },
});
