import { z } from 'zod';
import { tenantStatuses } from '#infra/database/tenant-status.ts';
import type { AggregateEvent } from '#infra/event-store/aggregate.ts';
import { snowflakeSchema } from '#infra/kernel/ids.ts';

/** What the events of a tenant lead to: its row, without id and time of creation. */
export const tenantStateSchema = z.object({
  name: z.string(),
  status: z.enum(tenantStatuses),
  /** Why it is suspended, for its owner. */
  reason: z.string().nullable(),
  /** Who suspended it; only operators can lift an operator's suspension. */
  suspendedBy: z.string().nullable(),
  applicationId: snowflakeSchema.nullable(),
  botUserId: snowflakeSchema.nullable(),
  /** The bot's name in Discord when its token was last stored. */
  botUsername: z.string().nullable(),
  /** Grows with each change. */
  version: z.number().int(),
});
export type TenantState = Readonly<z.infer<typeof tenantStateSchema>>;

const applicationSchema = z.object({
  applicationId: snowflakeSchema,
  botUserId: snowflakeSchema,
  botUsername: z.string(),
});

/** An owner's suspension can be lifted by the owner, an operator's only by operators. */
export const suspenders = ['owner', 'operator'] as const;

/** The data of each event. */
export const tenantEventSchemas = {
  /** As it was when its events began to be kept. */
  TenantFound: z.object({ state: tenantStateSchema }),
  TenantCreated: z.object({ name: z.string() }),
  /** It has brought a Discord application, or another one, or another token of the same. */
  TenantActivated: applicationSchema,
  /** Its onboarding was compensated: it has no application any more. */
  TenantWithdrawn: z.object({}),
  TenantRenamed: z.object({ name: z.string() }),
  TenantSuspended: z.object({ suspendedBy: z.string(), suspendedAs: z.enum(suspenders), reason: z.string() }),
  TenantResumed: z.object({}),
  TenantDeletionBegun: z.object({}),
} as const;
export type TenantEvent = AggregateEvent<typeof tenantEventSchemas>;
