import type { Clock } from '#infra/kernel/clock.ts';
import { check, deny, pass, type CheckVerdict } from '../check.ts';
import type { Exchange } from '../exchange.ts';
import { callerClass } from '../facts.ts';
import type { Limits } from '../limits.ts';

export interface LimitPorts {
  readonly clock: Clock;
  readonly limits: Limits;
}

/**
 * Does this call fit into what its tenant, its workload or its address may use, now and at the same time? One tenant's
 * storm ends here: what it takes away is its own.
 */
export const limit = check<LimitPorts>('limit', (exchange, { clock, limits }) => {
  const waitMs = rateOf(exchange, limits, clock.now());
  if (waitMs > 0) return deny('limit.rate', { retryAfterSec: Math.max(1, Math.ceil(waitMs / 1000)) });
  const { route, caller } = exchange;
  const owner = exchange.tenant ?? exchange.peer?.spiffeId ?? exchange.visitor;
  const isStream = route?.stream === true || route?.upgrade !== undefined;
  if (!exchange.peer && !isStream) return publicPlace(exchange, limits, clock.now());
  const ofStreams = exchange.peer ? limits.streams : limits.publicStreams;
  const permits = isStream ? ofStreams : limits.inFlight;
  const key = `${owner} ${isStream ? streamKey(exchange) : caller ? callerClass(caller) : ''}`;
  const permit = permits.acquire(key);
  if (permit === 'total') return deny('limit.overloaded', { retryAfterSec: 1 });
  if (permit === 'key') return deny(isStream ? 'limit.streams' : 'limit.in-flight', { retryAfterSec: 1 });
  exchange.onEnd(() => permits.release(key));
  return pass;
});

function publicPlace(exchange: Exchange, { publicInFlight }: Limits, nowMs: number): CheckVerdict {
  const place = publicInFlight.acquire(exchange.visitor, nowMs);
  if (place === 'total') return deny('limit.overloaded', { retryAfterSec: 1 });
  if (place === 'key') return deny('limit.in-flight', { retryAfterSec: 1 });
  exchange.place = place;
  exchange.onEnd(() => place.release());
  return pass;
}

const streamKey = ({ route, params }: Exchange): string => `${route?.action} ${params.node ?? ''}`;

function rateOf(exchange: Exchange, limits: Limits, nowMs: number): number {
  const { peer, params, caller } = exchange;
  if (!peer) return limits.publicAddress.take(exchange.visitor, nowMs);
  const workloadMs = limits.workload.take(peer.spiffeId, nowMs);
  if (workloadMs > 0 || !params.tenant || !caller) return workloadMs;
  return limits.tenant.take(`${params.tenant} ${callerClass(caller)}`, nowMs);
}
