import type { SharedKey } from '#infra/shared-state/shared-state.ts';

export interface FanOutListener {
  heard(message: Uint8Array): void;
  /** From now on messages are heard; what was said before may have been missed. */
  connected(): void;
  /** Messages may be missed until `connected`. */
  disconnected(): void;
  /** The server does not let this process hear: the reason is the error's operator message. */
  refused?(error: Error): void;
}

/**
 * Brings messages from one replica of a part to the others, at once and at most once: whoever is away misses them, so each has to
 * tell whether one was missed, and to ask for what it is about. Nothing is stored, and Redis is not trusted: what may not be read or
 * invented there is sealed by whoever sends it.
 */
export interface FanOut extends AsyncDisposable {
  /** To all that follow the topic, this process among them. @throws shared-state.unavailable (503) */
  publish(topic: SharedKey, message: Uint8Array): Promise<void>;
  follow(topic: SharedKey, listener: FanOutListener): FanOutFollowing;
}

export interface FanOutFollowing {
  /** @throws shared-state.unavailable (503), if the server has not heard of it; nothing is passed to the listener all the same */
  leave(): Promise<void>;
}
