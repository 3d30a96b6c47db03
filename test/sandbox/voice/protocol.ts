import { z } from 'zod';
import { encryptionModes } from './encryption.ts';

const id = z.string().regex(/^\d{1,20}$/);
const ssrc = z.int().min(0).max(0xffffffff);

/** host:port of a voice server, as sent to bots. */
export const endpointName = z
  .string()
  .max(300)
  .regex(/^(?:[\w.-]+|\[[\da-fA-F:]+\]):\d{1,5}$/);

/** A frame from a client (Discord: Voice Connections, version 8). */
export const clientFrame = z.object({ op: z.int(), d: z.unknown() });

export const identifyData = z.object({
  server_id: id,
  user_id: id,
  session_id: z.string(),
  token: z.string(),
  max_dave_protocol_version: z.int().min(0).optional(),
});
export type IdentifyData = z.output<typeof identifyData>;

export const resumeData = z.object({
  server_id: id,
  session_id: z.string(),
  token: z.string(),
  seq_ack: z.int().min(-1).optional(),
});
export type ResumeData = z.output<typeof resumeData>;

export const heartbeatData = z.object({ t: z.number(), seq_ack: z.int().min(-1).optional() });

export const selectProtocolData = z.object({
  protocol: z.string(),
  data: z.object({ address: z.string(), port: z.int().min(0).max(65_535), mode: z.string() }),
});

export const encryptionMode = z.enum(encryptionModes);

export const speakingData = z.object({ speaking: z.int().min(0).max(7), delay: z.number().optional(), ssrc });

/** A frame from the server; those with a `seq` are sent again to a client that resumes. */
export interface ServerFrame {
  readonly op: number;
  readonly d: unknown;
  readonly seq?: number;
}
