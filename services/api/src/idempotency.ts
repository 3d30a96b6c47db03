import { createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Records } from '#infra/database/prisma.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { decrypt, encrypt } from '#security/keyring/aes-gcm.ts';
import type { Identities } from './identities.ts';
import { firstOf, type SessionKeys } from './sessions/session-keys.ts';

const keyPattern = /^[\x21-\x7e]{1,255}$/;
const unsafe = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const keptMs = 24 * 60 * 60_000;
/** A run that has not ended by then never will: its process is gone, and its progress is unknown. */
const runMs = 2 * 60_000;
const maxAnswerBytes = 128 * 1024;
const maxKeptPerSubject = 1_000;
/** Nothing was done, and that may change without the caller changing anything. */
const notKept = new Set([401, 403, 429]);
const keptHeaders = ['content-type', 'etag', 'cache-control'] as const;

const answerSchema = z.object({ headers: z.record(z.string(), z.string()), body: z.string() });

/** The first use of a key, by this request. */
interface Claim {
  readonly subject: string;
  /** A hash of it: what is stored. */
  readonly key: string;
  /** The key with which its response is sealed, from one of the api's. */
  readonly sealingKey: (key: KeyObject) => KeyObject;
  readonly fingerprint: Uint8Array<ArrayBuffer>;
}

/**
 * Idempotency-Key on every operation that changes something (draft-ietf-httpapi-idempotency-key-header-07): repeating a
 * request with its key within a day returns the first response, and nothing is done twice. Stored responses are sealed,
 * since some contain secrets that are shown only once, with a key that depends on the Idempotency-Key: a copy of the
 * database does not open without whoever sent the request.
 */
export function keepAnswers(
  app: HttpApp,
  ports: {
    readonly records: Records;
    readonly identities: Identities;
    readonly keys: SessionKeys;
    readonly clock: Clock;
  },
): void {
  const { records, identities, keys, clock } = ports;
  const claims = new WeakMap<FastifyRequest, Claim>();

  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request);
    if (key === undefined) return;
    const identity = await identities.of(request);
    const subject = identity.key ? `${identity.subject} ${identity.key.id}` : identity.subject;
    const claim = { subject, ...derivedFrom(key), fingerprint: fingerprintOf(request) };
    const earlier = await records.acrossTenants((rows) => take(rows, claim, clock.now()));
    if (earlier === 'first') {
      claims.set(request, claim);
      return;
    }
    if (!Buffer.from(earlier.fingerprint).equals(claim.fingerprint))
      throw callerFault(
        'idempotency.other-body',
        'This Idempotency-Key was already used for a different request.',
        422,
      );
    if (earlier.status === null || earlier.sealed === null)
      throw earlier.expiresAt.getTime() - keptMs + runMs > clock.now() ? stillRuns() : outcomeUnknown();
    return replay(reply, earlier.status, open(keys, claim, earlier.sealed));
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const claim = claims.get(request);
    if (!claim) return payload;
    claims.delete(request);
    const where = { subject_key: { subject: claim.subject, key: claim.key } };
    const { statusCode: status } = reply;
    const body = typeof payload === 'string' ? payload : payload === null || payload === undefined ? '' : undefined;
    if (status >= 500 || notKept.has(status) || body === undefined || Buffer.byteLength(body) > maxAnswerBytes) {
      await records.acrossTenants((rows) => rows.idempotentAnswer.delete({ where }));
      return payload;
    }
    const sealed = seal(keys, claim, { headers: headersOf(reply), body });
    await records.acrossTenants((rows) => rows.idempotentAnswer.update({ where, data: { status, sealed } }));
    return payload;
  });
}

/**
 * Every operation that changes something, except signing in: it belongs to nobody yet, and its response is a session.
 */
export const takesIdempotencyKey = ({
  method,
  schema,
}: {
  method: string | string[];
  schema?: object | undefined;
}): boolean =>
  [method].flat().some((each) => unsafe.has(each)) && !!schema && 'operationId' in schema && !('security' in schema);

function keyOf(request: FastifyRequest): string | undefined {
  const { schema } = request.routeOptions;
  const key = request.headers['idempotency-key'];
  if (key === undefined || !takesIdempotencyKey({ method: request.method, schema })) return undefined;
  if (typeof key === 'string' && keyPattern.test(key)) return key;
  throw callerFault(
    'idempotency.key',
    'An Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID.',
    400,
  );
}

function fingerprintOf({ method, url, headers, body }: FastifyRequest): Uint8Array<ArrayBuffer> {
  const asked = JSON.stringify([
    method,
    url,
    headers['if-match'] ?? null,
    headers['if-none-match'] ?? null,
    body ?? null,
  ]);
  return new Uint8Array(createHash('sha256').update(asked).digest());
}

type Rows = Parameters<Parameters<Records['acrossTenants']>[0]>[0];
interface Earlier {
  readonly fingerprint: Uint8Array;
  readonly status: number | null;
  readonly sealed: Uint8Array | null;
  /** A day after the key's first use. */
  readonly expiresAt: Date;
}

/** Claims the key for this request, unless an earlier one has it. */
async function take(rows: Rows, claim: Claim, nowMs: number): Promise<Earlier | 'first'> {
  const { subject, key, fingerprint } = claim;
  const [now, until] = [new Date(nowMs), new Date(nowMs + keptMs)];
  if ((await rows.idempotentAnswer.count({ where: { subject } })) >= maxKeptPerSubject)
    await rows.idempotentAnswer.deleteMany({ where: { subject, expiresAt: { lte: now } } });
  if ((await rows.idempotentAnswer.count({ where: { subject } })) >= maxKeptPerSubject)
    throw callerFault(
      'idempotency.too-many',
      `At most ${maxKeptPerSubject} idempotency keys can be used per day. Send the request without one.`,
      429,
    );
  const taken = await rows.$executeRaw`
    insert into idempotent_answer (subject, key, fingerprint, expires_at) values (${subject}, ${key}, ${fingerprint}, ${until})
      on conflict (subject, key) do update
      set fingerprint = excluded.fingerprint, status = null, sealed = null, expires_at = excluded.expires_at
      where idempotent_answer.expires_at <= ${now}`;
  if (taken === 1) return 'first';
  return rows.idempotentAnswer.findUniqueOrThrow({ where: { subject_key: { subject, key } } });
}

const stillRuns = () =>
  callerFault('idempotency.running', 'The first request with this Idempotency-Key is still in progress.', 409);

/** Repeating it might do it twice, and reporting failure might be wrong. */
const outcomeUnknown = () =>
  callerFault(
    'idempotency.unknown-outcome',
    'The first request with this Idempotency-Key was interrupted, so its outcome is unknown. Check what it was meant to change, or the audit log; if it had no effect, send it again with another key.',
    409,
  );

const associated = ({ subject, key, fingerprint }: Claim): Buffer =>
  Buffer.concat([Buffer.from(`${subject}\0${key}\0`), fingerprint]);

const derivedFrom = (key: string): Pick<Claim, 'key' | 'sealingKey'> => ({
  key: createHash('sha256').update(key).digest('base64'),
  sealingKey: (own) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', own, key, 'bailiwick/api/idempotent-answer', 32))),
});

const seal = (keys: SessionKeys, claim: Claim, answer: z.infer<typeof answerSchema>): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    encrypt(claim.sealingKey(keys.current().idempotency), Buffer.from(JSON.stringify(answer)), associated(claim)),
  );

function open(keys: SessionKeys, claim: Claim, sealed: Uint8Array): z.infer<typeof answerSchema> {
  const opened = firstOf(keys.accepted(), ({ idempotency }) =>
    decrypt(claim.sealingKey(idempotency), sealed, associated(claim)),
  );
  // Sealed with an earlier key: it is known that it was done, but not the response.
  if (!opened)
    throw callerFault(
      'idempotency.answer-lost',
      'This request was carried out, but its response is no longer available.',
      409,
    );
  return answerSchema.parse(JSON.parse(opened.toString('utf8')));
}

function headersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(
    keptHeaders.flatMap((name) => {
      const value = reply.getHeader(name);
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );
}

function replay(reply: FastifyReply, status: number, { headers, body }: z.infer<typeof answerSchema>): FastifyReply {
  return reply
    .code(status)
    .headers({ ...headers, 'idempotency-replayed': 'true' })
    .serializer((payload: unknown) => String(payload))
    .send(body);
}
