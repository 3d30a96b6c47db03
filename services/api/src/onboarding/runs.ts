import type { HeldLock } from '#infra/database/held-locks.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { viewOf, type OnboardingDocument, type OnboardingView } from './document.ts';
import type { OnboardingStore, StoredOnboarding } from './onboarding-store.ts';
import type { OnboardingsPorts } from './onboardings.ts';
import { Run, Superseded } from './run.ts';
import type { GivenToken } from './steps.ts';
import { work } from './work.ts';

/** The onboardings that this process works on. */
export interface Runs extends AsyncDisposable {
  /** Stops what is running, stores where to continue, and continues. @throws BailiwickError onboarding.conflict (409) */
  readonly goOn: (
    tenant: TenantId,
    next: (document: OnboardingDocument | undefined) => OnboardingDocument,
    given?: GivenToken,
  ) => Promise<OnboardingView>;
  /** Continues what no process works on. */
  resume(tenant: TenantId, stored: StoredOnboarding): void;
  /** Another process may have been asked to continue it. */
  giveUpIfOvertaken(tenant: TenantId, stored: StoredOnboarding | undefined): void;
  isAtIt(tenant: TenantId): boolean;
  readonly underway: number;
}

/** How long a request waits for another process that was working on it and learns that it no longer is. */
const handOver = { everyMs: 100, withinMs: 15_000 };
const lockOf = (tenant: TenantId): string => `onboarding ${tenant}`;

export function createRuns(ports: OnboardingsPorts, store: OnboardingStore): Runs {
  const runs = new Map<TenantId, { run: Run; over: Promise<void> }>();
  /**
   * Those for which a run is about to start: anybody who looks in the meantime does not start another, without the
   * token.
   */
  const changing = new Set<TenantId>();
  const stop = async (tenant: TenantId): Promise<void> => {
    const known = runs.get(tenant);
    known?.run.abort();
    await known?.over;
  };
  const begin = (
    tenant: TenantId,
    stored: StoredOnboarding,
    how: { lock: (run: Run) => Promise<HeldLock | undefined>; given?: GivenToken | undefined; patient?: boolean },
  ): void => {
    const run = new Run(tenant, stored, { ...ports, store });
    const over = holding(how.lock, run, () => work(run, ports, how))
      .catch((error: unknown) => ports.logger.error({ err: error, tenant }, 'could not continue an onboarding'))
      .finally(() => {
        if (runs.get(tenant)?.run === run) runs.delete(tenant);
      });
    runs.set(tenant, { run, over });
  };
  return {
    async goOn(tenant, next, given) {
      changing.add(tenant);
      try {
        await stop(tenant);
        const before = await store.read(tenant);
        const stored = { document: next(before?.document), version: (before?.version ?? 0) + 1 };
        if (!(await store.write(tenant, stored))) throw conflict();
        const lock = async (run: Run) => run.until(handOver, () => ports.locks.tryTake(lockOf(tenant)));
        begin(tenant, stored, { lock, given });
        return viewOf(stored.document, ports.developerPortal);
      } finally {
        changing.delete(tenant);
      }
    },
    resume: (tenant, stored) =>
      begin(tenant, stored, { lock: () => ports.locks.tryTake(lockOf(tenant)), patient: true }),
    giveUpIfOvertaken(tenant, stored) {
      const run = runs.get(tenant)?.run;
      if (stored && run?.isOvertakenBy(stored.version)) run.abort();
    },
    isAtIt: (tenant) => runs.has(tenant) || changing.has(tenant),
    get underway() {
      return runs.size;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...runs.keys()].map(stop));
    },
  };
}

/** Works while the lock is held; does nothing if somebody else holds it. */
async function holding(
  take: (run: Run) => Promise<HeldLock | undefined>,
  run: Run,
  working: () => Promise<void>,
): Promise<void> {
  await using lock = await take(run).catch((error: unknown) => {
    if (error instanceof Superseded) return undefined;
    throw error;
  });
  if (!lock) return;
  const lost = () => run.abort();
  lock.lost.addEventListener('abort', lost, { once: true });
  try {
    if (!lock.lost.aborted) await working();
  } finally {
    lock.lost.removeEventListener('abort', lost);
  }
}

const conflict = () =>
  platformFault(
    'onboarding.conflict',
    'Somebody else continued this onboarding at the same time. Try again.',
    undefined,
    409,
  );
