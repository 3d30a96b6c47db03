import { z } from 'zod';
import { findingSchema } from '#tenants/application-check/findings.ts';

/** What discord-edge answers when a token was checked or stored. */
export const credentialSchema = z.object({
  applicationId: z.string(),
  botUserId: z.string(),
  botUsername: z.string(),
  inviteUrl: z.string(),
});

/** What discord-edge says of a tenant's gateway session. */
export const sessionSchema = z.object({
  status: z.enum(['none', 'connecting', 'connected', 'failed']),
  reason: z.string().optional(),
  guilds: z.number().int(),
  /** Servers that Discord itself cannot reach at the moment; not among `guilds`. */
  unavailableGuilds: z.number().int().optional(),
  /** What was changed at Discord since onboarding, so that the bot does not work as it did. */
  findings: z.array(findingSchema).optional(),
  latencyMs: z.number().optional(),
  applicationId: z.string().optional(),
  botUserId: z.string().optional(),
});

/** What the supervisor says of a tenant's process. */
export const instanceSchema = z.object({
  desired: z.enum(['running', 'stopped']),
  state: z.enum(['stopped', 'starting', 'ready', 'degraded', 'backing-off', 'failed']),
  reason: z.string().optional(),
  restarts: z.number().int(),
  /** The layers of confinement in force; none without a process. */
  layers: z.array(z.string()),
});
