import type { OperationRequest } from '#services/contracts/player.ts';
import { command } from '../framework/command.ts';
import type { Texts } from '../framework/options.ts';
import { atPosition } from '../views/operation-view.ts';
import { secondsOption } from './shared-options.ts';

/** What /forward and /rewind have in common: how far to go in the track. */
export const winding = (
  name: 'forward' | 'rewind',
  texts: Texts,
  request: (seconds: number) => OperationRequest<'seek'>,
) =>
  command({
    name,
    texts,
    category: 'music',
    rateLimit: { uses: 5, windowSec: 15, per: 'user' },
    options: { seconds: secondsOption },
    run: async ({ player, on, options, words }) => ({
      content: atPosition(words, (await player.operate(on, 'seek', request(options.seconds))).player),
    }),
  });
