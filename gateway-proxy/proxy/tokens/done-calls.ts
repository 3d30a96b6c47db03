import type { TenantId } from '#infra/kernel/ids.ts';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { SharedKey, SharedState } from '#infra/shared-state/shared-state.ts';

/** What a member's transaction led to: one action, for one caller. */
export interface DoneCall {
  readonly tenant: TenantId;
  readonly txn: string;
  readonly action: string;
  /** Of the caller's certificate: a process that replaces a killed one may ask for its answer again. */
  readonly thumbprint: string;
  /** When the transaction token expires. */
  readonly expiresAtMs: number;
}

const maxCalls = 100_000;
const maxUnshared = 10_000;
const retryMs = 500;
/** Clocks of verifiers may differ by this much. */
const marginMs = 10_000;

/**
 * Which calls were done, for as long as their tokens last: those of this process, which it knows whatever happens to
 * the shared state, and those of the other proxies.
 */
export class DoneCalls implements Disposable {
  readonly #sharedState: SharedState;
  readonly #clock: Clock;
  readonly #own = new BoundedMap<string, true>(maxCalls);
  /** Done, and not yet told to the others. */
  #unshared: DoneCall[] = [];
  #cancelRetry: (() => void) | undefined;

  constructor(sharedState: SharedState, clock: Clock) {
    this.#sharedState = sharedState;
    this.#clock = clock;
  }

  /** @throws shared-state.unavailable, if it was not done here and the other proxies' calls cannot be known */
  async isDone(call: DoneCall): Promise<boolean> {
    const key = keyOf(call);
    return this.#own.get(key.name, this.#clock.now()) === true || this.#sharedState.knows(key);
  }

  /** The caller should get its answer when this is over: then no proxy does the same again. Never rejects. */
  async done(call: DoneCall): Promise<void> {
    this.#own.set(keyOf(call).name, true, call.expiresAtMs + marginMs);
    await this.#share(call);
  }

  [Symbol.dispose](): void {
    this.#cancelRetry?.();
  }

  async #share(call: DoneCall): Promise<void> {
    const forMs = call.expiresAtMs + marginMs - this.#clock.now();
    if (forMs <= 0) return;
    try {
      await this.#sharedState.remember(keyOf(call), forMs);
    } catch {
      // It was done, so it cannot be refused any more; the proxy's health says what is wrong.
      if (this.#unshared.length < maxUnshared) this.#unshared.push(call);
      this.#cancelRetry ??= this.#clock.after(retryMs, () => void this.#retry());
    }
  }

  async #retry(): Promise<void> {
    this.#cancelRetry = undefined;
    const calls = this.#unshared;
    this.#unshared = [];
    for (const call of calls) await this.#share(call);
  }
}

const keyOf = ({ tenant, txn, action, thumbprint }: DoneCall): SharedKey => ({
  tenant,
  name: `done ${txn} ${action} ${thumbprint}`,
});
