import { Error as LibraryErrors } from '@dbos-inc/dbos-sdk';
import { Backoff } from '#infra/kernel/backoff.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { plain, storable } from './failures.ts';
import type { Failure } from './saga.ts';

/** How a step is attempted. */
export interface Attempts {
  /** An attempt that takes longer has failed. */
  readonly timeoutMs: number;
  /** The wait before the second attempt; it doubles each time. */
  readonly firstDelayMs: number;
  readonly limit: number;
}

/** What is known of a workflow that runs in this process. */
export interface Progress {
  readonly step: string;
  readonly sinceMs: number;
  readonly attempt: number;
  /** Why the last attempt failed. */
  readonly failure?: Failure;
}

interface Running {
  progress: Progress | undefined;
  /** Ends the pause between two attempts, while there is one. */
  wake: (() => void) | undefined;
  readonly stop: AbortController;
  readonly over: PromiseWithResolvers<void>;
  /** The process stops, and the next one goes on. */
  parked: boolean;
}

/** An attempt that was told to end has this long to do so in order. */
const graceMs = 1_000;
const longestDelayMs = 15 * 60_000;

/** The workflows whose body runs in this process, and the attempts at their steps. */
export class Underway {
  readonly #running = new Map<string, Running>();
  readonly #stopping = new AbortController();
  readonly #ports: { readonly clock: Clock; readonly logger: Logger };

  constructor(ports: { readonly clock: Clock; readonly logger: Logger }) {
    this.#ports = ports;
  }

  /** Runs the body of a workflow, whose attempts are known by its id. */
  async during<Result>(id: string, body: () => Promise<Result>): Promise<Result> {
    const running: Running = {
      progress: undefined,
      wake: undefined,
      stop: new AbortController(),
      over: Promise.withResolvers(),
      parked: false,
    };
    this.#running.set(id, running);
    try {
      return await body();
    } finally {
      running.over.resolve();
      if (this.#running.get(id) === running) this.#running.delete(id);
    }
  }

  progressOf(id: string): Progress | undefined {
    return this.#running.get(id)?.progress;
  }

  /** Makes the next attempt now. @returns false if the workflow is not between two attempts */
  wake(id: string): boolean {
    const wake = this.#running.get(id)?.wake;
    wake?.();
    return wake !== undefined;
  }

  /** Ends the bodies of workflows that were cancelled; resolves once they have ended, those that run elsewhere aside. */
  async stop(ids: readonly string[]): Promise<void> {
    const found = ids.map((id) => this.#running.get(id)).filter((running) => running !== undefined);
    for (const { stop } of found) stop.abort();
    await Promise.all(found.map(({ over }) => over.promise));
  }

  /**
   * Interrupts all attempts, and waits for them, at most so long; their workflows stay as they are, for the next process.
   * @returns whether nothing had to be interrupted
   */
  async park(withinMs: number): Promise<boolean> {
    this.#stopping.abort();
    const endMs = this.#ports.clock.now() + withinMs;
    const never = new AbortController().signal;
    while ([...this.#running.values()].some(({ parked }) => !parked) && this.#ports.clock.now() < endMs)
      await pause(20, this.#ports.clock, never);
    return this.#running.size === 0;
  }

  /**
   * Attempts it until it succeeds, is not worth another attempt, or the limit is reached. Never settles once the process
   * stops: what would be stored then is a failure that was none.
   * @throws SagaFailure the last one
   */
  async attempt<Result>(of: {
    readonly id: string;
    readonly step: string;
    readonly attempts: Attempts;
    readonly work: (signal: AbortSignal, attempt: number) => Promise<Result>;
    readonly repeats?: (error: unknown, attempt: number) => boolean;
  }): Promise<Result> {
    const { clock, logger } = this.#ports;
    const { id, step, attempts } = of;
    const running = this.#running.get(id);
    if (!running) throw platformFault('saga.not-under-way', 'A step was begun outside its workflow.', undefined, 500);
    const sinceMs = clock.now();
    const backoff = new Backoff({ minMs: attempts.firstDelayMs, maxMs: longestDelayMs });
    for (let attempt = 1; ; attempt += 1) {
      const failure = running.progress?.step === step ? running.progress.failure : undefined;
      running.progress = { step, sinceMs, attempt, ...(failure ? { failure } : {}) };
      const ended = AbortSignal.any([this.#stopping.signal, running.stop.signal]);
      try {
        if (!ended.aborted) return await timed((signal) => of.work(signal, attempt), attempts.timeoutMs, ended);
      } catch (error) {
        if (!ended.aborted) {
          logger.warn({ err: error, workflow: id, step, attempt }, 'a step of a workflow failed');
          const failed = storable(error);
          running.progress = { step, sinceMs, attempt, failure: plain(failed) };
          if (attempt >= attempts.limit || of.repeats?.(error, attempt) === false) throw failed;
          await this.#rest(running, backoff.nextMs());
        }
      }
      if (running.stop.signal.aborted) throw new LibraryErrors.DBOSWorkflowCancelledError(id);
      if (this.#stopping.signal.aborted) {
        running.parked = true;
        await new Promise<never>(() => undefined);
      }
    }
  }

  async #rest(running: Running, delayMs: number): Promise<void> {
    const woken = new AbortController();
    running.wake = () => woken.abort();
    const signal = AbortSignal.any([woken.signal, this.#stopping.signal, running.stop.signal]);
    await pause(delayMs, this.#ports.clock, signal);
    running.wake = undefined;
  }
}

/** Whether a workflow ends because it was cancelled, which is no failure of its step. */
export const isCancelled = (error: unknown): boolean => error instanceof LibraryErrors.DBOSWorkflowCancelledError;

/** One attempt; one that does not end although it was told to is abandoned. */
async function timed<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  timeoutMs: number,
  ended: AbortSignal,
): Promise<Result> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([timeout, ended]);
  const { promise: abandoned, reject: abandon } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const aborted = () => {
    timer = setTimeout(() => abandon(timedOut(timeoutMs)), graceMs);
  };
  signal.addEventListener('abort', aborted, { once: true });
  try {
    const result = await Promise.race([work(signal), abandoned]);
    // It may have stopped halfway because it was told to.
    if (signal.aborted) throw timedOut(timeoutMs);
    return result;
  } catch (error) {
    throw timeout.aborted ? timedOut(timeoutMs, error) : error;
  } finally {
    signal.removeEventListener('abort', aborted);
    clearTimeout(timer);
  }
}

const timedOut = (timeoutMs: number, cause?: unknown) =>
  platformFault('saga.step-timed-out', `The step took longer than ${Math.round(timeoutMs / 1_000)} seconds.`, cause);
