import { command } from '../framework/command.ts';
import { integer } from '../framework/options.ts';
import { nowPlays } from '../views/operation-view.ts';

export const skipto = command({
  name: 'skipto',
  description: 'Skip to a track in the queue',
  localisations: {
    de: 'Springt zu einem Titel der Warteschlange',
    fr: 'Passe à un titre de la file',
    'es-ES': 'Salta a una canción de la cola',
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: { position: integer({ description: 'Its position in /queue', min: 1, max: 1_000, required: true }) },
  run: async ({ player, on, options }) => {
    const { player: after } = await player.operate(on, 'jump', { position: options.position });
    return { content: nowPlays('Skipped.', after) };
  },
});
