import { z } from 'zod';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { openSessionStatuses } from './session-state.ts';

/**
 * One line of the stream from discord-edge to a bot (`GET /v1/tenants/:tenant/gateway/stream`, NDJSON). An attaching
 * bot gets `attached`, then READY and a GUILD_CREATE for each guild as the edge knows them now, then every dispatch
 * that no bot has acknowledged, then new ones. Unanswered interactions are sent again.
 */
export const streamFrameSchema = z.discriminatedUnion('op', [
  z.object({ op: z.literal('attached'), applicationId: z.string(), botUserId: z.string() }),
  z.object({
    op: z.literal('dispatch'),
    /**
     * The edge's own sequence number for this tenant, which the bot acknowledges. 0 for frames made from the edge's
     * state.
     */
    seq: z.number().int(),
    t: z.string(),
    d: z.unknown(),
    /**
     * With INTERACTION_CREATE, and with MESSAGE_CREATE, of which a bot gets only what members ask for in request channels:
     * its transaction token.
     */
    txn: z.string().optional(),
  }),
  /** So many messages have come after the bot's newest in this channel; told at 1, 2, 4, 8, … and to an attaching bot. */
  z.object({ op: z.literal('talk'), channel: z.string(), after: z.string(), later: z.number().int() }),
  /** The session with Discord. */
  z.object({
    op: z.literal('session'),
    status: z.enum(openSessionStatuses),
    reason: z.string().optional(),
  }),
]);
export type StreamFrame = z.infer<typeof streamFrameSchema>;

/** In one acknowledgement. */
export const maxEnded = 100;

/** `POST /v1/tenants/:tenant/gateway/ack`: dispatches up to this one have been handled. Sent at most every second. */
export const streamAckSchema = z.object({
  seq: z.number().int().min(0),
  /** Interactions that were sent again to a bot that had answered them already. */
  ended: z.array(snowflakeSchema).max(maxEnded).optional(),
});

/** `POST /v1/tenants/:tenant/gateway/send`: presence updates (op 3). Only the audio service joins voice. */
export const gatewaySendSchema = z.object({ op: z.literal(3), d: z.record(z.string(), z.unknown()) });
