import type { Clock } from '#infra/kernel/clock.ts';

export interface Instant {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export interface RunningTimeOptions {
  readonly clock: Clock;
  /** Milliseconds of a clock that is never set. */
  readonly monotonicMs?: () => number;
  /** How often it is noticed that this process runs. */
  readonly everyMs: number;
  /** After standing still for this long, it may not go on as if nothing had happened. */
  readonly stoppedMs: number;
}

/** Time as a replica has to see it: by two clocks, and with the time in which it stood still. */
export class RunningTime implements Disposable {
  readonly #options: RunningTimeOptions;
  /** When this process last certainly ran. */
  #ran: Instant;
  #wasStopped = false;
  #closed = false;
  #cancel: () => void = () => undefined;

  constructor(options: RunningTimeOptions) {
    this.#options = options;
    this.#ran = this.now();
  }

  now(): Instant {
    const { clock, monotonicMs = () => performance.now() } = this.#options;
    return { wallMs: clock.now(), monotonicMs: monotonicMs() };
  }

  /** By whichever clock went on: one may have been set back, the other stands still while the machine sleeps. */
  elapsedMs(since: Instant): number {
    const now = this.now();
    return Math.max(now.wallMs - since.wallMs, now.monotonicMs - since.monotonicMs);
  }

  /** Notices when this process stands still, as after SIGSTOP, or while its machine sleeps. */
  follow(): void {
    this.#notice();
    if (this.#closed) return;
    this.#cancel = this.#options.clock.after(this.#options.everyMs, () => this.follow());
  }

  /** Whether it stood still since it last made sure that it may go on. */
  get wasStopped(): boolean {
    this.#notice();
    return this.#wasStopped;
  }

  mayGoOn(): void {
    this.#wasStopped = false;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#cancel();
  }

  #notice(): void {
    this.#wasStopped ||= this.elapsedMs(this.#ran) >= this.#options.stoppedMs;
    this.#ran = this.now();
  }
}
