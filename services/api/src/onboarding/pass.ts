import type { HeldLocks } from '#infra/database/held-locks.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { Superseded } from './check-failed.ts';
import type { CheckId } from './checks.ts';
import { withCheck, type Check, type OnboardingDocument } from './document.ts';
import type { OnboardingStore, StoredOnboarding } from './onboarding-store.ts';

/** Which pass over a tenant's checks; the input of its workflow. */
export type PassInput = { readonly tenant: TenantId; readonly pass: number };

export interface PassPorts {
  readonly store: OnboardingStore;
  readonly locks: HeldLocks;
  readonly clock: Clock;
}

/** How long a pass waits for the one before it to end. */
const handOver = { everyMs: 100, withinMs: 15_000 };

/** One pass over an onboarding's open checks, at work in one step. Findings are stored before they are reported. */
export class Pass {
  readonly tenant: TenantId;
  readonly signal: AbortSignal;
  /** When waiting for a person ends, in milliseconds since the epoch. */
  readonly endsAtMs: number;
  readonly #store: OnboardingStore;
  readonly #clock: Clock;
  #stored: StoredOnboarding;

  constructor(
    { tenant }: PassInput,
    stored: StoredOnboarding,
    ports: PassPorts & { readonly signal: AbortSignal; readonly endsAtMs: number },
  ) {
    this.tenant = tenant;
    this.signal = ports.signal;
    this.endsAtMs = ports.endsAtMs;
    this.#stored = stored;
    this.#store = ports.store;
    this.#clock = ports.clock;
  }

  get document(): OnboardingDocument {
    return this.#stored.document;
  }

  set(id: CheckId, check: Check): Promise<void> {
    return this.change((document) => withCheck(document, id, check));
  }

  pass(id: CheckId, more: Pick<Check, 'detail' | 'data'> = {}): Promise<void> {
    return this.set(id, { state: 'passed', ...more });
  }

  /** @throws Superseded if somebody else has changed it */
  async change(next: (document: OnboardingDocument) => OnboardingDocument): Promise<void> {
    this.#goOn();
    const stored = { document: next(this.document), version: this.#stored.version + 1 };
    if (!(await this.#store.write(this.tenant, stored))) throw new Superseded();
    this.#stored = stored;
  }

  /** Polls until there is a result, at growing intervals; undefined if there is none by the end. */
  async until<Found>(
    times: { readonly everyMs: number; readonly slowestMs?: number; readonly endsAtMs: number },
    look: () => Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    const { everyMs, slowestMs = everyMs, endsAtMs } = times;
    for (let nextMs = everyMs; ; nextMs = Math.min(slowestMs, nextMs * growth)) {
      const found = await look();
      this.#goOn();
      if (found !== undefined) return found;
      if (this.#clock.now() >= endsAtMs) return undefined;
      await pause(nextMs, this.#clock, this.signal);
      this.#goOn();
    }
  }

  /** The time in so many milliseconds. */
  in(ms: number): number {
    return this.#clock.now() + ms;
  }

  #goOn(): void {
    if (this.signal.aborted) throw interrupted(this.signal.reason);
  }
}

/** By this factor each wait is longer than the one before: slower than every 2 s only after a minute. */
const growth = 1.02;

const interrupted = (cause?: unknown) =>
  platformFault('onboarding.interrupted', 'The check was interrupted. Try again in a moment.', cause);

/**
 * Works on a pass while nobody else works on this onboarding, in any process.
 * @returns undefined if another pass has begun, or the tenant is gone
 */
export async function inPass<Result>(
  input: PassInput,
  ports: PassPorts & { readonly signal: AbortSignal; readonly endsAtMs?: number },
  work: (pass: Pass) => Promise<Result>,
): Promise<Result | undefined> {
  const { store, locks, clock, signal, endsAtMs = Number.POSITIVE_INFINITY } = ports;
  const isCurrent = async (): Promise<StoredOnboarding | undefined> => {
    const stored = await store.read(input.tenant);
    return stored?.document.pass === input.pass ? stored : undefined;
  };
  const waitUntilMs = clock.now() + handOver.withinMs;
  for (;;) {
    if (!(await isCurrent())) return undefined;
    await using lock = await locks.tryTake(`onboarding ${input.tenant}`);
    if (lock) {
      const stored = await isCurrent();
      if (!stored) return undefined;
      const pass = new Pass(input, stored, { ...ports, endsAtMs, signal: AbortSignal.any([signal, lock.lost]) });
      try {
        return await work(pass);
      } catch (error) {
        if (error instanceof Superseded && !(await isCurrent())) return undefined;
        throw error instanceof Superseded ? interrupted(error) : error;
      }
    }
    if (clock.now() >= waitUntilMs || signal.aborted) throw interrupted();
    await pause(handOver.everyMs, clock, signal);
  }
}
