import type { Database } from '#infra/database/pool.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import { isTenantId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Sagas } from '#infra/sagas/engine.ts';
import type { TenantStore } from '#tenants/tenant/tenant-store.ts';
import type { Access } from '../access.ts';
import { checks, looksAtToken, positionOf, type CheckId } from './checks.ts';
import {
  begun,
  firstOpen,
  from,
  isUnderway,
  viewOf,
  withCheck,
  type DeveloperPortal,
  type OnboardingDocument,
  type OnboardingView,
  type SoundPlace,
} from './document.ts';
import { createFollowers } from './followers.ts';
import { onboardingChannel, type OnboardingStore } from './onboarding-store.ts';
import { onboardingSaga, onboardingsOf, passId, type Fresh } from './onboarding-saga.ts';
import type { PassInput } from './pass.ts';
import { steps, type GivenToken } from './steps.ts';

/** The caller, with their permission. */
interface Asked {
  readonly tenant: TenantId;
  readonly allowed: Access;
}

/**
 * Onboardings: one per tenant, stored after each finding. Each request begins a pass over the checks, which is a
 * workflow and replaces the one before; it ends when a check fails or needs its owner for longer than a person waits.
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

export interface OnboardingsPorts {
  readonly developerPortal: DeveloperPortal;
  readonly store: OnboardingStore;
  readonly sagas: Sagas;
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly fresh: Fresh;
  readonly database: Database;
  readonly logger: Logger;
}

/** A running pass stores a finding between a read and a write now and then. */
const writeAttempts = 5;
const lookedAt = 500;

export async function createOnboardings(ports: OnboardingsPorts): Promise<Onboardings> {
  const { developerPortal, store, tenants, sagas, logger } = ports;
  const followers = createFollowers(ports, store);
  const goOn = beginnerOfPasses(ports);
  const listening = await ports.database.listen(onboardingChannel, {
    notified: (tenant) => isTenantId(tenant) && followers.tell(tenant),
    connected: () => followers.tellAll(),
    disconnected: () => logger.warn('lost the database connection for onboarding changes'),
  });
  void sagas.launched
    .then(() => beginWhatWasNotBegun(ports))
    .catch((error: unknown) => logger.warn({ err: error }, 'could not look for interrupted onboardings'));
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
      if (looksAtToken(check) && !(await tenants.find(tenant))?.applicationId) throw pasteAgain();
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
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

/**
 * Stores where to continue, ends the pass that is under way, and begins the next.
 * @throws BailiwickError onboarding.conflict (409)
 */
function beginnerOfPasses({ store, sagas, fresh, developerPortal }: OnboardingsPorts) {
  return async (
    tenant: TenantId,
    next: (document: OnboardingDocument | undefined) => OnboardingDocument,
    given?: GivenToken,
  ): Promise<OnboardingView> => {
    sagas.requireReady();
    const document = await change(store, tenant, next);
    const input: PassInput = { tenant, pass: document.pass };
    await sagas.forget(onboardingsOf(tenant));
    for (const id of fresh.keys()) if (id.startsWith(onboardingsOf(tenant))) fresh.delete(id);
    fresh.set(passId(input), { given });
    try {
      await sagas.begin(onboardingSaga, passId(input), input);
    } catch (error) {
      fresh.delete(passId(input));
      throw error;
    }
    return viewOf(document, developerPortal);
  };
}

async function change(
  store: OnboardingStore,
  tenant: TenantId,
  next: (document: OnboardingDocument | undefined) => OnboardingDocument,
): Promise<OnboardingDocument> {
  for (let attempt = 1; attempt <= writeAttempts; attempt += 1) {
    const before = await store.read(tenant);
    const version = (before?.version ?? 0) + 1;
    const document = { ...next(before?.document), pass: version, compensated: false };
    if (await store.write(tenant, { document, version })) return document;
  }
  throw conflict();
}

/** A process may have ended between storing a pass and beginning it, or been of a release without workflows. */
async function beginWhatWasNotBegun({ store, sagas }: OnboardingsPorts): Promise<void> {
  for (const tenant of await store.underway(lookedAt)) {
    const document = (await store.read(tenant))?.document;
    if (!document || !isUnderway(document)) continue;
    const input: PassInput = { tenant, pass: document.pass };
    await sagas.begin(onboardingSaga, passId(input), input);
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
