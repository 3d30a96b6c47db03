import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { isUnderway } from './document.ts';
import type { OnboardingStore, StoredOnboarding } from './onboarding-store.ts';

export interface ResumptionPorts {
  readonly store: OnboardingStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether this process is already working on it. */
  readonly isAtIt: (tenant: TenantId) => boolean;
  /** How many this process is working on. */
  readonly underway: () => number;
  readonly resume: (tenant: TenantId, stored: StoredOnboarding) => void;
}

const lookEveryMs = 5_000;
/** How many one process resumes by itself at the same time; others follow when these are finished. */
const mostUnderway = 20;

/**
 * Resumes onboardings that should continue and that nobody is working on, because their process has ended: at the
 * start, and every few seconds.
 */
export function startResumption(ports: ResumptionPorts): AsyncDisposable {
  const { store, clock, logger, isAtIt, underway, resume } = ports;
  let over = false;
  let cancel: () => void = () => undefined;
  const look = async (): Promise<void> => {
    try {
      const slots = mostUnderway - underway();
      if (slots <= 0) return;
      const tenants = (await store.underway(mostUnderway)).filter((tenant) => !isAtIt(tenant));
      for (const tenant of tenants.slice(0, slots)) {
        const stored = await store.read(tenant);
        if (!over && stored && isUnderway(stored.document) && !isAtIt(tenant)) resume(tenant, stored);
      }
    } catch (error) {
      logger.warn({ err: error }, 'could not look for interrupted onboardings');
    }
  };
  let looking: Promise<void> = Promise.resolve();
  const run = (): void => {
    looking = look().then(() => {
      if (!over) cancel = clock.after(lookEveryMs, run);
    });
  };
  run();
  return {
    async [Symbol.asyncDispose]() {
      over = true;
      cancel();
      await looking;
    },
  };
}
