import { z } from 'zod';

/** What is rotated together: the authority of certificates, the keys of call tokens, or all keys that two parts share. */
export const identityKeyKinds = ['authority', 'call-token', 'shared'] as const;
export type IdentityKeyKind = (typeof identityKeyKinds)[number];

/** One of the keys that the token service keeps; never the key itself. */
const identityKeySchema = z.object({
  kind: z.enum(identityKeyKinds),
  use: z.enum(['authority', 'call-token', 'transaction-token', 'grant']),
  id: z.string(),
  /** SPIFFE id of the workload that signs with it. */
  holder: z.string(),
  /** SPIFFE id of the only workload that verifies with it; null if several do. */
  verifier: z.string().nullable(),
  /** `next` is known to verifiers and does not sign yet; `earlier` signs no more, and what it signed is still accepted. */
  state: z.enum(['next', 'current', 'earlier']),
  createdAt: z.iso.datetime(),
  signsFrom: z.iso.datetime(),
  /** From then on nothing that it signed is accepted. */
  acceptedUntil: z.iso.datetime(),
});
export type IdentityKey = z.infer<typeof identityKeySchema>;

/** The keys of an installation's identities, those of one kind together, the oldest first. */
export const identityKeysSchema = z.object({ keys: z.array(identityKeySchema).max(2_000) });
export type IdentityKeys = z.infer<typeof identityKeysSchema>;
