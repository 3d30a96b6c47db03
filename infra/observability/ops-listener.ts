import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import { createServer } from '#infra/http/plain-http.ts';
import type { Health } from './health.ts';

export interface OpsListener extends AsyncDisposable {
  readonly port: number;
}

/**
 * Serves /health, /ready, /metrics and /performance in plain HTTP on a loopback or Pod address: read-only, without
 * secrets or tenants' data, so that probes and Prometheus need no identity.
 */
export async function startOpsListener(
  listen: { host: string; port: number },
  health: Health,
  metrics: Registry,
): Promise<OpsListener> {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const answers: Record<string, () => Promise<{ status: number; type: string; body: string }>> = {
    '/health': async () => {
      const report = await health.report();
      return json(report.status === 'unhealthy' ? 503 : 200, { ...report, uptimeSec: uptimeSec() });
    },
    '/ready': async () => json(health.ready ? 200 : 503, { ready: health.ready }),
    '/metrics': async () => ({ status: 200, type: metrics.contentType, body: await metrics.metrics() }),
    '/performance': async () => json(200, performanceReport(delay)),
  };
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    const answer = request.method === 'GET' ? answers[request.url ?? ''] : undefined;
    const result = answer ? answer() : Promise.resolve(json(404, { error: 'not found' }));
    result
      .catch(() => json(500, { error: 'failed' }))
      .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      delay.disable();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const uptimeSec = (): number => Math.round(process.uptime());

const json = (status: number, body: unknown) => ({ status, type: 'application/json', body: JSON.stringify(body) });

function performanceReport(delay: ReturnType<typeof monitorEventLoopDelay>) {
  const usage = process.resourceUsage();
  const ms = (nanoseconds: number) => Math.round(nanoseconds / 1e4) / 100;
  return {
    uptimeSec: uptimeSec(),
    memoryBytes: process.memoryUsage(),
    cpuSec: { user: usage.userCPUTime / 1e6, system: usage.systemCPUTime / 1e6 },
    eventLoopDelayMs: { p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) },
  };
}
