import { z } from 'zod';
import { findingSchema } from '#tenants/application-check/findings.ts';

/** discord-edge's response after a token was checked or stored. */
export const credentialSchema = z.object({
  applicationId: z.string(),
  botUserId: z.string(),
  botUsername: z.string(),
  inviteUrl: z.string(),
});

/** discord-edge's state of a tenant's gateway session. */
export const sessionSchema = z.object({
  status: z.enum(['none', 'connecting', 'connected', 'failed']),
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

/** The supervisor's state of a tenant's process. */
export const instanceSchema = z.object({
  desired: z.enum(['running', 'stopped']),
  state: z.enum(['stopped', 'starting', 'ready', 'degraded', 'backing-off', 'failed']),
  reason: z.string().optional(),
  restarts: z.number().int(),
  /** The layers of confinement in force; empty without a process. */
  layers: z.array(z.string()),
});
