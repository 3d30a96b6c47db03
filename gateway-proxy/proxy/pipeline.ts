import type { Logger } from '#infra/logger/logger.ts';
import type { Check } from './check.ts';
import { authenticate, type TokenPorts } from './checks/authenticate.ts';
import { authorize, type AuthorizePorts } from './checks/authorize.ts';
import { canonicalRequest } from './checks/canonical-request.ts';
import { limit, type LimitPorts } from './checks/limit.ts';
import { onBehalfOf } from './checks/on-behalf-of.ts';
import { findRoute, type RoutePorts } from './checks/route.ts';
import { tenancy } from './checks/tenancy.ts';
import { denial, type Denial } from './denials.ts';
import type { Exchange } from './exchange.ts';
import type { Recorder } from './record.ts';

export type CheckPorts = TokenPorts & RoutePorts & AuthorizePorts & LimitPorts;

/** The order in which every request is looked at; the first check that has something against it ends it. */
export const checks: readonly Check<CheckPorts>[] = [
  canonicalRequest,
  findRoute,
  authenticate,
  tenancy,
  onBehalfOf,
  authorize,
  limit,
];

export interface PipelinePorts extends CheckPorts {
  readonly recorder: Recorder;
  readonly logger: Logger;
}

/**
 * Runs the checks and records what came of them. Nothing: the request may be forwarded, and if it changes something,
 * that it may is already durable. Whatever fails in here denies.
 */
export async function admit(exchange: Exchange, ports: PipelinePorts): Promise<Denial | undefined> {
  const refused = await judge(exchange, ports);
  try {
    await ports.recorder.record(exchange, refused);
    return refused;
  } catch (error) {
    ports.logger.error({ err: error, requestId: exchange.requestId }, 'a decision could not be recorded');
    return denial('record.failed', { retryAfterSec: 1 });
  }
}

async function judge(exchange: Exchange, ports: PipelinePorts): Promise<Denial | undefined> {
  try {
    const tooManyRefused = () => denial('limit.denials', { retryAfterSec: 5 });
    if (ports.recorder.refusesMore(exchange)) return tooManyRefused();
    for (const each of checks) {
      const outcome = each.run(exchange, ports);
      const verdict = outcome instanceof Promise ? await outcome : outcome;
      if (!verdict.passed) return verdict.denial;
      if (verdict.found) exchange.add(verdict.found);
      // Now the tenant is known.
      if (each === findRoute && ports.recorder.refusesMore(exchange)) return tooManyRefused();
    }
    return undefined;
  } catch (error) {
    ports.logger.error({ err: error, requestId: exchange.requestId }, 'a check failed');
    return denial('pipeline.failed');
  }
}
