import { context, propagation, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import type { HttpApp } from '#infra/http/http-app.ts';

const tracerName = 'bailiwick';

/**
 * Starts OpenTelemetry if OTEL_EXPORTER_OTLP_ENDPOINT names a collector (the SDK itself reads this and the other
 * variables of the OpenTelemetry specification). Without it nothing is loaded: spans cost nothing and memory is saved.
 * No automatic instrumentation: spans are created explicitly where they are useful.
 */
export async function startTracing(process: string, env: NodeJS.ProcessEnv): Promise<AsyncDisposable | undefined> {
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT) return undefined;
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  // The detectors would tell the collector about the machine, its user and every argument of the process.
  const sdk = new NodeSDK({ serviceName: `bailiwick-${process}`, instrumentations: [], autoDetectResources: false });
  sdk.start();
  return { [Symbol.asyncDispose]: () => sdk.shutdown() };
}

/** A span for each request that a service handles, in the caller's trace (W3C Trace Context). */
export function traceRequests(app: HttpApp): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook('onRequest', (request, _reply, done) => {
    const parent = propagation.extract(context.active(), request.headers);
    const route = request.routeOptions.url ?? 'unmatched';
    const attributes = { 'http.request.method': request.method, 'http.route': route, 'bailiwick.request': request.id };
    const span = trace
      .getTracer(tracerName)
      .startSpan(`${request.method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
    spans.set(request, span);
    context.with(trace.setSpan(parent, span), done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    done();
  });
}

/** Headers that pass the current trace to the next part; empty while tracing is off. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}
