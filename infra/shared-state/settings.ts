import { z } from 'zod';
import { trustPemSchema } from '#infra/config/trust.ts';

/** Only over TLS: the password and everything shared would be readable otherwise. */
export const redisUrlSchema = z
  .url({ protocol: /^rediss$/, error: 'must be a rediss address: Redis is reached over TLS only' })
  .refine(isBare, 'must not contain credentials, a database, a query or a fragment');

/** True for what is not a URL at all: another check reports that. */
function isBare(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password, pathname, search, hash } = new URL(url);
  return username === '' && password === '' && ['', '/'].includes(pathname) && search === '' && hash === '';
}

const secret = z.string().min(1).max(4_096);

/** Where Redis is: exactly one of a server, the Sentinels that know which server is the master, and a Redis Cluster. */
export const redisPlaceShape = {
  url: redisUrlSchema.optional(),
  sentinels: z.array(redisUrlSchema).min(1).max(20).optional(),
  /** What the Sentinels call the master. */
  master: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/, 'must be letters, digits, dots, dashes')
    .optional(),
  /** Some of the cluster's servers; the others are learned from them. */
  cluster: z.array(redisUrlSchema).min(1).max(100).optional(),
};

interface RedisPlace {
  readonly url?: string | undefined;
  readonly sentinels?: readonly string[] | undefined;
  readonly master?: string | undefined;
  readonly cluster?: readonly string[] | undefined;
}

/** Each setting that does not go with the others, by its name, and what is wrong. */
export function faultsOfPlace(place: RedisPlace): [string, string][] {
  const faults: [string, string][] = [];
  const named = (['url', 'sentinels', 'cluster'] as const).filter((each) => place[each] !== undefined);
  if (named.length === 0)
    faults.push(['url', 'is missing: name the address of a server, or Sentinels and their master, or a cluster']);
  for (const other of named.slice(1)) faults.push([other, `does not go with ${named[0]}: name only one of them`]);
  if (place.sentinels !== undefined && place.master === undefined)
    faults.push(['master', 'is missing: what the Sentinels call the master']);
  if (place.sentinels === undefined && place.master !== undefined) faults.push(['master', 'needs sentinels']);
  return faults;
}

export const redisSchema = z
  .strictObject({
    kind: z.literal('redis'),
    ...redisPlaceShape,
    /** The user at the Sentinels. */
    sentinelUser: secret.optional(),
    sentinelPassword: secret.optional(),
    /** PEM of the only authority that may have signed the servers' certificates; by default those of the system. */
    trustPem: trustPemSchema.optional(),
    user: secret,
    password: secret,
  })
  .superRefine((settings, context) => {
    for (const [at, message] of faultsOfPlace(settings)) context.addIssue({ code: 'custom', path: [at], message });
  });

/**
 * Where the replicas of a process keep what they share: nowhere, since there is one process, in the installation's
 * database, or in Redis (7 or later).
 */
export const sharedStateSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('memory') }),
  z.strictObject({
    kind: z.literal('postgres'),
    /** Connection string of a role that has the table; a secret. */
    url: z.string().startsWith('postgres'),
  }),
  redisSchema,
]);

export type SharedStateSettings = z.infer<typeof sharedStateSchema>;
export type RedisSettings = z.infer<typeof redisSchema>;
