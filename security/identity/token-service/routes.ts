import { Counter, type Registry } from 'prom-client';
import { z } from 'zod';
import type { FastifyRequest } from 'fastify';
import { ndjsonReply } from '#infra/http/ndjson.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import { faultsOf } from '#infra/kernel/faults.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { thumbprintPattern } from '../call-token.ts';
import { identityKeyKinds } from '../identity-keys.ts';
import { peerReader, type Peer } from '../peer.ts';
import { isAudience, serviceNames, type ServiceName } from '../spiffe.ts';
import { revokeSchema, type FeedFrame, type RevokeRequest } from '../token-service-client.ts';
import { secretJwkSchema, sharedKeyUses } from '../verification-keys.ts';
import type { Issuance } from './issuance.ts';
import type { RevocationLog } from './revocation-log.ts';
import { installTokenExchange } from './token-exchange.ts';

export interface RouteParts {
  readonly installation: InstallationId;
  readonly issuance: Issuance;
  readonly log: RevocationLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Called when the published keys have changed; the returned function stops it. */
  readonly onKeysChanged: (listener: () => void) => () => void;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True for the one route that a process without a certificate may call. */
    withoutCertificate?: boolean;
  }
}

const csr = z.string().min(1).max(4_096);
const audience = z
  .string()
  .refine(isAudience, 'is not a service')
  .transform((text) => text);
const spiffeIdText = z.string().min(1).max(256);
const enrolBody = z.strictObject({ enrolment: z.string().min(20).max(200), csr });
const certificateBody = z.strictObject({ csr });
const callTokenBody = z.strictObject({ audience });
const vouchedCertificateBody = z.strictObject({ spiffeId: spiffeIdText, csr });
const vouchedCallTokenBody = z.strictObject({
  spiffeId: spiffeIdText,
  audience,
  thumbprint: z.string().regex(thumbprintPattern),
  lease: z.number().int().positive().optional(),
});
const delegationBody = z.strictObject({
  use: z.enum(sharedKeyUses),
  verifier: z.enum(serviceNames),
  jwk: secretJwkSchema,
});
const rotationBody = z.strictObject({ kind: z.enum(identityKeyKinds) });
const feedQuery = z.strictObject({
  after: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .default(0),
});

/** Who may revoke: the api for administrators, the supervisor for bots that it stops. */
const revokers: readonly ServiceName[] = ['api', 'supervisor'];

export function installRoutes(app: HttpApp, parts: RouteParts): void {
  const { issuance, log, logger } = parts;
  countAnswers(app, parts.metrics);
  const callerOf = installAuthentication(app, parts);

  app.post('/v1/enrol', { config: { withoutCertificate: true } }, (request) => {
    const body = parse(enrolBody, request.body);
    return issuance.enrol(body.enrolment, body.csr);
  });
  app.post('/v1/certificates', (request) =>
    issuance.renew(callerOf(request).workload, parse(certificateBody, request.body).csr),
  );
  app.post('/v1/call-tokens', (request) => {
    const { workload, thumbprint } = callerOf(request);
    return issuance.callToken(workload, parse(callTokenBody, request.body).audience, thumbprint);
  });
  app.post('/v1/vouched/certificates', (request) => {
    const body = parse(vouchedCertificateBody, request.body);
    return issuance.vouchedCertificate(callerOf(request).workload, body.spiffeId, body.csr);
  });
  app.post('/v1/vouched/call-tokens', (request) => {
    const body = parse(vouchedCallTokenBody, request.body);
    return issuance.vouchedCallToken(callerOf(request).workload, body);
  });
  app.post('/v1/delegations', (request) =>
    issuance.delegate(callerOf(request).workload, parse(delegationBody, request.body)),
  );
  app.get('/v1/keys', { exposeHeadRoute: false }, (request) => issuance.keys(callerOf(request).workload));
  app.get('/v1/identity-keys', { exposeHeadRoute: false }, (request) =>
    issuance.identityKeys(callerOf(request).workload),
  );
  app.post('/v1/identity-keys/rotate', async (request) => {
    const { workload, spiffeId } = callerOf(request);
    const { kind } = parse(rotationBody, request.body);
    const keys = await issuance.rotate(workload, kind);
    logger.info({ kind, by: spiffeId }, 'rotating keys');
    return keys;
  });
  app.post('/v1/revocations', async (request) => {
    const { workload, spiffeId } = callerOf(request);
    if (workload.kind !== 'service' || !revokers.includes(workload.name))
      throw callerFault('identity.forbidden', 'Only the api and the supervisor can revoke.', 403);
    const body: RevokeRequest = parse(revokeSchema, request.body);
    const seq = await log.add(body);
    logger.info({ seq, kind: body.kind, value: body.value, reason: body.reason, by: spiffeId }, 'revoked');
    return { seq };
  });
  installTokenExchange(app, { ...parts, callerOf });
  installFeed(app, parts, callerOf);
}

/** One series per operation and status: a rise of 401 and 403 indicates an attack. */
function countAnswers(app: HttpApp, metrics: Registry): void {
  const answers = new Counter({
    name: 'bailiwick_identity_answers_total',
    help: 'Responses of the token service by operation and status',
    labelNames: ['operation', 'status'] as const,
    registers: [metrics],
  });
  app.addHook('onResponse', async (request, reply) => {
    answers.inc({ operation: request.routeOptions.url ?? 'unknown', status: reply.statusCode });
  });
}

/** Every request except the enrolment must come on a connection with a verified certificate that is not revoked. */
function installAuthentication(app: HttpApp, parts: RouteParts): (request: FastifyRequest) => Peer {
  const { installation, clock, log } = parts;
  const peerOf = peerReader(installation, clock);
  const callers = new WeakMap<FastifyRequest, Peer>();
  app.addHook('onRequest', async (request) => {
    if (!log.fresh())
      throw platformFault('identity.not-fresh', 'Revocations cannot be read right now. Try again in a moment.');
    if (request.routeOptions.config.withoutCertificate === true) return;
    const peer = peerOf(request.raw.socket);
    if (!peer)
      throw callerFault('identity.unauthenticated', 'A client certificate of this installation is required.', 401);
    if (log.isRevoked(peer)) throw callerFault('identity.revoked', 'The client certificate was revoked.', 403);
    callers.set(request, peer);
  });
  return (request) => {
    const peer = callers.get(request);
    if (!peer)
      throw callerFault('identity.unauthenticated', 'A client certificate of this installation is required.', 401);
    return peer;
  };
}

/** Information about other tenants is not for bots, which verify nothing but the proxy's certificate. */
function servicesOnly(peer: Peer): void {
  if (peer.workload.kind !== 'service') throw callerFault('identity.forbidden', 'Only services can do this.', 403);
}

/** Revocations as they are made, a head every second while the log is known, and a notice when keys have changed. */
function installFeed(app: HttpApp, parts: RouteParts, callerOf: (request: FastifyRequest) => Peer): void {
  const { log, clock, onKeysChanged } = parts;
  app.get('/v1/revocations', { exposeHeadRoute: false }, (request, reply) => {
    const peer = callerOf(request);
    servicesOnly(peer);
    const { after } = parse(feedQuery, request.query);
    const ends: (() => void)[] = [];
    const writer = ndjsonReply(reply, { onClose: () => ends.forEach((end) => end()) });
    const send = (frame: FeedFrame) => writer.send(frame);
    for (const revocation of log.since(after)) send({ type: 'revocation', revocation });
    send({ type: 'head', seq: log.head });
    ends.push(
      log.follow({
        revoked: (revocation) => send({ type: 'revocation', revocation }),
        alive: (head) => {
          send({ type: 'head', seq: head });
          if (log.isRevoked(peer) || peer.expiresAtMs <= clock.now()) writer.close();
        },
      }),
      onKeysChanged(() => send({ type: 'keys' })),
    );
  });
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error.issues);
  throw callerFault('identity.invalid', 'The request is invalid; each fault is listed with its location.', 400, faults);
}
