import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import fastify, { LogController, type FastifyError } from 'fastify';
import type { z } from 'zod';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { BailiwickError, callerFault } from '#infra/kernel/errors.ts';
import { faultsOf } from '#infra/kernel/faults.ts';
import { newId } from '#infra/kernel/ids.ts';
import { problemMediaType, toProblem } from '#infra/kernel/problem.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { Health } from '#infra/observability/health.ts';
import { startOpsListener } from '#infra/observability/ops-listener.ts';
import { traceRequests } from '#infra/observability/tracing.ts';
import { closeInTime } from './closing.ts';
import type { HttpApp } from './http-app.ts';
import { takeJson } from './json-bodies.ts';
import { countStatements } from './request-statements.ts';
import { followServedMethods } from './served-methods.ts';

/** The certificate that a listener presents, renewed while it runs. It is never written to disk. */
export interface TlsMaterial {
  current(): { certificatePem: string; privateKeyPem: string; trustBundlePem: string };
  /** Called after each renewal; the returned function stops it. */
  onRenewed(listener: () => void): () => void;
}

export interface HttpServiceOptions {
  readonly name: string;
  readonly logger: Logger;
  readonly listen: { host: string; port: number };
  readonly ops: { host: string; port: number };
  readonly tls: TlsMaterial;
  /** false only if a peer has no certificate yet (enrolment); every other listener requires one. */
  readonly requireClientCertificate?: boolean;
  readonly health?: Health;
  readonly metrics?: Registry;
  /** Largest request body. */
  readonly bodyLimitBytes?: number;
  /** Adds hooks and routes. */
  readonly register: (app: HttpApp) => Promise<void> | void;
}

export interface HttpService extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly opsPort: number;
  readonly health: Health;
  readonly metrics: Registry;
}

/**
 * The listener of every service: TLS 1.3 with client certificates, problem+json for every error, bounded bodies and
 * times, and the operations listener beside it. /ready responds with 200 once it listens.
 */
export async function startHttpService(options: HttpServiceOptions): Promise<HttpService> {
  const health = options.health ?? new Health();
  const metrics = options.metrics ?? new Registry();
  collectDefaultMetrics({ register: metrics });
  const app = createApp(options);
  traceRequests(app);
  countStatements(app, metrics);
  await options.register(app);
  await app.listen({ host: options.listen.host, port: options.listen.port });
  const stopRenewal = options.tls.onRenewed(() => app.server.setSecureContext(secureContext(options.tls)));
  const ops = await startOpsListener(options.ops, health, metrics);
  health.ready = true;
  const port = (app.server.address() as AddressInfo).port;
  return {
    url: `https://${options.listen.host}:${port}`,
    port,
    opsPort: ops.port,
    health,
    metrics,
    async [Symbol.asyncDispose]() {
      health.ready = false;
      stopRenewal();
      await app.close();
      await ops[Symbol.asyncDispose]();
    },
  };
}

function secureContext(tls: TlsMaterial) {
  const { certificatePem, privateKeyPem, trustBundlePem } = tls.current();
  return { cert: certificatePem, key: privateKeyPem, ca: trustBundlePem };
}

/** For a HEAD without a measurable body, Fastify would report a length of 0, which is not true of a 304. */
function leaveLengthOut(app: HttpApp): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const isUnmeasured = request.method === 'HEAD' && reply.statusCode === 304 && payload === undefined;
    done(null, isUnmeasured ? Readable.from([]) : payload);
  });
}

function createApp(options: HttpServiceOptions): HttpApp {
  const app = fastify({
    https: {
      ...secureContext(options.tls),
      minVersion: 'TLSv1.3',
      requestCert: true,
      rejectUnauthorized: options.requireClientCertificate ?? true,
      handshakeTimeout: 5_000,
    },
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimitBytes ?? 256 * 1024,
    // What was asked on a connection that is still open is answered: see closing.ts, which ends them all.
    return503OnClosing: false,
    requestTimeout: 30_000,
    keepAliveTimeout: 60_000,
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && /^req_[0-9a-z]{26}$/.test(given) ? given : newId('req');
    },
  }) as unknown as HttpApp;
  closeInTime(app);
  takeJson(app);
  leaveLengthOut(app);
  installProblemAnswers(app);
  return app;
}

const nothingThere = callerFault('http.not-found', 'This address does not exist.', 404);
const otherMethod = callerFault('http.method', 'This address does not support this method.', 405);

/** Every error is sent as problem+json; framework errors get codes of ours. */
function installProblemAnswers(app: HttpApp): void {
  const servedMethods = followServedMethods(app);
  app.setErrorHandler((error, request, reply) => {
    const known = fromFastify(error);
    if (!(known instanceof BailiwickError) || known.status >= 500) request.log.error({ err: error }, 'request failed');
    const problem = toProblem(known, request.id);
    const retryAfterSec = retryAfterSecOf(known, problem.status);
    if (retryAfterSec !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', retryAfterSec);
    return reply.code(problem.status).type(problemMediaType).send(JSON.stringify(problem));
  });
  app.setNotFoundHandler((request, reply) => {
    const methods = servedMethods(request.url.split('?', 1)[0] ?? '');
    // The handler of a supported method may have found nothing, such as a missing file.
    const isServed = methods.length > 0 && !methods.slice(0, -1).includes(request.method);
    if (isServed) reply.header('allow', methods.join(', '));
    if (isServed && request.method === 'OPTIONS') return reply.code(204).send();
    const problem = toProblem(isServed ? otherMethod : nothingThere, request.id);
    return reply.code(problem.status).type(problemMediaType).send(JSON.stringify(problem));
  });
}

/** Transient refusals always say when to retry (RFC 9110 15.6.4, RFC 6585 4). */
const retryAfterSecOf = (error: unknown, status: number): number | undefined =>
  (error instanceof BailiwickError ? error.retryAfterSec : undefined) ??
  (status === 503 || status === 429 ? 1 : undefined);

type ValidationFault = NonNullable<FastifyError['validation']>[number];

/** Converts fastify-type-provider-zod's errors back into zod's. */
function issueOf({ keyword, instancePath, message = 'is not valid', params }: ValidationFault) {
  const path = instancePath.split('/').filter(Boolean);
  return { code: keyword, path, message, ...params } as unknown as z.core.$ZodIssue;
}

function fromFastify(error: unknown): unknown {
  if (error instanceof BailiwickError || typeof error !== 'object' || error === null) return error;
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if ('validation' in error && Array.isArray(error.validation)) {
    const faults = faultsOf(error.validation.map(issueOf));
    return callerFault('http.invalid', 'The request is invalid; each fault is listed with its location.', 400, faults);
  }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return callerFault('http.too-large', 'The request body is too large.', 413);
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return callerFault('http.media-type', 'Send the body as application/json.', 415);
  }
  if (status >= 400 && status < 500) return callerFault('http.malformed', 'The request could not be parsed.', status);
  return error;
}
