import { z } from 'zod';

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
  z.strictObject({
    kind: z.literal('redis'),
    url: redisUrlSchema,
    /** PEM of the only authority that may have signed the server's certificate; by default those of the system. */
    trustPem: z.string().includes('BEGIN CERTIFICATE').optional(),
    user: secret,
    password: secret,
  }),
]);

export type SharedStateSettings = z.infer<typeof sharedStateSchema>;
export type RedisSettings = Extract<SharedStateSettings, { kind: 'redis' }>;
