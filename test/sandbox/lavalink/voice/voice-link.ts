import type { VoiceState } from '../protocol.ts';

/** What a player hears of its connection to a voice server. */
export interface VoiceListener {
  /** Sound can flow. */
  opened(): void;
  /** The connection is over; nothing follows. `byRemote` when the other side closed it. */
  closed(code: number, reason: string, byRemote: boolean): void;
  /** The next 20 ms of sound; undefined while nothing sounds. Asked every 20 ms while the connection stands. */
  frame(): Buffer | undefined;
}

/** A player's connection to a voice server. */
export interface VoiceLink {
  /** Of the last heartbeat, in ms; -1 when none has been answered. */
  readonly pingMs: number;
  /** Called once, when the player knows its link. */
  open(): void;
  /** Ends it without a word to the listener. */
  close(): void;
  /** Discord may have changed the member's voice state. */
  recheck(): void;
}

/** Whose connection is asked for. */
export interface VoicePlace {
  readonly userId: string;
  readonly guildId: string;
}

/** Makes connections to voice servers; nothing happens before a link is opened. */
export interface VoiceLinks {
  link(seat: VoicePlace, given: VoiceState, listener: VoiceListener): VoiceLink;
}

/** One that is refused as soon as it is opened. */
export function refusedLink(code: number, reason: string, listener: VoiceListener): VoiceLink {
  return {
    pingMs: -1,
    open: () => listener.closed(code, reason, true),
    close: () => undefined,
    recheck: () => undefined,
  };
}
