import type { ServerResponse } from 'node:http';
import type { Clock } from '#infra/kernel/clock.ts';
import type { FollowedLeases } from '#infra/leases/followed-leases.ts';
import { hasReplicas, type LeasedPart } from '#infra/leases/lease.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { sendDenial } from '../exchange/answer.ts';
import { denial, isDenial, type Denial } from '../exchange/denials.ts';
import type { Admitted } from '../exchange/exchange.ts';
import type { Grants } from '../tokens/grants.ts';
import { Relay } from './relay.ts';
import type { Upstream, Upstreams } from './upstreams.ts';
import { upstreamHeaders, upstreamPath } from './wire-headers.ts';

export interface ForwardPorts {
  readonly upstreams: Upstreams;
  readonly grants: Grants;
  readonly leases: Readonly<Record<LeasedPart, Pick<FollowedLeases, 'refresh'>>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Where an admitted request goes, and the credential that it carries there. */
export interface Destination {
  readonly upstream: Upstream;
  readonly path: string;
  readonly headers: string[];
}

/** Finds the upstream and signs the grant for it. */
export function destinationOf(exchange: Admitted, ports: ForwardPorts): Destination | Denial {
  const { route } = exchange;
  const upstream = ports.upstreams.find(route, exchange.params);
  if (!upstream) return denial(route.to === 'lavalink' ? 'forward.unknown-node' : 'forward.no-upstream');
  try {
    const grant = route.to === 'lavalink' ? undefined : ports.grants.grantFor(exchange, route.to);
    return { upstream, path: upstreamPath(exchange), headers: upstreamHeaders(exchange, upstream, grant) };
  } catch (error) {
    ports.logger.error({ err: error, requestId: exchange.requestId }, 'could not sign a grant');
    return denial('forward.no-grant', { retryAfterSec: 1 });
  }
}

/** The breaker's denial, with the time after which it lets one attempt through. */
export const breakerOpen = ({ breaker }: Upstream): Denial =>
  denial('forward.breaker-open', { retryAfterSec: Math.ceil(breaker.resetTimeoutMs / 1000) });

/**
 * Forwards an admitted request and relays the response. Every path either answers the caller or finds it gone. A replica
 * that does not act for the tenant does nothing, and the one that does is asked once.
 */
export async function forward(exchange: Admitted, response: ServerResponse, ports: ForwardPorts): Promise<void> {
  if ((await attempt(exchange, response, ports)) !== 'misdirected') return;
  try {
    const { to } = exchange.route;
    if (exchange.params.tenant && hasReplicas(to)) await ports.leases[to].refresh(exchange.params.tenant);
  } catch (error) {
    ports.logger.warn({ err: error, requestId: exchange.requestId }, 'could not look up who acts for a tenant');
  }
  if ((await attempt(exchange, response, ports)) !== 'misdirected') return;
  sendDenial(response, exchange, denial('forward.moving', { retryAfterSec: 1 }));
}

/** Resolves once it is known how the upstream answers, at the latest. */
async function attempt(
  exchange: Admitted,
  response: ServerResponse,
  ports: ForwardPorts,
): Promise<'misdirected' | undefined> {
  const destination = destinationOf(exchange, ports);
  if (isDenial(destination)) {
    sendDenial(response, exchange, destination);
    return undefined;
  }
  const body = exchange.bodyExpected ? await exchange.body() : undefined;
  if (body && isDenial(body)) {
    sendDenial(response, exchange, body);
    return undefined;
  }
  const { upstream, path, headers } = destination;
  const isStream = exchange.route.stream === true;
  const { answerWithinMs } = exchange.route;
  const message = {
    method: exchange.raw.method,
    path,
    headers,
    body: body ?? null,
    ...(isStream ? { bodyTimeout: 0 } : {}),
    ...(answerWithinMs === undefined ? {} : { headersTimeout: answerWithinMs }),
  };
  let answer: 'misdirected' | undefined;
  const outcome = await upstream.breaker.attempt(
    () =>
      new Promise<void>((resolve, reject) => {
        const misdirected = () => {
          answer = 'misdirected';
          resolve();
        };
        const relay = new Relay(exchange, response, ports, {
          answered: resolve,
          failed: reject,
          ...(hasReplicas(exchange.route.to) ? { misdirected } : {}),
        });
        upstream.dispatcher(isStream ? 'stream' : 'request').dispatch(message, relay);
      }),
  );
  if (outcome === 'open') sendDenial(response, exchange, breakerOpen(upstream));
  return answer;
}
