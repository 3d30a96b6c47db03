import { z } from 'zod';
import { reportedStates } from './instance-state.ts';

/** A bot starts without an environment: it learns everything over the IPC channel from its supervisor. */

/** The services that a bot may call. */
const botAudiences = ['discord-edge', 'audio', 'api'] as const;
export type BotAudience = (typeof botAudiences)[number];

/** Messages from a bot to its supervisor. */
export const fromBotSchema = z.discriminatedUnion('type', [
  /** A certificate request for a key pair that never leaves the bot; at start and at half its lifetime. */
  z.object({ type: z.literal('csr'), pem: z.string().max(4096) }),
  /** Requests a connected socket to gateway-proxy; answered by `door` with the socket attached. */
  z.object({ type: z.literal('door'), id: z.number().int() }),
  /** Requests a call token bound to the bot's certificate. Audience: a service's name. */
  z.object({ type: z.literal('call-token'), id: z.number().int(), audience: z.enum(botAudiences) }),
  /** The bot's progress; `ready` once commands are registered and the stream is attached. */
  z.object({
    type: z.literal('state'),
    state: z.enum(reportedStates),
    detail: z.string().max(500).optional(),
  }),
  /** Answers a `ping`, from the bot's event loop. */
  z.object({ type: z.literal('pong'), id: z.number().int() }),
]);
export type FromBot = z.infer<typeof fromBotSchema>;
/** Those that the supervisor answers. */
export type Question = Extract<FromBot, { type: 'csr' | 'door' | 'call-token' }>;

/** Messages from a supervisor to a bot. */
export type ToBot =
  | { readonly type: 'settings'; readonly settings: BotSettings }
  | {
      readonly type: 'identity';
      readonly certificatePem: string;
      readonly trustBundlePem: string;
      /** Milliseconds since the epoch. */
      readonly expiresAtMs: number;
    }
  /** The socket handle is attached to this message; `refused` has none. */
  | { readonly type: 'door'; readonly id: number; readonly refused?: string }
  | {
      readonly type: 'call-token';
      readonly id: number;
      readonly token?: string;
      readonly expiresAtMs?: number;
      readonly refused?: string;
    }
  /** Checks whether the event loop is running. Answered by `pong` with the same id. */
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'stop' };

export interface BotSettings {
  readonly installation: string;
  readonly tenant: string;
  readonly applicationId: string;
  readonly logLevel: string;
  /** SPIFFE id that the proxy's certificate must have. */
  readonly proxySpiffeId: string;
}
