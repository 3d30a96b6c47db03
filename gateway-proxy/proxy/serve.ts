import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FollowedParts } from '#infra/leases/followed-leases.ts';
import { sendDenial } from './exchange/answer.ts';
import { readBody } from './exchange/body.ts';
import { isDenial, type Denial } from './exchange/denials.ts';
import type { Exchange } from './exchange/exchange.ts';
import { forward, type ForwardPorts } from './relay/forward.ts';
import type { ProxyMetrics } from './metrics.ts';
import { admit, type PipelinePorts } from './pipeline.ts';
import type { LiveStreams } from './relay/streams.ts';

export interface ServePorts extends PipelinePorts, ForwardPorts {
  readonly leases: FollowedParts;
  readonly metrics: ProxyMetrics;
  readonly streams: LiveStreams;
}

/** One request, from its first check to the end of its response. */
export async function serve(
  exchange: Exchange,
  request: IncomingMessage,
  response: ServerResponse,
  ports: ServePorts,
): Promise<void> {
  let refused: Denial | undefined;
  exchange.bodyFrom(() => readBody(request, exchange, ports.clock));
  response.once('close', () => {
    exchange.end();
    if (!refused) ports.recorder.failed(exchange);
    ports.metrics.over(exchange, { refused, status: response.writableFinished ? response.statusCode : 0 });
  });
  try {
    const admitted = await admit(exchange, ports);
    if (isDenial(admitted)) {
      refused = admitted;
      return sendDenial(response, exchange, refused);
    }
    if (admitted.route.stream) ports.streams.follow(admitted, () => response.destroy());
    await forward(admitted, response, ports);
  } catch (error) {
    ports.logger.error({ err: error, requestId: exchange.requestId }, 'a request failed');
    response.destroy();
  }
}
