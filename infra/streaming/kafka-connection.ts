import type { BaseOptions, ConnectionPool } from '@platformatic/kafka';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { KafkaSettings } from './settings.ts';

/**
 * Of every client of the broker. Nothing waits for long: whoever sends holds a transaction of the database open, and what
 * fails is tried again by us.
 */
export function kafkaOptions({ brokers, trustPem, signIn }: KafkaSettings, clientId: string): BaseOptions {
  const sasl =
    signIn.kind === 'sasl'
      ? { sasl: { mechanism: 'SCRAM-SHA-512' as const, username: signIn.user, password: signIn.password } }
      : {};
  return {
    clientId,
    bootstrapBrokers: brokers,
    connectTimeout: 3_000,
    timeout: 3_000,
    requestTimeout: 5_000,
    retries: 2,
    retryDelay: 100,
    // Half a minute after a leader has moved, at the latest, it is found.
    metadataMaxAge: 30_000,
    autocreateTopics: false,
    // Of the name that was connected to.
    tlsServerName: true,
    tls: {
      minVersion: 'TLSv1.2',
      ...(trustPem === undefined ? {} : { ca: trustPem }),
      ...(signIn.kind === 'certificate' ? { cert: signIn.certificatePem, key: signIn.keyPem } : {}),
    },
    ...sasl,
  };
}

/** Words in the library's errors, from the inside out, and what an operator has to look at. None has a secret. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/SASL_AUTHENTICATION_FAILED|Authentication/i, 'Kafka does not accept this user and password'],
  // Before the next, which is about the broker's own.
  [/CERTIFICATE_REQUIRED|BAD_CERTIFICATE|alert/i, 'Kafka does not accept the certificate'],
  [/CERTIFICATE|self[- ]signed|issuer/i, "the broker's certificate is of an unknown authority"],
  [/ALTNAME/i, "the broker's certificate is for another name"],
  [/TOPIC_AUTHORIZATION_FAILED|GROUP_AUTHORIZATION_FAILED|CLUSTER_AUTHORIZATION_FAILED/, 'the user lacks rights'],
  [/UNKNOWN_TOPIC/, 'a topic does not exist'],
  [/NOT_ENOUGH_REPLICAS/, 'too few replicas of a partition are in sync'],
];
const maxDepth = 8;

/** Why Kafka cannot be used, in words for an operator. */
export function kafkaReason(error: unknown): string {
  const words = wordsOf(error, maxDepth).join(' ');
  return reasons.find(([pattern]) => pattern.test(words))?.[1] ?? 'no broker answers';
}

function wordsOf(error: unknown, depth: number): string[] {
  if (typeof error !== 'object' || error === null || depth === 0) return [];
  const { code, apiId, message, cause, errors } = error as Record<string, unknown>;
  const below = Array.isArray(errors) ? errors.flatMap((each) => wordsOf(each, depth - 1)) : [];
  const own = [code, apiId, message].filter((each) => typeof each === 'string');
  return [...own, ...wordsOf(cause, depth - 1), ...below];
}

/** What the library puts into its errors is not known, so none of them is passed on or logged. */
export const kafkaUnavailable = (error: unknown): BailiwickError => {
  const why = kafkaReason(error);
  return new BailiwickError({
    code: 'kafka.unavailable',
    owner: 'platform',
    status: 503,
    message: 'Events cannot be sent at the moment.',
    operatorMessage: `Kafka cannot be used: ${why}.`,
  });
};

/**
 * A connection that breaks after nobody waits for it any more emits an error all the same, which would end the process.
 * What matters about it is reported by whatever uses the connection.
 */
export function survive({ connections }: { readonly connections: ConnectionPool }): void {
  connections.on('connecting', ({ connection }) => connection.on('error', () => undefined));
}
