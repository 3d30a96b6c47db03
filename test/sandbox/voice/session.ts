import { randomBytes } from 'node:crypto';
import { keyBytes, open } from './encryption.ts';
import type { EncryptionMode } from './encryption.ts';
import type { Hearing } from './hearing.ts';
import type { ServerFrame } from './protocol.ts';
import type { RtpHeader } from './rtp.ts';

/** Frames kept for a client that resumes; beyond that the oldest are dropped. */
const mostReplayed = 100;

/** What identifies a bot's voice connection (Discord: Voice State Update, Voice Server Update). */
export interface Credentials {
  readonly guildId: string;
  readonly userId: string;
  readonly channelId: string;
  readonly sessionId: string;
  readonly token: string;
}

/** The WebSocket that carries a session. */
export interface SessionCarrier {
  send(frame: ServerFrame): void;
  close(code: number, reason: string): void;
}

/** One bot's voice session in one guild; it outlives its WebSocket for as long as it may be resumed. */
export class VoiceSession {
  readonly credentials: Credentials;
  readonly ssrc: number;
  readonly hearing: Hearing;
  readonly key = randomBytes(keyBytes);
  mode: EncryptionMode | undefined;
  /** Bit set of Speaking; 0 until the client announces that it is speaking. */
  speaking = 0;
  /** Has sent Speaking at least once: without it Discord accepts no packet of an SSRC. */
  announced = false;
  carrier: SessionCarrier | undefined;
  expiry: NodeJS.Timeout | undefined;
  #sequence = 0;
  #replay: (ServerFrame & { readonly seq: number })[] = [];

  constructor(credentials: Credentials, ssrc: number, hearing: Hearing) {
    this.credentials = credentials;
    this.ssrc = ssrc;
    this.hearing = hearing;
    hearing.begin();
  }

  /** Does the client have everything it needs to send sound? */
  get established(): boolean {
    return this.mode !== undefined;
  }

  speak(flags: number): void {
    this.speaking = flags;
    if (flags !== 0) this.announced = true;
  }

  /** Sends a frame, which a disconnected client gets when it resumes. */
  tell(op: number, d: unknown): void {
    this.#sequence += 1;
    const frame = { op, d, seq: this.#sequence };
    this.#replay = [...this.#replay, frame].slice(-mostReplayed);
    this.carrier?.send(frame);
  }

  missedSince(sequence: number): readonly ServerFrame[] {
    return this.#replay.filter(({ seq }) => seq > sequence);
  }

  /** One packet of this session's SSRC; `audible` if the channel lets the bot be heard. */
  receive(header: RtpHeader, packet: Buffer, audible: boolean): void {
    const opened = this.mode === undefined ? undefined : open(this.mode, this.key, packet, header.clearBytes);
    if (!opened) this.hearing.undecryptable += 1;
    else if (!audible || !this.announced) this.hearing.unheard += 1;
    else this.hearing.hear(header, opened.subarray(header.extensionBytes));
  }
}
