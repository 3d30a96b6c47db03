import type { Logger } from '#infra/logger/logger.ts';
import type { Check } from './checks/check.ts';
import { asEntered } from './checks/as-entered.ts';
import { authenticate, type TokenPorts } from './checks/authenticate.ts';
import { authorize, type AuthorizePorts } from './checks/authorize.ts';
import { canonicalRequest } from './checks/canonical-request.ts';
import { limit, type LimitPorts } from './checks/limit.ts';
import { onBehalfOf } from './checks/on-behalf-of.ts';
import { findRoute, type RoutePorts } from './checks/route.ts';
import { tenancy } from './checks/tenancy.ts';
import { denial, type Denial } from './exchange/denials.ts';
import type { Exchange } from './exchange/exchange.ts';
import type { Recorder } from './record/record.ts';

export type CheckPorts = TokenPorts & RoutePorts & AuthorizePorts & LimitPorts;

/** The order of the checks; the first one that refuses ends the request. */
export const checks: readonly Check<CheckPorts>[] = [
  canonicalRequest,
  findRoute,
  authenticate,
  tenancy,
  onBehalfOf,
  authorize,
  limit,
  asEntered,
];

export interface PipelinePorts extends CheckPorts {
  readonly recorder: Recorder;
  readonly logger: Logger;
}

/**
 * Runs the checks and records the outcome. Undefined: the request may be forwarded, and if it changes something, the
 * permission is already durable. Any failure in here denies.
 */
export async function admit(exchange: Exchange, ports: PipelinePorts): Promise<Denial | undefined> {
  const refused = await judge(exchange, ports);
  try {
    await ports.recorder.record(exchange, refused);
    return refused;
  } catch (error) {
    return notRecorded(exchange, ports, error);
  }
}

async function judge(exchange: Exchange, ports: PipelinePorts): Promise<Denial | undefined> {
  try {
    if (ports.recorder.refusesMore(exchange)) return tooManyRefused(ports);
    for (const each of checks) {
      const verdict = await each.run(exchange, ports);
      if (!verdict.passed) return verdict.denial;
      if (verdict.found) exchange.add(verdict.found);
      // The tenant is known now.
      if (each === findRoute && ports.recorder.refusesMore(exchange)) return tooManyRefused(ports);
    }
    return undefined;
  } catch (error) {
    return checkFailed(exchange, ports, error);
  }
}

function notRecorded({ requestId }: Exchange, { logger }: PipelinePorts, error: unknown): Denial {
  logger.error({ err: error, requestId }, 'could not record a decision');
  return denial('record.failed', { retryAfterSec: 1 });
}

const tooManyRefused = ({ limits: { denials } }: PipelinePorts) =>
  denial('limit.denials', {
    retryAfterSec: 5,
    limit: { policy: 'refusals', quota: denials.quota, windowSec: denials.windowSec, left: 0, resetSec: 5 },
  });

function checkFailed({ requestId }: Exchange, { logger }: PipelinePorts, error: unknown): Denial {
  logger.error({ err: error, requestId }, 'a check failed');
  return denial('pipeline.failed');
}
