import { z } from 'zod';

/** Environment-free start: a bot learns everything it needs over the IPC channel that its supervisor made with it. */

/** What a bot says to its supervisor. */
export const fromBotSchema = z.discriminatedUnion('type', [
  /** A certificate request for a key pair that never leaves the bot; at start and at half life. */
  z.object({ type: z.literal('csr'), pem: z.string().max(4096) }),
  /** Asks for a connected socket to gateway-proxy; answered by `door` with the socket beside it. */
  z.object({ type: z.literal('door'), id: z.number().int() }),
  /** Asks for a call token bound to the bot's certificate. Audience: a service's name. */
  z.object({ type: z.literal('call-token'), id: z.number().int(), audience: z.enum(['discord-edge', 'audio']) }),
  /** How far the bot is; `ready` once commands are registered and the stream is attached. */
  z.object({
    type: z.literal('state'),
    state: z.enum(['starting', 'ready', 'degraded']),
    detail: z.string().max(500).optional(),
  }),
  /** Answers a `ping`, from the bot's event loop. */
  z.object({ type: z.literal('pong'), id: z.number().int() }),
]);
export type FromBot = z.infer<typeof fromBotSchema>;
/** The part of it that its supervisor answers. */
export type Question = Extract<FromBot, { type: 'csr' | 'door' | 'call-token' }>;

/** What a supervisor says to a bot. */
export type ToBot =
  | { readonly type: 'settings'; readonly settings: BotSettings }
  | {
      readonly type: 'identity';
      readonly certificatePem: string;
      readonly trustBundlePem: string;
      /** Milliseconds since the epoch. */
      readonly expiresAtMs: number;
    }
  /** Beside this message comes the socket handle; `refused` without one. */
  | { readonly type: 'door'; readonly id: number; readonly refused?: string }
  | {
      readonly type: 'call-token';
      readonly id: number;
      readonly token?: string;
      readonly expiresAtMs?: number;
      readonly refused?: string;
    }
  /** Is the event loop still turning? Answered by `pong` with the same id. */
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'stop' };

export interface BotSettings {
  readonly installation: string;
  readonly tenant: string;
  readonly applicationId: string;
  readonly logLevel: string;
  /** SPIFFE id that the proxy's certificate must carry. */
  readonly proxySpiffeId: string;
}
