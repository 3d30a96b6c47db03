import type { VoiceState } from './ports.ts';

/**
 * Whether a node that was told the one knows the other. That the channel is another is known before the voice server for it
 * is named, so that it alone makes no difference.
 */
export const areSameCredentials = (one: VoiceState | undefined, other: VoiceState | undefined): boolean =>
  one?.sessionId === other?.sessionId &&
  one?.server?.token === other?.server?.token &&
  one?.server?.endpoint === other?.server?.endpoint;
