import type { FastifyReply } from 'fastify';
import type { Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { ndjsonReply, type NdjsonWriter } from './ndjson.ts';

/** Called when something may have changed, by what it concerns. */
export class Changes<Key> {
  readonly #followers = new Map<Key, Set<() => void>>();

  tell(key: Key): void {
    for (const changed of this.#followers.get(key) ?? []) changed();
  }

  /** The returned function stops it. */
  follow(key: Key, changed: () => void): () => void {
    const own = this.#followers.get(key) ?? new Set();
    this.#followers.set(key, own.add(changed));
    return () => {
      own.delete(changed);
      if (own.size === 0 && this.#followers.get(key) === own) this.#followers.delete(key);
    };
  }

  count(key: Key): number {
    return this.#followers.get(key)?.size ?? 0;
  }
}

export interface FollowedState<Key> {
  readonly changes: Changes<Key>;
  readonly key: Key;
  /** The current state; read when the stream starts and after changes, never twice at once. */
  readonly read: () => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many may follow one state at the same time. */
  readonly mostFollowers?: number;
  /** Minimum time between two reads, however much changes. */
  readonly paceMs?: number;
}

/**
 * Responds with a state as NDJSON: the current one, then the whole state again whenever it has changed. When it can no
 * longer be read the stream ends, and its follower reconnects. @throws what `read` throws at first,
 * stream.too-many-followers (429)
 */
export async function followedState<Key>(reply: FastifyReply, state: FollowedState<Key>): Promise<FastifyReply> {
  const { changes, key, read, mostFollowers = 16 } = state;
  if (changes.count(key) >= mostFollowers)
    throw platformFault(
      'stream.too-many-followers',
      'Too many streams of this kind are open. Close one first.',
      undefined,
      429,
    );
  const told = new Told(state);
  const unfollow = changes.follow(key, () => told.changed());
  try {
    const first = await read();
    told.begin(ndjsonReply(reply, { onClose: () => (unfollow(), told.end()) }), first);
    return reply;
  } catch (error) {
    unfollow();
    throw error;
  }
}

/** What one follower last received, and whether there may be more. */
class Told {
  readonly #state: Pick<FollowedState<unknown>, 'read' | 'clock' | 'logger' | 'paceMs'>;
  #writer: NdjsonWriter | undefined;
  #last = '';
  #pending = false;
  #busy = true;
  #cancel: () => void = () => undefined;

  constructor(state: Pick<FollowedState<unknown>, 'read' | 'clock' | 'logger' | 'paceMs'>) {
    this.#state = state;
  }

  begin(writer: NdjsonWriter, first: unknown): void {
    this.#writer = writer;
    this.#send(first);
    this.#rest();
  }

  changed(): void {
    this.#pending = true;
    if (!this.#busy) void this.#look();
  }

  end(): void {
    this.#busy = true;
    this.#cancel();
  }

  async #look(): Promise<void> {
    const { read, logger } = this.#state;
    this.#busy = true;
    this.#pending = false;
    try {
      this.#send(await read());
      this.#rest();
    } catch (error) {
      logger.warn({ err: error }, 'could not read a followed state; ending its stream');
      this.#writer?.close();
    }
  }

  #send(value: unknown): void {
    const text = JSON.stringify(value);
    if (text === this.#last) return;
    this.#last = text;
    this.#writer?.send(value);
  }

  #rest(): void {
    if (this.#writer?.closed) return;
    const { clock, paceMs = 100 } = this.#state;
    this.#cancel = clock.after(paceMs, () => {
      this.#busy = false;
      if (this.#pending) void this.#look();
    });
  }
}
