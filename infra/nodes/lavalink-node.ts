import { z } from 'zod';

/** Of a Lavalink node; it is part of addresses. */
export const nodeIdSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/, 'must be letters, digits, dashes');

/** Discord's voice regions that a node is near to, as at the beginning of voice servers' addresses, without their number. */
export const voiceRegionsSchema = z
  .array(z.string().regex(/^[a-z]{1,30}(-[a-z]{1,30}){0,3}$/, 'must be a voice region such as rotterdam or us-east'))
  .max(50);
