import type { Limits } from '../limits/limits.ts';
import type { Recorder } from '../record/record.ts';
import { check, deny, pass } from './check.ts';

export interface RefusalPorts {
  readonly recorder: Pick<Recorder, 'refusesMore'>;
  readonly limits: Pick<Limits, 'denials'>;
}

const retryAfterSec = 5;

/** Has this caller been refused so often lately that it is refused unread? */
export const refusals = check<RefusalPorts>('refusals', (exchange, { recorder, limits: { denials } }) => {
  if (!recorder.refusesMore(exchange)) return pass;
  const { quota, windowSec } = denials;
  const limit = { policy: 'refusals', quota, windowSec, left: 0, resetSec: retryAfterSec };
  return deny('limit.denials', { retryAfterSec, limit });
});
