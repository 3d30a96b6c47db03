import type { SessionInfo } from '@discordjs/ws';
import type { Clock } from '#infra/kernel/clock.ts';
import { isLeaseLost, type Lease } from '#infra/leases/lease.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { SessionStore } from './session-store.ts';

export interface SessionSaverOptions {
  readonly lease: Lease;
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The document for the current sequence number, and a number that grows when it changes. */
  readonly document: () => { readonly version: number; readonly value: () => unknown };
  readonly everyMs?: number;
}

const everyMs = 1_000;
const retryMs = 5_000;
/** A bot in many guilds has a large document: it is written at 256 KiB per second at most, and at least every 30 s. */
const msPerByte = 1_000 / (256 * 1024);
const longestGapMs = 30_000;

/**
 * Saves a session at most once a second. Sequence number and document are read in the same turn, so that a replay after
 * a crash follows exactly on what was saved.
 */
export class SessionSaver {
  readonly #options: SessionSaverOptions;
  #info: SessionInfo | undefined;
  #savedVersion = -1;
  #savedSequence = -1;
  #notBeforeMs = 0;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: SessionSaverOptions) {
    this.#options = options;
  }

  /** Records the session's position; written within a second, or at once with `now`. */
  note(info: SessionInfo, now = false): void {
    const another = this.#info?.sessionId !== info.sessionId;
    this.#info = info;
    if (another) this.#savedVersion = -1;
    if (now) void this.flush();
    else this.#later(this.#options.everyMs ?? everyMs);
  }

  /** The document has changed, without a dispatch. */
  noteChange(): void {
    this.#later(this.#options.everyMs ?? everyMs);
  }

  /** Deletes the session: it can no longer be resumed. */
  async forget(): Promise<void> {
    this.abandon();
    await this.#enqueue(() => this.#options.store.forget(this.#options.lease));
  }

  /** Writes nothing any more: another edge does. */
  abandon(): void {
    this.#info = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Up to where the session's dispatches have been handled; undefined if there is nothing to resume. */
  get position(): SessionInfo | undefined {
    return this.#info;
  }

  /** Whether everything up to now is written. */
  get isSaved(): boolean {
    const { version } = this.#options.document();
    return !this.#info || (this.#savedVersion === version && this.#savedSequence === this.#info.sequence);
  }

  /** Resolves when the current state has been written, or writing it has failed. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    await this.#enqueue(() => this.#write());
  }

  async #write(): Promise<void> {
    const info = this.#info;
    if (!info) return;
    const { version, value } = this.#options.document();
    const { sequence } = info;
    const changed = version !== this.#savedVersion;
    if (!changed && sequence === this.#savedSequence) return;
    const bytes = await this.#options.store.save(this.#options.lease, {
      info,
      document: changed ? value() : undefined,
    });
    this.#savedVersion = version;
    this.#savedSequence = sequence;
    this.#notBeforeMs = this.#options.clock.now() + Math.min(bytes * msPerByte, longestGapMs);
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(work).catch((error: unknown) => {
      // Whoever holds it now saves what it does.
      if (isLeaseLost(error)) return this.abandon();
      this.#options.logger.error({ err: error, tenant: this.#options.lease.tenant }, 'could not save a session');
      this.#savedVersion = -1;
      this.#later(retryMs);
    });
    return this.#writing;
  }

  #later(delayMs: number): void {
    if (!this.#info) return;
    const { clock } = this.#options;
    this.#cancel ??= clock.after(Math.max(delayMs, this.#notBeforeMs - clock.now()), () => void this.flush());
  }
}
