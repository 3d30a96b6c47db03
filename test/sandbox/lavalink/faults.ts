import { z } from 'zod';
import { severities } from './protocol.ts';

/** Faults of this node that tests and people can inject. All are off at the start. */
export const faultsSchema = z.strictObject({
  /** Every REST response is delayed by this much, in ms. */
  slowMs: z.int().min(0).max(120_000).optional(),
  /** REST responds with this status instead; 0 ends it. */
  restStatus: z.union([z.literal(0), z.int().min(500).max(599)]).optional(),
  /** How many REST responses `restStatus` applies to; by default until it is set to 0. */
  restTimes: z.int().min(1).max(10_000).optional(),
  /**
   * The machine is gone: sockets are reset and connections refused. Sessions survive it as they would a network
   * partition.
   */
  dead: z.boolean().optional(),
  /**
   * REST requests are accepted but never answered, while the WebSocket works: `lost` ones are not carried out, `done`
   * ones are. Null ends it and aborts those still waiting.
   */
  restSilent: z.enum(['lost', 'done']).nullable().optional(),
  /** REST responds with this instead, like a proxy in front of a node: the page of a reverse proxy. Null ends it. */
  restAnswer: z
    .strictObject({
      status: z.int().min(200).max(599),
      contentType: z.string().min(1).max(100),
      body: z.string().max(1_000_000),
      /** Only for paths that contain this. */
      path: z.string().max(100).optional(),
    })
    .nullable()
    .optional(),
  /** WebSocket messages are lost. */
  muted: z.boolean().optional(),
  /** The password has changed: REST and new sockets are refused, open ones stay. */
  refusesPassword: z.boolean().optional(),
  /** Discord's voice server closes every new connection with this code; null ends it. */
  voiceRefusal: z.int().min(4000).max(4999).nullable().optional(),
  /** Sources, filters and plugins that the node does not have, of those that it has by default; replaces the list before. */
  lacks: z.array(z.string().max(50)).max(50).optional(),
  /** Sources whose every load fails, as without the credentials that they need. */
  withoutCredentials: z.array(z.string().max(50)).max(50).optional(),
  /** How busy it says it is: the processor, and frames of a minute that players lack. */
  busy: z
    .strictObject({
      systemLoad: z.number().min(0).max(1).default(0.05),
      deficit: z.int().min(0).max(3_000).default(0),
      nulled: z.int().min(0).max(3_000).default(0),
    })
    .optional(),
  /** Every socket is reset once; sessions that allow it wait to be resumed. */
  dropSockets: z.boolean().optional(),
  /** The process restarts: sockets are reset and all sessions are lost. */
  restart: z.boolean().optional(),
});

/** A validated request. */
export type FaultRequest = z.infer<typeof faultsSchema>;

/** Faults of a single player. */
export const playerFaultSchema = z.strictObject({
  /** For TrackExceptionEvent. */
  message: z.string().min(1).max(500).optional(),
  severity: z.enum(severities).optional(),
  /** For WebSocketClosedEvent; without it a voice connection is lost silently. */
  code: z.int().min(1000).max(4999).optional(),
  /** For TrackStuckEvent, in ms. */
  thresholdMs: z.int().min(0).max(600_000).optional(),
});

/** A validated request. */
export type PlayerFault = z.infer<typeof playerFaultSchema>;
