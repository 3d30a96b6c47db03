import { z } from 'zod';
import type { AggregateEvent } from '#infra/event-store/aggregate.ts';
import { snowflakeSchema } from '#infra/kernel/ids.ts';

/** Why Discord does not let a tenant's bot connect with its token, as far as that is for the tenant to resolve. */
export const refusals = ['invalid-token', 'intents-not-granted', 'too-many-servers'] as const;
export type Refusal = (typeof refusals)[number];

/**
 * stored: checked and stored, but no session was opened with it yet. accepted: Discord has let the bot connect with it.
 * refused: it does no longer.
 */
export const credentialStatuses = ['stored', 'accepted', 'refused'] as const;

/** What the events of a tenant's Discord token lead to: its row, without the token. */
export const credentialStateSchema = z.object({
  applicationId: snowflakeSchema,
  botUserId: snowflakeSchema,
  status: z.enum(credentialStatuses),
  refusal: z.enum(refusals).nullable(),
  /** Of the tenant's key that seals it; null if that is not known. */
  keyVersion: z.number().int().nullable(),
});
export type CredentialState = Readonly<z.infer<typeof credentialStateSchema>>;

const storedSchema = credentialStateSchema.pick({ applicationId: true, botUserId: true }).extend({
  keyVersion: z.number().int(),
});

/** The data of each event. None has a token, a part of one, or what could be compared with one. */
export const credentialEventSchemas = {
  /** As it was when its events began to be kept. */
  CredentialFound: z.object({ state: credentialStateSchema }),
  CredentialStored: storedSchema,
  /** With another token, of the same application or of another one. */
  CredentialReplaced: storedSchema,
  CredentialAccepted: z.object({}),
  CredentialRefused: z.object({ applicationId: snowflakeSchema, reason: z.enum(refusals) }),
  /** The tenant's key was rotated. */
  CredentialResealed: z.object({ keyVersion: z.number().int() }),
  CredentialRemoved: z.object({}),
} as const;
export type CredentialEvent = AggregateEvent<typeof credentialEventSchemas>;
