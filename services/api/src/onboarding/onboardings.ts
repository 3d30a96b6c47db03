import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { HeldLocks } from '#infra/database/held-locks.ts';
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
import { createFollowers } from './followers.ts';
import { createOnboardingStore, onboardingChannel } from './onboarding-store.ts';
import { startResumption } from './resumption.ts';
import { createRuns } from './runs.ts';
import { steps, type StepPorts } from './steps.ts';

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

export interface OnboardingsPorts extends StepPorts {
  readonly developerPortal: DeveloperPortal;
  readonly database: Database;
  readonly locks: HeldLocks;
  readonly clock: Clock;
  readonly logger: Logger;
}

export async function createOnboardings(ports: OnboardingsPorts): Promise<Onboardings> {
  const { developerPortal } = ports;
  const store = createOnboardingStore(ports.database);
  const runs = createRuns(ports, store);
  const followers = createFollowers(ports, store);
  const listening = await ports.database.listen(onboardingChannel, {
    notified: (tenant) =>
      isTenantId(tenant) && followers.tell(tenant, (stored) => runs.giveUpIfOvertaken(tenant, stored)),
    connected: () => followers.tellAll(),
    disconnected: () => ports.logger.warn('lost the database connection for onboarding changes'),
  });
  const resumption = startResumption({
    ...ports,
    store,
    isAtIt: (tenant) => runs.isAtIt(tenant),
    underway: () => runs.underway,
    resume: (tenant, stored) => runs.resume(tenant, stored),
  });
  const { goOn } = runs;
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
    follow: (tenant, listener) => followers.follow(tenant, listener),
    async [Symbol.asyncDispose]() {
      await resumption[Symbol.asyncDispose]();
      await runs[Symbol.asyncDispose]();
      await listening[Symbol.asyncDispose]();
    },
  };
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
