import { z } from 'zod';

/** discord-edge's response after a token was checked or stored. */
export const credentialSchema = z.object({
  applicationId: z.string(),
  botUserId: z.string(),
  botUsername: z.string(),
  inviteUrl: z.string(),
});
