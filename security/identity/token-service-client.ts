import type { Readable } from 'node:stream';
import { Client, type Dispatcher } from 'undici';
import { z } from 'zod';
import { readNdjson } from '#infra/http/ndjson.ts';
import { BailiwickError, platformFault } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { parseProblem } from '#infra/kernel/problem.ts';
import { wholeBody } from '#infra/http/whole-body.ts';
import { connectorTo, type Addresses } from '#infra/http/addresses.ts';
import { identityKeysSchema, type IdentityKeyKind, type IdentityKeys } from './identity-keys.ts';
import { revocationKinds, revocationSchema, type RevocationKind } from './revocations.ts';
import type { Audience, ServiceName } from './spiffe.ts';
import { keySetSchema, type KeySet, type SecretJwk, type SharedKeyUse } from './verification-keys.ts';
import { workloadTls, type WorkloadConnection } from './workload-connection.ts';

/** A certificate as issued by the token service. */
export const issuedCertificateSchema = z.object({
  certificatePem: z.string().max(16_384),
  trustBundlePem: z.string().max(65_536),
  /** Milliseconds since the epoch. */
  expiresAtMs: z.number().int(),
});
export type IssuedCertificate = z.infer<typeof issuedCertificateSchema>;

/** A call token as issued by the token service. */
export const issuedTokenSchema = z.object({ token: z.string().max(8_192), expiresAtMs: z.number().int() });
export type IssuedToken = z.infer<typeof issuedTokenSchema>;

const delegationSchema = z.object({ kid: z.string(), notAfterMs: z.number().int() });
export type Delegation = z.infer<typeof delegationSchema>;

/** One line of the revocation stream. `head`: everything up to `seq` has been sent; repeated every second. */
const feedFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('revocation'), revocation: revocationSchema }),
  z.object({ type: z.literal('head'), seq: z.number().int().nonnegative() }),
  /** The published keys have changed. */
  z.object({ type: z.literal('keys') }),
]);
export type FeedFrame = z.infer<typeof feedFrameSchema>;

/** Names of RFC 8693 (2.1, 3), and one of ours for a key. */
export const tokenExchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const jwtTokenType = 'urn:ietf:params:oauth:token-type:jwt';
export const apiKeyTokenType = 'urn:bailiwick:params:oauth:token-type:api-key';
const exchangedSchema = z.object({ access_token: z.string().max(8_192), expires_in: z.number().int().positive() });

/** What can be revoked. */
export const revokeSchema = z.strictObject({
  kind: z.enum(revocationKinds),
  value: z.string().min(1).max(256),
  reason: z.string().min(1).max(200),
});
export interface RevokeRequest {
  readonly kind: RevocationKind;
  readonly value: string;
  readonly reason: string;
}

/** A key that its holder shares with one service. */
export interface SharedKey {
  readonly use: SharedKeyUse;
  readonly verifier: ServiceName;
  readonly jwk: SecretJwk;
}

/**
 * The operations of the token service. Each throws the BailiwickError that the service returned, or
 * `identity.token-service-unreachable` if it cannot be reached.
 */
export interface TokenServiceClient {
  /** A new certificate for this process's own identity. */
  renew(csrPem: string): Promise<IssuedCertificate>;
  callToken(audience: Audience): Promise<IssuedToken>;
  /** For a bot that the supervisor started; supervisor only. */
  vouchCertificate(spiffeId: string, csrPem: string): Promise<IssuedCertificate>;
  /**
   * A call token for such a bot, bound to its certificate's thumbprint and to the lease under which it runs; supervisor
   * only.
   */
  vouchCallToken(spiffeId: string, audience: Audience, thumbprint: string, lease?: number): Promise<IssuedToken>;
  /** Shares one of this process's own keys with the only service that verifies what it signs, for an hour. */
  shareKey(key: SharedKey): Promise<Delegation>;
  /** The keys with which this process verifies. */
  keys(): Promise<KeySet>;
  /** The keys of all identities, without the keys themselves; api only. */
  identityKeys(): Promise<IdentityKeys>;
  /**
   * Has the keys of this kind replaced while everything goes on; api only. Throws `identity.rotation-under-way` (409)
   * while the last rotation of this kind is not complete.
   */
  rotateIdentityKeys(kind: IdentityKeyKind): Promise<IdentityKeys>;
  /** Exchanges an API key at the public listener; gateway-proxy only (RFC 8693). */
  exchangeApiKey(key: string, audience: string): Promise<{ token: string; expiresInSec: number }>;
  /** Everything revoked after `after`, then each new revocation. Ends with an error if the connection breaks. */
  feed(after: number, signal: AbortSignal): AsyncIterable<FeedFrame>;
  /** api and supervisor only. Returns the revocation's number in the log. */
  revoke(request: RevokeRequest): Promise<{ seq: number }>;
}

const maxAnswerBytes = 4 * 1024 * 1024;
const answerTimeoutMs = 5_000;
/** The stream sends something every second, so silence of this length means a dead peer. */
const feedTimeoutMs = 3_000;

export function tokenServiceClient(connection: WorkloadConnection): TokenServiceClient {
  const post = <Schema extends z.ZodType>(path: string, body: unknown, schema: Schema) =>
    ask(connection.dispatcher(), { method: 'POST', path, body }, schema);
  return {
    renew: (csr) => post('/v1/certificates', { csr }, issuedCertificateSchema),
    callToken: (audience) => post('/v1/call-tokens', { audience }, issuedTokenSchema),
    vouchCertificate: (id, csr) => post('/v1/vouched/certificates', { spiffeId: id, csr }, issuedCertificateSchema),
    vouchCallToken: (id, audience, thumbprint, lease) =>
      post('/v1/vouched/call-tokens', { spiffeId: id, audience, thumbprint, lease }, issuedTokenSchema),
    shareKey: (key) => post('/v1/delegations', key, delegationSchema),
    keys: () => ask(connection.dispatcher(), { method: 'GET', path: '/v1/keys' }, keySetSchema),
    identityKeys: () => ask(connection.dispatcher(), { method: 'GET', path: '/v1/identity-keys' }, identityKeysSchema),
    rotateIdentityKeys: (kind) => post('/v1/identity-keys/rotate', { kind }, identityKeysSchema),
    async exchangeApiKey(key, audience) {
      const form = new URLSearchParams({
        grant_type: tokenExchangeGrant,
        subject_token: key,
        subject_token_type: apiKeyTokenType,
        requested_token_type: jwtTokenType,
        audience,
      });
      const request = { method: 'POST', path: '/v1/token-exchange', body: form } as const;
      const answer = await ask(connection.dispatcher(), request, exchangedSchema);
      return { token: answer.access_token, expiresInSec: answer.expires_in };
    },
    revoke: (request) => post('/v1/revocations', request, z.object({ seq: z.number().int() })),
    async *feed(after, signal) {
      const path = `/v1/revocations?after=${after}`;
      const response = await send(connection.dispatcher(), { method: 'GET', path, signal, bodyTimeout: feedTimeoutMs });
      if (response.statusCode !== 200) throw problemOf(response.statusCode, await readText(response.body));
      for await (const line of readNdjson(response.body)) yield feedFrameSchema.parse(line);
    },
  };
}

/** Exchanges a one-time enrolment token for a first certificate, on a connection without one. */
export async function enrolWith(
  options: Addresses & {
    readonly trustBundlePem: string;
    readonly tokenServiceId: string;
    readonly enrolment: string;
    readonly csrPem: string;
  },
): Promise<IssuedCertificate> {
  const client = new Client(new URL(options.url).origin, {
    connect: connectorTo(options, workloadTls(options.trustBundlePem, options.tokenServiceId)),
  });
  try {
    const body = { enrolment: options.enrolment, csr: options.csrPem };
    return await ask(client, { method: 'POST', path: '/v1/enrol', body }, issuedCertificateSchema);
  } finally {
    await client.destroy();
  }
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly bodyTimeout?: number;
}

async function ask<Schema extends z.ZodType>(
  dispatcher: Dispatcher,
  call: Call,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const response = await send(dispatcher, { ...call, signal: AbortSignal.timeout(answerTimeoutMs) });
  const text = await readText(response.body);
  if (response.statusCode !== 200) throw problemOf(response.statusCode, text);
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw platformFault('identity.bad-answer', 'The token service gave an unexpected response.', parsed.error);
}

async function send(dispatcher: Dispatcher, call: Call): Promise<Dispatcher.ResponseData> {
  try {
    const response = await dispatcher.request({
      method: call.method,
      path: call.path,
      ...encoded(call.body),
      ...(call.signal ? { signal: call.signal } : {}),
      headersTimeout: answerTimeoutMs,
      bodyTimeout: call.bodyTimeout ?? answerTimeoutMs,
    });
    // undici emits an error for a body that is abandoned unread; without a listener it would end the process.
    response.body.on('error', () => undefined);
    return response;
  } catch (cause) {
    throw platformFault('identity.token-service-unreachable', 'The token service cannot be reached.', cause);
  }
}

function encoded(body: unknown): { body?: string; headers?: Record<string, string> } {
  if (body === undefined) return {};
  if (!(body instanceof URLSearchParams))
    return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return { body: body.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } };
}

const tooLarge = (): BailiwickError =>
  platformFault('identity.bad-answer', 'The token service gave a response that is too large.');

const readText = async (body: Readable): Promise<string> =>
  (await wholeBody(body, maxAnswerBytes, tooLarge)).toString('utf8');

const problemOf = (status: number, text: string): BailiwickError =>
  parseProblem(parseJson(text)) ??
  platformFault('identity.bad-answer', `The token service answered ${status} without a reason.`);
