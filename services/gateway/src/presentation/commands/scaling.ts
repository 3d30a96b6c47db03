import type { OperationRequest } from '#services/contracts/player.ts';
import { command } from '../framework/command.ts';
import type { Texts } from '../framework/options.ts';
import { filtersNow } from '../views/filters-view.ts';
import { scaleOption } from './shared-options.ts';

/** What /speed and /pitch have in common: a share of what is normal. */
export const scaling = (
  name: 'speed' | 'pitch',
  texts: Texts,
  request: (percent: number) => OperationRequest<'filter'>,
) =>
  command({
    name,
    texts,
    category: 'music',
    rateLimit: { uses: 5, windowSec: 15, per: 'user' },
    options: { percent: scaleOption },
    run: async ({ player, on, options, words }) => ({
      content: filtersNow(words, (await player.operate(on, 'filter', request(options.percent))).player),
    }),
  });
