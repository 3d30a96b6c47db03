import { randomBytes } from 'node:crypto';
import type { Timer } from '../../clock.ts';

/** One gateway message to a client. */
export interface Frame {
  op: number;
  d: unknown;
  s: number | null;
  t: string | null;
}

/** Where a session's frames go while it is connected. */
export interface FrameSink {
  send(frame: Frame): void;
  close(code: number): void;
  /** Tells the client that it must identify again, which it may do on this connection. */
  invalidate(): void;
  /** Ends the connection without a closing handshake. */
  cut(): void;
}

/** A client's session: outlives its connection, and keeps dispatches for the client to catch up on. */
export class Session {
  readonly id = randomBytes(16).toString('hex');
  readonly applicationId: string;
  readonly intents: number;
  readonly shard: readonly [id: number, count: number];
  readonly #keep: number;
  #kept: Frame[] = [];
  #seq = 0;
  sink: FrameSink | undefined;
  /** Ends the session if nobody resumes it in time. */
  expiry: Timer | undefined;

  constructor(applicationId: string, intents: number, shard: readonly [number, number], keepDispatches: number) {
    this.applicationId = applicationId;
    this.intents = intents;
    this.shard = shard;
    this.#keep = keepDispatches;
  }

  /** Numbers a dispatch, sends it if there is a connection, and keeps it for a resume either way. */
  dispatch(type: string, data: unknown): void {
    this.#seq += 1;
    const frame: Frame = { op: 0, d: data, s: this.#seq, t: type };
    this.#kept.push(frame);
    if (this.#kept.length > this.#keep) this.#kept.shift();
    this.sink?.send(frame);
  }

  /** The dispatches after a sequence number, or undefined if they are no longer kept or the number never existed. */
  missedSince(seq: number): Frame[] | undefined {
    if (seq > this.#seq || seq < 0) return undefined;
    const missed = this.#kept.filter((frame) => (frame.s ?? 0) > seq);
    return missed.length === this.#seq - seq ? missed : undefined;
  }

  /** Guilds are assigned to shards by id (Discord: Gateway, Sharding). */
  covers(guildId: string): boolean {
    const [id, count] = this.shard;
    return (BigInt(guildId) >> 22n) % BigInt(count) === BigInt(id);
  }
}
