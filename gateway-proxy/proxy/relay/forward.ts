import type { ServerResponse } from 'node:http';
import type { Clock } from '#infra/kernel/clock.ts';
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

/** Forwards an admitted request and relays the response. Every path either answers the caller or finds it gone. */
export async function forward(exchange: Admitted, response: ServerResponse, ports: ForwardPorts): Promise<void> {
  const destination = destinationOf(exchange, ports);
  if (isDenial(destination)) return sendDenial(response, exchange, destination);
  const body = exchange.bodyExpected ? await exchange.body() : undefined;
  if (body && isDenial(body)) return sendDenial(response, exchange, body);
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
  const outcome = await upstream.breaker.attempt(
    () =>
      new Promise<void>((resolve, reject) => {
        const relay = new Relay(exchange, response, ports, { answered: resolve, failed: reject });
        upstream.dispatcher(isStream ? 'stream' : 'request').dispatch(message, relay);
      }),
  );
  if (outcome === 'open') sendDenial(response, exchange, breakerOpen(upstream));
}
