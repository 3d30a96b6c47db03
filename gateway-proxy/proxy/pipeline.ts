import type { Logger } from '#infra/logger/logger.ts';
import type { Check, CheckVerdict } from './check.ts';
import { asEntered } from './checks/as-entered.ts';
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
 * permission is already durable. Any failure in here denies. Returns a promise only if something has to be awaited: a
 * read whose facts are known is admitted synchronously.
 */
export function admit(exchange: Exchange, ports: PipelinePorts): Denial | undefined | Promise<Denial | undefined> {
  const refused = judge(exchange, ports);
  return refused instanceof Promise
    ? refused.then((outcome) => keep(exchange, ports, outcome))
    : keep(exchange, ports, refused);
}

function keep(exchange: Exchange, ports: PipelinePorts, refused: Denial | undefined) {
  try {
    const kept = ports.recorder.record(exchange, refused);
    if (!kept) return refused;
    return kept.then(
      () => refused,
      (error: unknown) => notRecorded(exchange, ports, error),
    );
  } catch (error) {
    return notRecorded(exchange, ports, error);
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

function judge(exchange: Exchange, ports: PipelinePorts): Denial | undefined | Promise<Denial | undefined> {
  try {
    if (ports.recorder.refusesMore(exchange)) return tooManyRefused(ports);
    return judgeFrom(0, exchange, ports);
  } catch (error) {
    return checkFailed(exchange, ports, error);
  }
}

function checkFailed({ requestId }: Exchange, { logger }: PipelinePorts, error: unknown): Denial {
  logger.error({ err: error, requestId }, 'a check failed');
  return denial('pipeline.failed');
}

/** The checks from this one on: synchronously as long as they need not wait. */
function judgeFrom(
  first: number,
  exchange: Exchange,
  ports: PipelinePorts,
): Denial | undefined | Promise<Denial | undefined> {
  for (let index = first; index < checks.length; index += 1) {
    const each = checks[index] as Check<CheckPorts>;
    const outcome = each.run(exchange, ports);
    if (outcome instanceof Promise) return judgeLater(outcome, index, exchange, ports);
    const refused = take(each, outcome, exchange, ports);
    if (refused) return refused;
  }
  return undefined;
}

async function judgeLater(
  outcome: Promise<CheckVerdict>,
  index: number,
  exchange: Exchange,
  ports: PipelinePorts,
): Promise<Denial | undefined> {
  try {
    const refused = take(checks[index] as Check<CheckPorts>, await outcome, exchange, ports);
    return refused ?? (await judgeFrom(index + 1, exchange, ports));
  } catch (error) {
    return checkFailed(exchange, ports, error);
  }
}

function take(
  each: Check<CheckPorts>,
  verdict: CheckVerdict,
  exchange: Exchange,
  ports: PipelinePorts,
): Denial | undefined {
  if (!verdict.passed) return verdict.denial;
  if (verdict.found) exchange.add(verdict.found);
  // The tenant is known now.
  return each === findRoute && ports.recorder.refusesMore(exchange) ? tooManyRefused(ports) : undefined;
}
