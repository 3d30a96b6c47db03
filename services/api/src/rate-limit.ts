import type { FastifyRequest } from 'fastify';
import type { DenialCode } from '#infra/http/denial-codes.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { visitorOf } from '#infra/http/client-address.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { rateLimitHeaders } from '#infra/http/rate-limit-headers.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { SharedCounts } from '#infra/shared-state/shared-counts.ts';
import type { Identities } from './identities.ts';
import { RateWindows } from './rate-windows.ts';
import { addressOf } from './sessions/sign-in-audit.ts';
import type { ApiSettings } from './settings.ts';

const windowSec = 60;

/** Whose allowance a request counts against, and its size. */
interface Allowance {
  readonly policy: 'signed-in' | 'operator' | 'anonymous';
  readonly owner: string;
}

export interface RateLimitPorts extends Pick<ApiSettings, 'limits' | 'replicas'> {
  readonly identities: Identities;
  /** What the other apis count. */
  readonly counts: SharedCounts;
  readonly clock: Clock;
}

/**
 * How many operations a caller may request per minute: each person, each API key, each operator, and each address of
 * unknown callers. Every response states what remains (draft-ietf-httpapi-ratelimit-headers-10), so these are windows
 * that end for everything at once, and not token buckets (infra/kernel/rate-limiter.ts). All apis count together; one
 * that cannot hear the others keeps to its part.
 */
export function limitRates(app: HttpApp, ports: RateLimitPorts): void {
  const { identities, limits, replicas, counts, clock } = ports;
  const perMinute = { 'signed-in': limits.signedIn, operator: limits.operator, anonymous: limits.anonymous };
  const windows = new RateWindows({ windowMs: windowSec * 1000, counts, clock });
  app.addHook('onClose', async () => windows[Symbol.dispose]());

  app.addHook('onRequest', async (request, reply) => {
    const { schema } = request.routeOptions;
    if (!schema || !('operationId' in schema)) return;
    const { allowance, refusal } = await allowanceOf(request, identities);
    const { used, endsAtMs } = windows.take(`${allowance.policy} ${allowance.owner}`);
    const quota = Math.ceil(perMinute[allowance.policy] / (windows.together ? 1 : replicas));
    const restSec = Math.max(1, Math.ceil((endsAtMs - clock.now()) / 1000));
    const left = Math.max(0, quota - used);
    reply.headers(rateLimitHeaders({ policy: allowance.policy, quota, windowSec, left, resetSec: restSec }));
    // Callers that are not signed in are told so before anything else is checked.
    if (used <= quota && refusal) throw refusal;
    if (used <= quota) return;
    reply.header('retry-after', String(restSec));
    throw callerFault(
      'limit.rate' satisfies DenialCode,
      `Too many requests: at most ${quota} per minute. Slow down and try again.`,
      429,
    );
  });
}

async function allowanceOf(
  request: FastifyRequest,
  identities: Identities,
): Promise<{ allowance: Allowance; refusal?: Error }> {
  const allowance: Allowance = { policy: 'anonymous', owner: visitorOf(addressOf(request)) };
  const { schema } = request.routeOptions;
  // Signing in belongs to nobody yet, whatever cookies come with it.
  if (schema && 'security' in schema) return { allowance };
  try {
    const { subject, operator, key } = await identities.of(request);
    if (key) return { allowance: { policy: 'signed-in', owner: key.id } };
    return { allowance: { policy: operator === undefined ? 'signed-in' : 'operator', owner: subject } };
  } catch (error) {
    return {
      allowance,
      refusal: error instanceof Error ? error : new Error('the caller could not be identified', { cause: error }),
    };
  }
}
