import { z } from 'zod';
import { readableName } from '#infra/kernel/names.ts';
import { snowflakeSchema, tenantIdSchema } from '#infra/kernel/ids.ts';
import { refusals } from '#tenants/credential/credential-events.ts';
import { suspenders } from '#tenants/tenant/tenant-events.ts';

/** What each event tells, by its type: ids, and nothing about people or what they listen to. */
export const webhookEvents = {
  /** Which track it is, the player tells whoever may see it. */
  'track.started': z.object({ guild: snowflakeSchema, entry: z.string() }),
  'queue.ended': z.object({ guild: snowflakeSchema }),
  'policy.changed': z.object({ guild: snowflakeSchema, version: z.number().int() }),
  'key.rotated': z.object({
    /** What the key protects, as in the tenant's keys. */
    purpose: z.string(),
    version: z.number().int(),
  }),
  'bot.unwell': z.object({
    /** What is the matter, in a sentence. */
    reason: z.string(),
  }),
  /** Why, its owner reads in the portal or from the API. */
  'tenant.suspended': z.object({
    /** An owner's suspension can be lifted by the owner, an operator's only by operators. */
    suspendedAs: z.enum(suspenders),
  }),
  'credential.refused': z.object({ applicationId: snowflakeSchema, reason: z.enum(refusals) }),
  /** What was used in one day (UTC). */
  'usage.reported': z.object({
    day: z.iso.date(),
    tracksStarted: z.number().int(),
    guilds: z.number().int(),
  }),
  /** Sent when somebody tests an endpoint, whatever its events are. */
  'webhook.test': z.object({ message: z.string() }),
} as const;

export type WebhookEventType = keyof typeof webhookEvents;

/** Those that an endpoint can be subscribed to. */
export const webhookEventTypes = [
  'track.started',
  'queue.ended',
  'policy.changed',
  'key.rotated',
  'bot.unwell',
  'tenant.suspended',
  'credential.refused',
  'usage.reported',
] as const satisfies readonly WebhookEventType[];

/** The body of a request to an endpoint (https://github.com/standard-webhooks/standard-webhooks). */
export const webhookBodySchema = <Type extends WebhookEventType>(type: Type) =>
  z.object({
    type: z.literal(type),
    /** When it happened, which may be long before it is sent. */
    timestamp: z.iso.datetime(),
    tenant: tenantIdSchema,
    data: webhookEvents[type],
  });

export interface WebhookEvent<Type extends WebhookEventType = WebhookEventType> {
  readonly type: Type;
  readonly data: z.input<(typeof webhookEvents)[Type]>;
}

/** How many endpoints a tenant can have. */
export const mostEndpoints = 10;

/** With a query if need be: where automations listen, a token is often part of the address. */
const urlSchema = z
  .url({ protocol: /^https$/, error: 'must be an https address' })
  .max(1_000)
  .refine((text) => {
    const url = URL.parse(text);
    return url === null || (url.username === '' && url.password === '' && url.hash === '');
  }, 'must not contain credentials or a fragment');

const maxDescription = 100;
/** One line as people read it (infra/kernel/names.ts), or nothing. */
const descriptionSchema = z
  .string()
  .max(maxDescription)
  .superRefine((text, context) => {
    const read = text.trim() === '' ? { name: '' } : readableName(text, maxDescription);
    if ('fault' in read) context.addIssue({ code: 'custom', message: read.fault });
  })
  .overwrite((text) => {
    const read = readableName(text, maxDescription);
    return 'name' in read ? read.name : '';
  });

/** What can be chosen about an endpoint. */
export const webhookChoicesSchema = z.strictObject({
  /** Where events are sent with POST: an https address on the public internet. */
  url: urlSchema,
  description: descriptionSchema.default(''),
  events: z
    .array(z.enum(webhookEventTypes))
    .min(1)
    .max(webhookEventTypes.length)
    .transform((events) => [...new Set(events)]),
});
export type WebhookChoices = z.infer<typeof webhookChoicesSchema>;

/** A change: what is not named stays. `enabled: true` also begins anew after an endpoint was disabled. */
export const webhookChangeSchema = z.strictObject({
  url: urlSchema.optional(),
  description: descriptionSchema.optional(),
  events: webhookChoicesSchema.shape.events.optional(),
  enabled: z.boolean().optional(),
});
export type WebhookChange = z.infer<typeof webhookChangeSchema>;

export const webhookIdSchema = z.string().regex(/^whk_[0-9a-z]{26}$/);
export const deliveryIdSchema = z.string().regex(/^whd_[0-9a-z]{26}$/);

export const webhookSchema = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()),
  enabled: z.boolean(),
  /** Why it is disabled, in a sentence; null while it is enabled. */
  disabledBecause: z.string().nullable(),
  /** Since when no attempt has succeeded; null if the latest did. */
  failingSince: z.iso.datetime().nullable(),
  /** Until when the secret before the latest rotation signs too. */
  previousSecretUntil: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
});
export type Webhook = z.infer<typeof webhookSchema>;

/** With the secret, which is shown only once. */
export const webhookWithSecretSchema = z.object({ ...webhookSchema.shape, secret: z.string() });

export const deliveryStatuses = ['waiting', 'delivered', 'failed'] as const;

export const deliverySchema = z.object({
  id: z.string(),
  /** The webhook-id of the request; the same in every attempt. */
  messageId: z.string(),
  type: z.string(),
  status: z.enum(deliveryStatuses),
  attempts: z.number().int(),
  createdAt: z.iso.datetime(),
  /** When it is attempted next, at the earliest. */
  nextAttemptAt: z.iso.datetime().nullable(),
  endedAt: z.iso.datetime().nullable(),
  /** Of the latest attempt; null if there was no answer. */
  responseStatus: z.number().int().nullable(),
  /** What is wrong with the latest attempt, in a sentence. */
  fault: z.string().nullable(),
  /** The beginning of the latest answer's body, at most 500 characters; null if the event was taken. */
  excerpt: z.string().nullable(),
  /** The body that is sent, as JSON. */
  body: z.string(),
});
export type Delivery = z.infer<typeof deliverySchema>;
