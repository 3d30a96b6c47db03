import type { WhyCode } from '#services/contracts/why.ts';

/**
 * What to do when Discord's voice server closes a node's connection, by its code (Discord docs: "Voice Close Event
 * Codes"; 1000 to 1015 are WebSocket's own, RFC 6455 7.4.1).
 *
 * - rejoin: the voice session or its token is no longer valid; the bot leaves and joins again;
 * - resend: the session is valid; the node gets the same credentials again, and the result is checked;
 * - wait: Discord moved or removed the bot, and its voice state tells which; or the node itself has closed a connection that
 *   others take the place of; checked if neither follows;
 * - stop: retrying cannot help.
 */
export type CloseAnswer = 'rejoin' | 'resend' | 'wait' | { readonly stop: WhyCode };

const answers: Readonly<Record<number, CloseAnswer>> = {
  1000: 'wait', // how a node ends a connection when it is told other credentials
  4001: 'resend', // unknown opcode
  4002: 'resend', // failed to decode payload
  4003: 'resend', // not authenticated
  4004: 'rejoin', // authentication failed: the token
  4005: 'resend', // already authenticated
  4006: 'rejoin', // session no longer valid
  4009: 'rejoin', // session timeout
  4011: 'rejoin', // server not found: another is named
  4012: { stop: 'voice-protocol' },
  4014: 'wait', // disconnected: moved, kicked, channel deleted, or the session of the gateway is gone
  4015: 'resend', // voice server crashed
  4016: { stop: 'voice-encryption' },
  4017: { stop: 'channel-encrypted' },
  4020: 'resend', // bad request
  4021: { stop: 'too-many-attempts' },
  4022: { stop: 'call-ended' },
};

/** Any other code is a broken connection: the session may be valid. */
export const answerTo = (code: number): CloseAnswer => answers[code] ?? 'resend';
