import type { VoiceState } from '../protocol.ts';
import { refusedLink } from './voice-link.ts';
import type { VoiceLink, VoiceLinks, VoiceListener, VoicePlace } from './voice-link.ts';

/** What Discord knows about a member's voice connection in a guild. */
export interface KnownVoice {
  readonly channelId: string | null;
  readonly sessionId: string;
  readonly token: string;
  readonly endpoint: string;
}

/** Asks Discord; undefined if the member is in no voice channel of that guild. */
export type VoiceLookup = (userId: string, guildId: string) => KnownVoice | undefined;

/**
 * Connections of a node without a network to a voice server: their validity is looked up, and no sound is sent. For
 * tests that let minutes pass instantly. Without a lookup every connection is valid.
 */
export class ToldLinks implements VoiceLinks {
  readonly #lookup: VoiceLookup | undefined;

  constructor(lookup: VoiceLookup | undefined) {
    this.#lookup = lookup;
  }

  link(seat: VoicePlace, given: VoiceState, listener: VoiceListener): VoiceLink {
    if (!this.#holds(seat, given)) return refusedLink(4006, 'Session is no longer valid.', listener);
    return {
      pingMs: 12,
      open: () => listener.opened(),
      close: () => undefined,
      recheck: () => {
        if (!this.#holds(seat, given)) listener.closed(4014, 'Disconnected.', true);
      },
    };
  }

  #holds({ userId, guildId }: VoicePlace, given: VoiceState): boolean {
    if (!this.#lookup) return true;
    const known = this.#lookup(userId, guildId);
    return (
      known !== undefined &&
      known.channelId !== null &&
      known.channelId === given.channelId &&
      known.sessionId === given.sessionId &&
      known.token === given.token &&
      known.endpoint === given.endpoint
    );
  }
}
