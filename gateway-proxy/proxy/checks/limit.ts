import type { Clock } from '#infra/kernel/clock.ts';
import { check, deny, pass, type CheckVerdict } from './check.ts';
import type { Identified } from '../exchange/exchange.ts';
import { callerClass } from '../exchange/facts.ts';
import type { Limits } from '../limits/limits.ts';
import type { RateLimiter } from '#infra/kernel/rate-limiter.ts';

export interface LimitPorts {
  readonly clock: Clock;
  readonly limits: Limits;
}

/**
 * Is this call within the rates and concurrency that its tenant, its workload or its address may use? One tenant's
 * storm ends here: it consumes only that tenant's share.
 */
export const limit = check<LimitPorts, Identified>('limit', (exchange, { clock, limits }) => {
  const exceeded = rateExceeded(exchange, limits, clock.now());
  if (exceeded) return tooFast(exceeded);
  const { route, caller } = exchange;
  const owner = exchange.tenant ?? exchange.peer?.spiffeId ?? exchange.visitor;
  const isStream = route.stream === true || route.upgrade !== undefined;
  if (!exchange.peer && !isStream) return publicSlot(exchange, limits, clock.now());
  const ofStreams = exchange.peer ? limits.streams : limits.publicStreams;
  const permits = isStream ? ofStreams : limits.inFlight;
  const key = `${owner} ${isStream ? streamKey(exchange) : callerClass(caller)}`;
  const permit = permits.acquire(key);
  if (permit === 'total') return deny('limit.overloaded', { retryAfterSec: 1 });
  if (permit === 'key') return isStream ? tooMany('streams', permits.perKey) : tooMany('in-flight', permits.perKey);
  exchange.onEnd(() => permits.release(key));
  return pass;
});

function publicSlot(exchange: Identified, { publicInFlight }: Limits, nowMs: number): CheckVerdict {
  const slot = publicInFlight.acquire(exchange.visitor, nowMs);
  if (slot === 'total') return deny('limit.overloaded', { retryAfterSec: 1 });
  if (slot === 'key') return tooMany('in-flight', publicInFlight.perKey);
  exchange.slot = slot;
  exchange.onEnd(() => slot.release());
  return pass;
}

const streamKey = ({ route, params }: Identified): string => `${route.action} ${params.node ?? ''}`;

const tooMany = (what: 'streams' | 'in-flight', quota: number): CheckVerdict =>
  deny(`limit.${what}`, { retryAfterSec: 1, limit: { policy: what, quota, left: 0 } });

interface Exceeded {
  readonly policy: string;
  readonly of: RateLimiter;
  readonly waitMs: number;
}

function tooFast({ policy, of: { quota, windowSec }, waitMs }: Exceeded): CheckVerdict {
  const resetSec = Math.max(1, Math.ceil(waitMs / 1000));
  return deny('limit.rate', { retryAfterSec: resetSec, limit: { policy, quota, windowSec, left: 0, resetSec } });
}

/** The first of this call's rates that is exceeded. */
function rateExceeded(exchange: Identified, limits: Limits, nowMs: number): Exceeded | undefined {
  const { peer, params, caller } = exchange;
  if (!peer) return exceededBy('address', limits.publicAddress, exchange.visitor, nowMs);
  const exceeded = exceededBy('workload', limits.workload, peer.spiffeId, nowMs);
  if (exceeded || !params.tenant) return exceeded;
  return exceededBy('tenant', limits.tenant, `${params.tenant} ${callerClass(caller)}`, nowMs);
}

function exceededBy(policy: string, of: RateLimiter, key: string, nowMs: number): Exceeded | undefined {
  const waitMs = of.take(key, nowMs);
  return waitMs > 0 ? { policy, of, waitMs } : undefined;
}
