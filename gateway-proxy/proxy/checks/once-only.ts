import { check, deny, pass, type CheckVerdict } from './check.ts';
import type { Identified } from '../exchange/exchange.ts';
import type { DoneCall, DoneCalls } from '../tokens/done-calls.ts';

export interface OnceOnlyPorts {
  readonly doneCalls: Pick<DoneCalls, 'isDone' | 'done'>;
}

/**
 * Was this already done for the member, for this same caller, by any proxy? Only what changes something is asked about
 * and remembered; a read passes without a look. A repeated call passes until the first one was done, and so does the
 * successor of a caller that was killed: audio does it once, and answers both (infra/decisions/0014).
 */
export const onceOnly = check<OnceOnlyPorts, Identified>('once-only', (exchange, { doneCalls }) => {
  const { route, transaction, raw, peer } = exchange;
  if (!transaction || !peer || !route.mutates(raw.method)) return pass;
  const { txn, tenant, expiresAtMs } = transaction;
  const call = { tenant, txn, action: route.action, thumbprint: peer.thumbprint, expiresAtMs };
  return verdictOn(exchange, call, doneCalls);
});

async function verdictOn(
  exchange: Identified,
  call: DoneCall,
  doneCalls: OnceOnlyPorts['doneCalls'],
): Promise<CheckVerdict> {
  const isDone = await doneCalls.isDone(call).catch(() => undefined);
  if (isDone === undefined) return deny('once-only.unavailable', { retryAfterSec: 1 });
  if (isDone) return deny('once-only.replayed');
  // A function that is written down here would outlive its request (infra/decisions/0042).
  exchange.whenDone = doneCalls.done.bind(doneCalls, call);
  return pass;
}
