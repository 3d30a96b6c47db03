import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { Database } from '#infra/database/pool.ts';
import { isTenantId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Access } from '../access.ts';
import { checks, looksAtToken, placeOf, type CheckId } from './checks.ts';
import {
  begun,
  firstOpen,
  from,
  isUnderway,
  viewOf,
  withCheck,
  type OnboardingDocument,
  type OnboardingView,
  type SoundPlace,
} from './document.ts';
import { createOnboardingStore, onboardingChannel, type StoredOnboarding } from './onboarding-store.ts';
import { CheckFailed, failed, Run, Superseded } from './run.ts';
import { steps, type GivenToken, type StepPorts } from './steps.ts';

/** Who asks, and that they may. */
interface Asked {
  readonly tenant: TenantId;
  readonly allowed: Access;
}

/**
 * Onboardings: one a tenant, stored after each finding. Checks go on in the background, in this process, until one fails
 * or needs its owner for longer than a person waits; whoever looks again, or asks again, sets them going from there.
 */
export interface Onboardings extends AsyncDisposable {
  /** With a token, from the beginning. */
  start(asked: Asked, given: { token: string; applicationId?: Snowflake | undefined }): Promise<OnboardingView>;
  /** From where it stands. */
  resume(asked: Asked): Promise<OnboardingView>;
  /** From this check on. @throws BailiwickError onboarding.not-yet (409), onboarding.token-needed (409) */
  retry(asked: Asked, check: CheckId): Promise<OnboardingView>;
  /** Chooses where it is to be heard. @throws BailiwickError onboarding.not-yet (409) */
  choose(asked: Asked, place: SoundPlace): Promise<OnboardingView>;
  /** How it is; one that was interrupted goes on when somebody looks. */
  read(tenant: TenantId): Promise<OnboardingView>;
  /** Tells what is, then each change; the returned function ends it. */
  follow(tenant: TenantId, listener: (view: OnboardingView) => void): () => void;
}

interface Followers {
  readonly listeners: Set<(view: OnboardingView) => void>;
  /** Of what they were told last. */
  version: number;
}

export interface OnboardingsPorts extends StepPorts {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

export async function createOnboardings(ports: OnboardingsPorts): Promise<Onboardings> {
  const store = createOnboardingStore(ports.database);
  const runs = new Map<TenantId, { run: Run; over: Promise<void> }>();
  /** Those for which a run is about to begin: whoever looks meanwhile does not begin another, without the token. */
  const changing = new Set<TenantId>();
  const followers = new Map<TenantId, Followers>();
  const tell = async (tenant: TenantId) => {
    const stored = await store.read(tenant);
    const following = followers.get(tenant);
    const version = stored?.version ?? 0;
    // Two reads may overtake each other; what is older than what was told is not told.
    if (!following || version < following.version) return stored;
    following.version = version;
    const view = viewOf(stored?.document);
    for (const listener of following.listeners) listener(view);
    return stored;
  };
  const tellLater = (tenant: TenantId, then: (stored: StoredOnboarding | undefined) => void = () => undefined) =>
    void tell(tenant).then(then, (error: unknown) =>
      ports.logger.warn({ err: error, tenant }, 'an onboarding was not read'),
    );
  const listening = await ports.database.listen(onboardingChannel, {
    notified: (tenant) => isTenantId(tenant) && tellLater(tenant),
    connected: () => [...followers.keys()].forEach((tenant) => tellLater(tenant)),
    disconnected: () => ports.logger.warn('the database connection that tells of onboardings is gone'),
  });

  const stop = async (tenant: TenantId): Promise<void> => {
    const known = runs.get(tenant);
    known?.run.abort();
    await known?.over;
  };
  const begin = (tenant: TenantId, stored: StoredOnboarding, given?: GivenToken): void => {
    const run = new Run(tenant, stored, { ...ports, store });
    const over = work(run, ports, given).finally(() => {
      if (runs.get(tenant)?.run === run) runs.delete(tenant);
    });
    runs.set(tenant, { run, over });
  };
  const goOnIfInterrupted = (tenant: TenantId, stored: StoredOnboarding | undefined): void => {
    const isAtIt = runs.has(tenant) || changing.has(tenant);
    if (stored && isUnderway(stored.document) && !isAtIt) begin(tenant, stored);
  };
  /** Stops what goes on, stores what it is to go on from, and goes on. */
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
      begin(tenant, stored, given);
      return viewOf(stored.document);
    } finally {
      changing.delete(tenant);
    }
  };
  const mustHaveReached = async (tenant: TenantId, check: CheckId): Promise<void> => {
    const open = firstOpen((await store.read(tenant))?.document ?? begun(''));
    if (open !== undefined && placeOf(open) < placeOf(check) && !together(open, check)) throw notYet(open);
  };

  return {
    async start({ tenant, allowed }, pasted) {
      const before = (await store.read(tenant))?.document;
      const { subject: by } = allowed;
      // Whoever replaces the token of a bot that works keeps its application; before that they may change their mind.
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
      const stored = await store.read(tenant);
      goOnIfInterrupted(tenant, stored);
      return viewOf(stored?.document);
    },
    follow(tenant, listener) {
      const following = followers.get(tenant) ?? { listeners: new Set(), version: 0 };
      followers.set(tenant, following);
      following.listeners.add(listener);
      tellLater(tenant, (stored) => goOnIfInterrupted(tenant, stored));
      return () => {
        following.listeners.delete(listener);
        if (following.listeners.size === 0 && followers.get(tenant) === following) followers.delete(tenant);
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...runs.keys()].map(stop));
      await listening[Symbol.asyncDispose]();
    },
  };
}

/** Goes from step to step until all has passed, one has failed, or somebody else has taken over. Never throws. */
async function work(run: Run, ports: OnboardingsPorts, given: GivenToken | undefined): Promise<void> {
  for (let open = firstOpen(run.document); open !== undefined; open = firstOpen(run.document)) {
    const at = open;
    const step = steps.find(({ checks: ids }) => ids.includes(at));
    const [first = at] = step?.checks ?? [];
    try {
      await run.set(first, { state: 'running' });
      await step?.run(run, ports, given);
      if (firstOpen(run.document) === undefined) await run.change((document) => ({ ...document, worked: true }));
    } catch (error) {
      if (error instanceof Superseded || run.signal.aborted) return;
      const fault = failed(at, error);
      if (!(error instanceof CheckFailed))
        ports.logger.info({ err: error, tenant: run.tenant, check: at }, 'a check failed');
      await run.set(fault.id, { state: 'failed', ...fault.check }).catch((lost: unknown) => {
        if (!(lost instanceof Superseded))
          ports.logger.error({ err: lost, tenant: run.tenant }, 'a finding was not kept');
      });
      return;
    }
  }
}

/** What stands as failed is looked at again. */
function unfailed(document: OnboardingDocument): OnboardingDocument {
  const open = firstOpen(document);
  return open === undefined ? document : withCheck(from(document, firstOf(open)), firstOf(open), { state: 'waiting' });
}

const stepOf = (check: CheckId) => steps.find((step) => step.checks.includes(check));
/** The checks of one step are made together. */
const together = (one: CheckId, other: CheckId): boolean => stepOf(one) === stepOf(other);
const firstOf = (check: CheckId): CheckId => stepOf(check)?.checks[0] ?? check;

const notYet = (open: CheckId) => callerFault('onboarding.not-yet', `First this has to pass: ${checks[open]}.`, 409);

const pasteAgain = () =>
  callerFault('onboarding.token-needed', 'A token is not kept here until it works: paste it again.', 409);

const conflict = () =>
  platformFault(
    'onboarding.conflict',
    'Somebody else went on with this at the same moment. Try again.',
    undefined,
    409,
  );
