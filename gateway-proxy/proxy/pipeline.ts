import type { Logger } from '#infra/logger/logger.ts';
import { Checks } from './checks/check.ts';
import { asEntered } from './checks/as-entered.ts';
import { authenticate, type TokenPorts } from './checks/authenticate.ts';
import { authorize, type AuthorizePorts } from './checks/authorize.ts';
import { canonicalRequest } from './checks/canonical-request.ts';
import { limit, type LimitPorts } from './checks/limit.ts';
import { onceOnly, type OnceOnlyPorts } from './checks/once-only.ts';
import { onBehalfOf } from './checks/on-behalf-of.ts';
import { findRoute, type RoutePorts } from './checks/route.ts';
import { refusals } from './checks/refusals.ts';
import { tenancy } from './checks/tenancy.ts';
import { denial, isDenial, type Denial } from './exchange/denials.ts';
import type { Admitted, Exchange } from './exchange/exchange.ts';
import type { Recorder } from './record/record.ts';

export interface PipelinePorts extends TokenPorts, RoutePorts, AuthorizePorts, LimitPorts, OnceOnlyPorts {
  readonly recorder: Recorder;
  readonly logger: Logger;
}

/** The order of the checks; the first one that refuses ends the request. */
const checks: Checks<PipelinePorts, Admitted> = Checks.none<PipelinePorts>()
  .followedBy(refusals)
  .followedBy(canonicalRequest)
  .followedBy(findRoute)
  // The tenant is known now, and a service is refused by tenant.
  .followedBy(refusals)
  .followedBy(authenticate)
  .followedBy(tenancy)
  .followedBy(onBehalfOf)
  .followedBy(authorize)
  .followedBy(limit)
  .followedBy(asEntered)
  .followedBy(onceOnly);

/**
 * Runs the checks and records the outcome. An admitted request may be forwarded, and if it changes something, the
 * permission is already durable. Any failure in here denies.
 */
export async function admit(exchange: Exchange, ports: PipelinePorts): Promise<Admitted | Denial> {
  const outcome = await judge(exchange, ports);
  try {
    await ports.recorder.record(exchange, isDenial(outcome) ? outcome : undefined);
    return outcome;
  } catch (error) {
    return notRecorded(exchange, ports, error);
  }
}

async function judge(exchange: Exchange, ports: PipelinePorts): Promise<Admitted | Denial> {
  try {
    return await checks.run(exchange, ports);
  } catch (error) {
    return checkFailed(exchange, ports, error);
  }
}

function notRecorded({ requestId }: Exchange, { logger }: PipelinePorts, error: unknown): Denial {
  logger.error({ err: error, requestId }, 'could not record a decision');
  return denial('record.failed', { retryAfterSec: 1 });
}

function checkFailed({ requestId }: Exchange, { logger }: PipelinePorts, error: unknown): Denial {
  logger.error({ err: error, requestId }, 'a check failed');
  return denial('pipeline.failed');
}
