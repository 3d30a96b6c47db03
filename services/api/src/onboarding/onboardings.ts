import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { HeldLock, HeldLocks } from '#infra/database/held-locks.ts';
import type { Database } from '#infra/database/pool.ts';
import { isTenantId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Access } from '../access.ts';
import { checks, looksAtToken, positionOf, type CheckId } from './checks.ts';
import {
  begun,
  firstOpen,
  from,
  viewOf,
  withCheck,
  type OnboardingDocument,
  type DeveloperPortal,
  type OnboardingView,
  type SoundPlace,
} from './document.ts';
import { createOnboardingStore, onboardingChannel, type StoredOnboarding } from './onboarding-store.ts';
import { startResumption } from './resumption.ts';
import { Run, Superseded } from './run.ts';
import { steps, type GivenToken, type StepPorts } from './steps.ts';
import { work } from './work.ts';

/** The caller, with their permission. */
interface Asked {
  readonly tenant: TenantId;
  readonly allowed: Access;
}

/**
 * Onboardings: one per tenant, stored after each finding. Checks run in the background, in the one process that holds
 * the tenant's lock, until one fails or needs its owner for longer than a person waits. If that process ends, another
 * one, or the next, continues from what is stored.
 */
export interface Onboardings extends AsyncDisposable {
  /** With a token, from the beginning. */
  start(asked: Asked, given: { token: string; applicationId?: Snowflake | undefined }): Promise<OnboardingView>;
  /** From where it stopped. */
  resume(asked: Asked): Promise<OnboardingView>;
  /** From this check on. @throws BailiwickError onboarding.not-yet (409), onboarding.token-needed (409) */
  retry(asked: Asked, check: CheckId): Promise<OnboardingView>;
  /** Chooses the voice channel of the sound check. @throws BailiwickError onboarding.not-yet (409) */
  choose(asked: Asked, place: SoundPlace): Promise<OnboardingView>;
  read(tenant: TenantId): Promise<OnboardingView>;
  /** Reports the current state, then each change; the returned function stops it. */
  follow(tenant: TenantId, listener: (view: OnboardingView) => void): () => void;
}

interface Followers {
  readonly listeners: Set<(view: OnboardingView) => void>;
  /** The version that was last reported to them. */
  version: number;
}

export interface OnboardingsPorts extends StepPorts {
  readonly developerPortal: DeveloperPortal;
  readonly database: Database;
  readonly locks: HeldLocks;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a request waits for another process that was working on it and learns that it no longer is. */
const handOver = { everyMs: 100, withinMs: 15_000 };
const lockOf = (tenant: TenantId): string => `onboarding ${tenant}`;

export async function createOnboardings(ports: OnboardingsPorts): Promise<Onboardings> {
  const { developerPortal } = ports;
  const store = createOnboardingStore(ports.database);
  const runs = new Map<TenantId, { run: Run; over: Promise<void> }>();
  /**
   * Those for which a run is about to start: anybody who looks in the meantime does not start another, without the
   * token.
   */
  const changing = new Set<TenantId>();
  const followers = new Map<TenantId, Followers>();
  const tell = async (tenant: TenantId) => {
    const stored = await store.read(tenant);
    const following = followers.get(tenant);
    const version = stored?.version ?? 0;
    // Two reads may overtake each other; anything older than what was reported is not reported.
    if (!following || version < following.version) return stored;
    following.version = version;
    const view = viewOf(stored?.document, developerPortal);
    for (const listener of following.listeners) listener(view);
    return stored;
  };
  const tellLater = (tenant: TenantId, then: (stored: StoredOnboarding | undefined) => void = () => undefined) =>
    void tell(tenant).then(then, (error: unknown) =>
      ports.logger.warn({ err: error, tenant }, 'could not read an onboarding'),
    );
  /** Another process was asked to continue it. */
  const giveUpIfOvertaken = (tenant: TenantId, stored: StoredOnboarding | undefined): void => {
    const run = runs.get(tenant)?.run;
    if (stored && run?.isOvertakenBy(stored.version)) run.abort();
  };
  const listening = await ports.database.listen(onboardingChannel, {
    notified: (tenant) => isTenantId(tenant) && tellLater(tenant, (stored) => giveUpIfOvertaken(tenant, stored)),
    connected: () => [...followers.keys()].forEach((tenant) => tellLater(tenant)),
    disconnected: () => ports.logger.warn('lost the database connection for onboarding changes'),
  });

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
  const resumption = startResumption({
    ...ports,
    store,
    isAtIt: (tenant) => runs.has(tenant) || changing.has(tenant),
    underway: () => runs.size,
    resume: (tenant, stored) =>
      begin(tenant, stored, { lock: () => ports.locks.tryTake(lockOf(tenant)), patient: true }),
  });
  /** Stops what is running, stores where to continue, and continues. */
  const goOn = async (
    tenant: TenantId,
    next: (document: OnboardingDocument | undefined) => OnboardingDocument,
    given?: GivenToken,
  ): Promise<OnboardingView> => {
    changing.add(tenant);
    try {
      await stop(tenant);
      const before = await store.read(tenant);
      const stored = { document: next(before?.document), version: (before?.version ?? 0) + 1 };
      if (!(await store.write(tenant, stored))) throw conflict();
      const lock = async (run: Run) => run.until(handOver, () => ports.locks.tryTake(lockOf(tenant)));
      begin(tenant, stored, { lock, given });
      return viewOf(stored.document, developerPortal);
    } finally {
      changing.delete(tenant);
    }
  };
  const mustHaveReached = async (tenant: TenantId, check: CheckId): Promise<void> => {
    const open = firstOpen((await store.read(tenant))?.document ?? begun(''));
    if (open !== undefined && positionOf(open) < positionOf(check) && !together(open, check)) throw notYet(open);
  };

  return {
    async start({ tenant, allowed }, pasted) {
      const before = (await store.read(tenant))?.document;
      const { subject: by } = allowed;
      // Replacing the token of a working bot keeps its application; before that, its owner may change their mind.
      const given = { ...pasted, sameApplication: before?.worked ?? true, allowed };
      return goOn(tenant, (known) => ({ ...from(known ?? begun(by), 'token'), by }), given);
    },
    resume: ({ tenant, allowed }) =>
      goOn(tenant, (known) => unfailed({ ...(known ?? begun('')), by: allowed.subject })),
    async retry({ tenant, allowed }, check) {
      await mustHaveReached(tenant, check);
      if (looksAtToken(check) && !(await ports.tenants.find(tenant))?.applicationId) throw pasteAgain();
      return goOn(tenant, (document) => ({ ...from(document ?? begun(''), firstOf(check)), by: allowed.subject }));
    },
    async choose({ tenant, allowed }, place) {
      await mustHaveReached(tenant, 'voice-permissions');
      const by = allowed.subject;
      return goOn(tenant, (document) => ({
        ...from(document ?? begun(by), 'voice-permissions'),
        by,
        place,
        hearing: null,
      }));
    },
    async read(tenant) {
      return viewOf((await store.read(tenant))?.document, developerPortal);
    },
    follow(tenant, listener) {
      const following = followers.get(tenant) ?? { listeners: new Set(), version: 0 };
      followers.set(tenant, following);
      following.listeners.add(listener);
      tellLater(tenant);
      return () => {
        following.listeners.delete(listener);
        if (following.listeners.size === 0 && followers.get(tenant) === following) followers.delete(tenant);
      };
    },
    async [Symbol.asyncDispose]() {
      await resumption[Symbol.asyncDispose]();
      await Promise.all([...runs.keys()].map(stop));
      await listening[Symbol.asyncDispose]();
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

/** Failed checks are repeated. */
function unfailed(document: OnboardingDocument): OnboardingDocument {
  const open = firstOpen(document);
  return open === undefined ? document : withCheck(from(document, firstOf(open)), firstOf(open), { state: 'waiting' });
}

const stepOf = (check: CheckId) => steps.find((step) => step.checks.includes(check));
/** The checks of one step are made together. */
const together = (one: CheckId, other: CheckId): boolean => stepOf(one) === stepOf(other);
const firstOf = (check: CheckId): CheckId => stepOf(check)?.checks[0] ?? check;

const notYet = (open: CheckId) =>
  callerFault('onboarding.not-yet', `This check has to pass first: ${checks[open]}.`, 409);

const pasteAgain = () =>
  callerFault('onboarding.token-needed', 'A token is not stored until it has been checked. Paste it again.', 409);

const conflict = () =>
  platformFault(
    'onboarding.conflict',
    'Somebody else continued this onboarding at the same time. Try again.',
    undefined,
    409,
  );
