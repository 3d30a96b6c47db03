import type { NdjsonWriter } from '#infra/http/ndjson.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { OpenSessionStatus } from '#tenants/instance-protocol/session-state.ts';
import type { StreamFrame } from '#tenants/instance-protocol/stream-frames.ts';
import { DispatchBuffer, type BufferLimits } from './dispatch-buffer.ts';
import type { TalkBelow } from '../state/talk.ts';

/** What an attaching bot gets before anything else. */
export interface Greeting {
  readonly applicationId: string;
  readonly botUserId: string;
  readonly session: { readonly status: OpenSessionStatus; readonly reason?: string | undefined };
  /** READY and the guilds, as frames without a number. */
  readonly state: readonly { readonly t: string; readonly d: unknown }[];
  readonly talk: readonly TalkBelow[];
}

/**
 * Delivers a tenant's session to its bot: at most one bot is attached, a new one replaces the old one, and what no bot
 * has acknowledged is sent again (tenants/instance-protocol/stream-frames.ts).
 */
export class BotStream {
  readonly #buffer: DispatchBuffer;
  #writer: NdjsonWriter | undefined;
  #seq: number;

  constructor(clock: Clock, limits?: BufferLimits) {
    this.#buffer = new DispatchBuffer(clock, limits);
    // Starting from the current time keeps an acknowledgement of an earlier edge's dispatches from matching any of
    // these.
    this.#seq = clock.now();
  }

  get attached(): boolean {
    return this.#writer !== undefined && !this.#writer.closed;
  }

  get lost(): number {
    return this.#buffer.lost;
  }

  /** Replaces an attached bot; everything is written in one turn, so nothing can come in between. */
  attach(writer: NdjsonWriter, greeting: Greeting): void {
    this.#writer?.close();
    this.#writer = writer;
    const { applicationId, botUserId, session, state, talk } = greeting;
    this.#write({ op: 'attached', applicationId, botUserId });
    this.session(session.status, session.reason);
    for (const { t, d } of state) this.#write({ op: 'dispatch', seq: 0, t, d });
    for (const { seq, t, d, txn } of this.#buffer.unacknowledged()) this.#dispatch(seq, t, d, txn);
    for (const below of talk) this.talk(below);
  }

  detach(writer: NdjsonWriter): boolean {
    if (this.#writer !== writer) return false;
    this.#writer = undefined;
    return true;
  }

  /** Sends a dispatch, or keeps it for the next bot. */
  dispatch(t: string, d: unknown, txn?: string): void {
    this.#seq += 1;
    // READY and GUILD_CREATE are rebuilt from what the edge knows when a bot attaches.
    if (t !== 'READY' && t !== 'GUILD_CREATE' && t !== 'RESUMED') {
      this.#buffer.add({ seq: this.#seq, t, d, txn }, JSON.stringify(d).length + (txn?.length ?? 0));
    }
    this.#dispatch(this.#seq, t, d, txn);
  }

  /** Sends an interaction. Its answer acknowledges it; until then interaction-window.ts keeps it. */
  interaction(d: unknown, txn: string | undefined): void {
    this.#seq += 1;
    this.#dispatch(this.#seq, 'INTERACTION_CREATE', d, txn);
  }

  session(status: OpenSessionStatus, reason?: string): void {
    this.#write({ op: 'session', status, ...(reason === undefined ? {} : { reason }) });
  }

  /** Not kept for a bot that is away: it is told the newest count when it attaches. */
  talk(below: TalkBelow): void {
    this.#write({ op: 'talk', ...below });
  }

  /** Dispatches up to `seq` have been handled. */
  acknowledge(seq: number): void {
    if (seq > this.#seq) throw callerFault('gateway.unknown-seq', 'No dispatch with this number has been sent.');
    this.#buffer.acknowledge(seq);
  }

  /** Ends the stream and drops what is waiting. */
  close(): void {
    this.#writer?.close();
    this.#writer = undefined;
    this.#buffer.clear();
  }

  #dispatch(seq: number, t: string, d: unknown, txn?: string): void {
    this.#write({ op: 'dispatch', seq, t, d, ...(txn === undefined ? {} : { txn }) });
  }

  #write(frame: StreamFrame): void {
    this.#writer?.send(frame);
  }
}
