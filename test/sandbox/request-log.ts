import type { Clock } from './clock.ts';

/** One action of an application at this Discord. `at` in Unix milliseconds; `seq` counts from 1 and never repeats. */
export type LogEntry = { seq: number; at: number } & (
  | { kind: 'identify'; applicationId: string | null; outcome: string }
  | { kind: 'resume'; applicationId: string | null; sessionId: string; outcome: string; path: string }
  | { kind: 'gateway-close'; applicationId: string | null; code: number; by: 'client' | 'server' }
  | { kind: 'rest'; applicationId: string | null; method: string; route: string; path: string; status: number }
);

type Unnumbered<Entry> = Entry extends unknown ? Omit<Entry, 'seq' | 'at'> : never;

const mostEntries = 5_000;

/**
 * What applications did, for tests that must prove how often something was requested of Discord. Bounded; contains no
 * token.
 */
export class RequestLog {
  readonly #clock: Clock;
  #entries: LogEntry[] = [];
  #seq = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(entry: Unnumbered<LogEntry>): void {
    this.#seq += 1;
    this.#entries.push({ seq: this.#seq, at: this.#clock.now(), ...entry });
    if (this.#entries.length > mostEntries) this.#entries = this.#entries.slice(-mostEntries / 2);
  }

  /** The entries after a sequence number, oldest first. */
  since(seq = 0): LogEntry[] {
    return this.#entries.filter((entry) => entry.seq > seq);
  }
}
