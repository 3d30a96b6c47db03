import type { Query, QueryClient } from '@tanstack/react-query';
import { mayPass } from '../api/problem.ts';

/**
 * The state of retrying what could not be loaded. `well`: nothing is missing; `asking`: a retry is in progress;
 * `resting`: paused while the page is hidden or the browser is offline; `waiting`: the next retry is scheduled.
 */
type Effort =
  | { readonly kind: 'well' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'resting' }
  | { readonly kind: 'waiting'; readonly nextAtMs: number };

/** `isOld`: stale data is shown because it could not be updated. */
export type RetryState = Effort & { readonly isOld: boolean };

export interface RetryPorts {
  /** Throws while the platform does not answer. */
  readonly probe: () => Promise<unknown>;
  /** Receives what the probe threw; if the session is over, it has to lead to the sign-in. */
  readonly unanswered: (error: unknown) => void;
  readonly isAwake: () => boolean;
  readonly now: () => number;
}

const firstPauseMs = 3_000;
const longestPauseMs = 60_000;

/**
 * Retries active queries that failed, with increasing delays, for as long as they are shown and the page is visible.
 * Each retry starts with a cheap probe, so that a screen that shows an error does not flicker.
 */
export class Retries {
  #state: RetryState = { kind: 'well', isOld: false };
  #pauseMs = firstPauseMs;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #client: QueryClient;
  readonly #ports: RetryPorts;

  constructor(client: QueryClient, ports: RetryPorts) {
    this.#client = client;
    this.#ports = ports;
    client.getQueryCache().subscribe(() => this.#look());
  }

  get state(): RetryState {
    return this.#state;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Retries now: a button was pressed, the page is visible again, or the network is back. */
  now = (): void => {
    if (this.#state.kind !== 'asking' && this.#failed().length > 0) void this.#ask();
  };

  #failed(): Query[] {
    return this.#client
      .getQueryCache()
      .findAll({ type: 'active' })
      .filter(({ state }) => state.status === 'error' && mayPass(state.error));
  }

  #look(): void {
    if (this.#state.kind === 'asking') return;
    const failed = this.#failed();
    if (failed.length === 0) this.#rest();
    else if (this.#state.kind === 'well') this.#plan();
    else if (isOld(failed) !== this.#state.isOld) this.#set(this.#state);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#pauseMs = firstPauseMs;
    if (this.#state.kind !== 'well') this.#set({ kind: 'well' });
  }

  #plan(): void {
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    this.#set({ kind: 'waiting', nextAtMs: this.#ports.now() + pauseMs });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#ports.isAwake()) void this.#ask();
      else this.#set({ kind: 'resting' });
    }, pauseMs);
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    this.#set({ kind: 'asking' });
    const fault = await this.#ports.probe().catch((error: unknown) => error);
    if (fault instanceof Error) this.#ports.unanswered(fault);
    if (!mayPass(fault)) {
      const failed = new Set(this.#failed());
      await this.#client.refetchQueries({ predicate: (query) => failed.has(query) });
    }
    if (this.#failed().length > 0) this.#plan();
    else this.#rest();
  }

  #set(effort: Effort): void {
    this.#state = { ...effort, isOld: isOld(this.#failed()) };
    for (const listener of this.#listeners) listener();
  }
}

const isOld = (failed: readonly Query[]): boolean => failed.some(({ state }) => state.data !== undefined);
