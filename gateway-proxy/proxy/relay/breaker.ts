import CircuitBreaker from 'opossum';
import { FaultBudget } from '#infra/kernel/fault-budget.ts';

/**
 * Why an attempt at an upstream failed. `unreachable`: it got no connection; `broken-off`: the connection ended without
 * a response; `abort` is caused by the caller and says nothing about the upstream.
 */
export type AttemptFault = 'unreachable' | 'broken-off' | 'timeout' | 'server-error' | 'abort';

/** Thrown by an attempt, so that the breaker counts it. */
export class AttemptFailed extends Error {
  readonly fault: AttemptFault;
  /** Whose call it was. */
  readonly tenant: string;

  constructor(fault: AttemptFault, tenant: string, cause?: unknown) {
    super(`an attempt failed: ${fault}`, { cause });
    this.name = 'AttemptFailed';
    this.fault = fault;
    this.tenant = tenant;
  }
}

export interface BreakerSettings {
  /** Below this number of attempts within ten seconds, nothing is concluded. */
  readonly volumeThreshold: number;
  readonly errorThresholdPercentage: number;
  /** How long it stays open before one attempt is let through. */
  readonly resetTimeoutMs: number;
}

export const defaultBreakerSettings: BreakerSettings = {
  volumeThreshold: 20,
  errorThresholdPercentage: 50,
  resetTimeoutMs: 5_000,
};

const windowSec = 10;

type Circuit = CircuitBreaker<[() => Promise<void>], void>;

export type BreakerState = 'closed' | 'half-open' | 'open';

/**
 * One breaker per upstream and per Lavalink node. What a call itself may have caused (a server error, a time-out, a
 * connection that breaks off) counts only within its tenant's budget, which is half of what it takes to open: no single
 * tenant can close an upstream to the others with calls that fail or take too long.
 */
export class Breaker {
  readonly resetTimeoutMs: number;
  readonly #open: () => Circuit;
  #circuit: Circuit;

  constructor(name: string, settings: BreakerSettings = defaultBreakerSettings) {
    const toOpen = (settings.volumeThreshold * settings.errorThresholdPercentage) / 100;
    const burst = Math.max(1, Math.floor(toOpen / 2));
    // Replenished after two of the breaker's windows.
    const budget = new FaultBudget({ perSec: burst / (2 * windowSec), burst });
    this.resetTimeoutMs = settings.resetTimeoutMs;
    this.#open = () => openCircuit(name, settings, budget);
    this.#circuit = this.#open();
  }

  get state(): BreakerState {
    if (this.#circuit.opened) return 'open';
    return this.#circuit.halfOpen ? 'half-open' : 'closed';
  }

  /** Closes, because another process answers from now on: how the one before it failed says nothing about this one. */
  startOver(): void {
    // Attempts at the process before it still end, and count where nobody looks.
    this.#circuit.shutdown();
    this.#circuit = this.#open();
  }

  /** 'done' if the attempt was made, however it ended; 'open' if it was not made. */
  async attempt(run: () => Promise<void>): Promise<'done' | 'open'> {
    let made = false;
    try {
      await this.#circuit.fire(() => {
        made = true;
        return run();
      });
    } catch (error) {
      if (!made) return 'open';
      if (!(error instanceof AttemptFailed)) throw error;
    }
    return 'done';
  }

  [Symbol.dispose](): void {
    this.#circuit.shutdown();
  }
}

function openCircuit(name: string, settings: BreakerSettings, budget: FaultBudget): Circuit {
  const circuit: Circuit = new CircuitBreaker((attempt: () => Promise<void>) => attempt(), {
    name,
    timeout: false,
    rollingCountTimeout: windowSec * 1000,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    volumeThreshold: settings.volumeThreshold,
    errorThresholdPercentage: settings.errorThresholdPercentage,
    resetTimeout: settings.resetTimeoutMs,
    // True: not the upstream's failure.
    errorFilter: (error: unknown) => {
      if (!(error instanceof AttemptFailed) || error.fault === 'unreachable') return false;
      if (error.fault === 'abort') return true;
      return !budget.take(error.tenant, circuit.halfOpen ? 'trial' : 'operation');
    },
  });
  return circuit;
}
