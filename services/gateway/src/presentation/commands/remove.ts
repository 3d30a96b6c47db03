import { command } from '../framework/command.ts';
import { choice, integer, member } from '../framework/options.ts';
import { titleOf, tracks } from '../views/operation-view.ts';

const oneWay = 'Name one of: a position (with `to` for a range), a member, or what to remove.';

export const remove = command({
  name: 'remove',
  description: 'Remove tracks from the queue',
  localisations: {
    de: 'Entfernt Titel aus der Warteschlange',
    fr: 'Retire des titres de la file',
    'es-ES': 'Quita canciones de la cola',
  },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    position: integer({ description: 'A position in /queue', min: 1, max: 1_000, required: false }),
    to: integer({ description: 'The last position of a range', min: 1, max: 1_000, required: false }),
    member: member({ description: 'Everything that this member added', required: false }),
    which: choice({
      description: 'What to remove',
      choices: { duplicates: 'Repeated tracks', absent: 'Tracks of members who left the voice channel' },
      required: false,
    }),
  },
  run: async ({ player, on, options }) => {
    const { position, to, member: whose, which } = options;
    const named = [position, whose, which].filter((value) => value !== undefined).length;
    if (named !== 1 || (to !== undefined && position === undefined)) return { content: oneWay, refused: true };
    const selection =
      position !== undefined
        ? { position, ...(to === undefined ? {} : { to }) }
        : whose !== undefined
          ? { member: whose }
          : { which: which ?? 'duplicates' };
    const { count, first } = await player.operate(on, 'remove', selection);
    return { content: `Removed ${count === 1 ? titleOf(first) : tracks(count)}.` };
  },
});
