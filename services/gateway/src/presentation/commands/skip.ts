import { command } from '../framework/command.ts';
import { linked, whyOf } from '../views/player-view.ts';

export const skip = command({
  name: 'skip',
  description: 'Skip the current track',
  localisations: { de: 'Überspringt den Titel', fr: 'Passe au titre suivant', 'es-ES': 'Salta la canción' },
  category: 'music',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {},
  run: async ({ player, on }) => {
    const { player: after, vote } = await player.skip(on);
    if (vote && !vote.skipped) return { content: `${votesOf(vote)} to skip. Others can vote with /skip.` };
    const skipped = vote ? `Skipped: ${votesOf(vote)}.` : 'Skipped.';
    const { current } = after;
    return {
      content: current
        ? `${skipped} Now: **${linked(current)}**.${whyOf(after)}`
        : `${skipped} That was the last track.`,
    };
  },
});

const votesOf = ({ votes, needed }: { readonly votes: number; readonly needed: number }): string =>
  `${votes} of ${needed} votes`;
