import { RateLimiter, type Rate } from './rate-limiter.ts';

/** A tenant may keep a breaker open for one more rest a minute, however often it is the one that tries. */
const trials: Rate = { perSec: 1 / 60, burst: 1 };
const rememberedTenants = 10_000;

/**
 * How many doubtful failures of one tenant a circuit breaker counts: those of which the tenant's own requests may be
 * the cause. Within its rate they must stay below what opens the breaker, so that no single tenant takes from the
 * others what stands behind it. In the trial of a half-open breaker a single failure decides, so those are rarer still.
 * Monotonic time.
 */
export class FaultBudget {
  readonly #failures: RateLimiter;
  readonly #trials = new RateLimiter(trials, rememberedTenants);

  constructor(rate: Rate) {
    this.#failures = new RateLimiter(rate, rememberedTenants);
  }

  /** Whether this failure counts; it is used up then. */
  take(tenant: string, during: 'operation' | 'trial'): boolean {
    return (during === 'trial' ? this.#trials : this.#failures).take(tenant, performance.now()) === 0;
  }
}
