import type { FastifyRequest } from 'fastify';
import type { DenialCode } from '#infra/http/denial-codes.ts';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { visitorOf } from '#infra/http/client-address.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { rateLimitHeaders } from '#infra/http/rate-limit-headers.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Identities } from './identities.ts';
import { addressOf } from './sessions/sign-in-audit.ts';
import type { ApiSettings } from './settings.ts';

const windowSec = 60;
/** Subjects whose use is tracked; a subject that is dropped starts again. */
const maxSubjects = 20_000;

interface Window {
  used: number;
  readonly endsAtMs: number;
}

/** Whose allowance a request counts against, and its size. */
interface Allowance {
  readonly policy: 'signed-in' | 'operator' | 'anonymous';
  readonly owner: string;
}

/**
 * How many operations a caller may request per minute: each person, each API key, each operator, and each address of
 * unknown callers. Every response states what remains (draft-ietf-httpapi-ratelimit-headers-10), so these are windows
 * that end for everything at once, and not token buckets (infra/kernel/rate-limiter.ts).
 */
export function limitRates(
  app: HttpApp,
  ports: { readonly identities: Identities; readonly clock: Clock } & Pick<ApiSettings, 'limits' | 'replicas'>,
): void {
  const { identities, limits, replicas, clock } = ports;
  const partOf = (perMinute: number): number => Math.ceil(perMinute / replicas);
  const quotas = {
    'signed-in': partOf(limits.signedIn),
    operator: partOf(limits.operator),
    anonymous: partOf(limits.anonymous),
  };
  const windows = new BoundedMap<string, Window>(maxSubjects);

  const take = ({ policy, owner }: Allowance): Window => {
    const nowMs = clock.now();
    const key = `${policy} ${owner}`;
    const known = windows.get(key, nowMs);
    if (known) {
      known.used += 1;
      return known;
    }
    const window = { used: 1, endsAtMs: nowMs + windowSec * 1000 };
    windows.set(key, window, window.endsAtMs);
    return window;
  };

  app.addHook('onRequest', async (request, reply) => {
    const { schema } = request.routeOptions;
    if (!schema || !('operationId' in schema)) return;
    const { allowance, refusal } = await allowanceOf(request, identities);
    const quota = quotas[allowance.policy];
    const { used, endsAtMs } = take(allowance);
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
