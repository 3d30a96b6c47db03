import { z } from 'zod';
import { findingSchema } from '../application-check/findings.ts';

/** The statuses of an open gateway session; `failed` does not recover by itself. */
export const openSessionStatuses = ['connecting', 'connected', 'failed'] as const;
export type OpenSessionStatus = (typeof openSessionStatuses)[number];

/** The state of a tenant's gateway session, as returned by `GET /v1/tenants/:tenant/session`. */
export const sessionStateSchema = z.object({
  /** none: no session is open. */
  status: z.enum(['none', ...openSessionStatuses]),
  /** In words, for whoever has to act. */
  reason: z.string().optional(),
  guilds: z.number().int(),
  /** Servers that are unavailable at Discord right now; not included in `guilds`. */
  unavailableGuilds: z.number().int().optional(),
  /** Settings that were changed at Discord since onboarding, so that the bot no longer works as before. */
  findings: z.array(findingSchema).optional(),
  latencyMs: z.number().optional(),
  applicationId: z.string().optional(),
  botUserId: z.string().optional(),
});
export type SessionState = z.infer<typeof sessionStateSchema>;

/** `GET /v1/sessions`: of every tenant that the edge knows. */
export const sessionListSchema = z.object({
  sessions: z.array(sessionStateSchema.extend({ tenant: z.string() })),
});
