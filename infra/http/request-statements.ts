import { channel } from 'node:diagnostics_channel';
import { trace } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import { Histogram, type Registry } from 'prom-client';
import { countingFor, RequestStatements } from '#infra/database/statements.ts';
import type { HttpApp } from './http-app.ts';

/** A request that was answered, and what it had sent to the database by then. */
export interface CountedRequest {
  readonly route: string;
  readonly statements: RequestStatements;
}

const counted = channel('bailiwick:http:statements');

/** Calls back for each request of this process; the result stops it. */
export function onCountedRequest(listener: (request: CountedRequest) => void): Disposable {
  const received = (request: unknown) => listener(request as CountedRequest);
  counted.subscribe(received);
  return {
    [Symbol.dispose]() {
      counted.unsubscribe(received);
    },
  };
}

/** How many statements each request sends: in /metrics by route, and in its span. Must come after the tracing. */
export function countStatements(app: HttpApp, metrics: Registry): void {
  const perRequest = new Histogram({
    name: 'bailiwick_request_statements',
    help: 'Statements that a request sent to the database, by route',
    labelNames: ['route'],
    buckets: [0, 1, 2, 3, 5, 10, 20, 50, 100],
    registers: [metrics],
  });
  const requests = new WeakMap<FastifyRequest, RequestStatements>();
  const spans = new WeakMap<FastifyRequest, ReturnType<typeof trace.getActiveSpan>>();
  app.addHook('onRequest', (request, _reply, done) => {
    const statements = new RequestStatements();
    requests.set(request, statements);
    spans.set(request, trace.getActiveSpan());
    countingFor(statements, done);
  });
  // What reads a body may go on in another context.
  app.addHook('preValidation', (request, _reply, done) => {
    const statements = requests.get(request);
    if (statements) countingFor(statements, done);
    else done();
  });
  app.addHook('onSend', (request, _reply, payload, done) => {
    spans.get(request)?.setAttribute('bailiwick.statements', requests.get(request)?.count ?? 0);
    done(null, payload);
  });
  app.addHook('onResponse', (request, _reply, done) => {
    const statements = requests.get(request);
    if (statements) {
      statements.end();
      const route = `${request.method} ${request.routeOptions.url ?? 'unmatched'}`;
      perRequest.observe({ route }, statements.count);
      counted.publish({ route, statements } satisfies CountedRequest);
    }
    done();
  });
}
