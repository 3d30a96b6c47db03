import type { VoiceState } from '../protocol.ts';

/** Events of a player's connection to a voice server. */
export interface VoiceListener {
  /** Sound can flow. */
  opened(): void;
  /** The connection is over; nothing follows. `byRemote` if the other side closed it. */
  closed(code: number, reason: string, byRemote: boolean): void;
  /** The next 20 ms of sound; undefined during silence. Called every 20 ms while connected. */
  frame(): Buffer | undefined;
}

/** A player's connection to a voice server. */
export interface VoiceLink {
  /** Of the last heartbeat, in ms; -1 if none has been answered. */
  readonly pingMs: number;
  /** Called once, when the player has stored its link. */
  open(): void;
  /** Ends it without notifying the listener. */
  close(): void;
  /** Discord may have changed the member's voice state. */
  recheck(): void;
}

/** The member and guild of a connection. */
export interface VoicePlace {
  readonly userId: string;
  readonly guildId: string;
}

/** Creates connections to voice servers; nothing happens before a link is opened. */
export interface VoiceLinks {
  link(seat: VoicePlace, given: VoiceState, listener: VoiceListener): VoiceLink;
}

/** A link that is refused as soon as it is opened. */
export function refusedLink(code: number, reason: string, listener: VoiceListener): VoiceLink {
  return {
    pingMs: -1,
    open: () => listener.closed(code, reason, true),
    close: () => undefined,
    recheck: () => undefined,
  };
}
