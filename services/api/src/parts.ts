import { createHeldLocks } from '#infra/database/held-locks.ts';
import { openDatabase } from '#infra/database/pool.ts';
import { openRecords } from '#infra/database/prisma.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { openSharedCounts } from '#infra/shared-state/open-shared-state.ts';
import { openSagas, type Sagas } from '#infra/sagas/engine.ts';
import { createDecisionPoint } from '#policies/decision-point.ts';
import { createBatchJournal } from '#security/audit/journal.ts';
import { openSealedFeed } from '#security/audit/sealed-feed.ts';
import { enrol } from '#security/identity/agent.ts';
import { createCaller } from '#security/identity/caller.ts';
import { spiffeId } from '#security/identity/spiffe.ts';
import { watchCustodian } from '#security/keyring/custodian-watch.ts';
import { createEnvelope, type Envelope } from '#security/keyring/envelope.ts';
import { keyMoveSaga, keyMoveSteps } from '#security/keyring/key-move.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import { createSealedText } from '#security/keyring/sealed-text.ts';
import { createMembers } from '#tenants/tenant/members.ts';
import { createDeletions } from '#tenants/deletion/deletions.ts';
import { createTenantStore } from '#tenants/tenant/tenant-store.ts';
import { createBots } from './bots.ts';
import { createExternalKeySaga, createTenantExternalKeys } from './external-keys/external-keys.ts';
import { createMachines } from './machines/machines.ts';
import { createMoveSaga, createTenantMoves } from './machines/tenant-move.ts';
import { createOffboardings, createOffboardingSaga } from './offboarding/offboarding.ts';
import { createErasures, createErasureSaga } from './erasure/erasures.ts';
import { createOnboardingSaga, type Fresh } from './onboarding/onboarding-saga.ts';
import { createOnboardingStore } from './onboarding/onboarding-store.ts';
import { createOnboardings } from './onboarding/onboardings.ts';
import { createOpenStreams } from './live/open-streams.ts';
import { openFeedSharing } from './live/open-feed-sharing.ts';
import { createTenantFeeds } from './live/tenant-feeds.ts';
import { createOperations } from '#infra/observability/operations.ts';
import { createPlayers } from './players.ts';
import { createKeySchedules } from './rotation/key-schedules.ts';
import { startScheduledRotations } from './rotation/scheduled-rotations.ts';
import { createRotationSaga, createTenantKeys } from './rotation/rotation.ts';
import { sealEarlierWords } from './sessions/sealed-words.ts';
import { createRenewNames } from './words/renew-names.ts';
import { openSessionKeys } from './sessions/session-keys.ts';
import type { ApiSettings } from './settings.ts';

/** `bailiwick keys move` carries it out while this process is stopped. */
const keyMove = {
  name: keyMoveSaga,
  steps: keyMoveSteps,
  continued: 'Keys are moved while the platform is stopped: stop it, and run `bailiwick keys move` again.',
};

/** What was opened before can be opened while the keys are away; what an erasure has replaced is in no row any more. */
const whileAwayMs = 60 * 60_000;

/** Connections, and what is built on them. */
export async function openParts(settings: ApiSettings, logger: Logger, stack: AsyncDisposableStack) {
  const clock = systemClock;
  const installation = installationId(settings.installation);
  const workload = { kind: 'service', name: 'api' } as const;
  const agent = stack.use(await enrol({ installation, identity: settings.identity }, { workload, logger, clock }));
  const records = stack.use(openRecords(settings.database));
  const database = stack.use(openDatabase(settings.database));
  const decisionPoint = stack.use(await createDecisionPoint({ database, logger, clock }));
  const journal = stack.use(createBatchJournal({ database, logger }));
  const sealed = stack.use(await openSealedFeed(database));
  const caller = stack.use(createCaller({ agent, proxy: settings.proxy, clock }));
  const counts = stack.use(await openSharedCounts(settings.sharedState, { installation, part: 'api', logger, clock }));
  const streams = stack.use(createOpenStreams(clock, counts));
  const operations = stack.use(createOperations(settings.processes));
  const custodian = stack.use(await openCustodian(settings.keys, { installation, part: 'api', logger, clock }));
  const custodianHealth = stack.use(watchCustodian(custodian, { clock, logger })).health;
  const envelope = createEnvelope({ custodian, clock, whileAwayMs });
  const sharing = await openFeedSharing(settings.sharedState, { installation, counts, envelope, clock, logger });
  const feeds = stack.use(createTenantFeeds({ caller, clock, logger, sharing: sharing && stack.use(sharing) }));
  const { url } = settings.database;
  const renewNames = createRenewNames({ url, database, custodian, envelope });
  const signer = await agent.delegate('transaction-token');
  const tenants = createTenantStore(records);
  const players = createPlayers({ signer, caller, clock });
  const bots = createBots({ caller, tenants, journal });
  const { probeQuery, developerPortal } = settings;
  const locks = stack.use(createHeldLocks(settings.database.url));
  const shared = { caller, bots, players, tenants, database, clock, logger };
  const deletions = createDeletions(records);
  const schedules = createKeySchedules(database, clock);
  const machines = createMachines({ database });
  const revokeBot = (tenant: TenantId, reason: string) => {
    const value = spiffeId(installation, { kind: 'bot', tenant });
    return agent.tokenService.revoke({ kind: 'subject', value, reason });
  };
  const onboarding = { store: createOnboardingStore(database), fresh: new Map() satisfies Fresh, developerPortal };
  const sagas: Sagas = stack.use(
    openSagas(
      { url: settings.database.url, executor: 'api' },
      [
        createOffboardingSaga({ ...shared, deletions, renewNames, forget: (idPrefix) => sagas.forget(idPrefix) }),
        createRotationSaga({ caller, schedules }),
        createOnboardingSaga({ ...shared, ...onboarding, probeQuery, locks, revokeBot }),
        createExternalKeySaga({ caller }),
        createErasureSaga({ ...shared, records, renewNames }),
        createMoveSaga({ ...shared, machines, journal }),
      ],
      { logger, clock, elsewhere: [keyMove] },
    ),
  );
  const onboardings = stack.use(await createOnboardings({ ...shared, ...onboarding, sagas }));
  const offboardings = createOffboardings({ ...shared, sagas });
  const erasures = createErasures({ ...shared, sagas, members: createMembers(records) });
  const moves = createTenantMoves({ machines, sagas, tenants, locks, journal });
  const tenantKeys = createTenantKeys({ caller, sagas, custodian: settings.custodian });
  const externalKeys = createTenantExternalKeys({ caller, database, sagas });
  const scheduledRotations = stack.use(
    startScheduledRotations({ url, schedules, tenantKeys, sagas, journal, clock, logger }),
  );
  // A data key for each value, wrapped by the newest version: another api may have replaced the key a moment ago.
  const sealing = createEnvelope({ custodian, clock, dataKeyUses: 1 });
  const ownEnvelope: Pick<Envelope, 'seal' | 'open'> = {
    seal: (plaintext, location) => sealing.seal(plaintext, location),
    open: (value, location) => envelope.open(value, location),
  };
  const keys = stack.use(await openSessionKeys({ database, envelope: ownEnvelope, clock, logger }));
  const words = createSealedText(ownEnvelope);
  sealEarlierWords(database, words).catch((error: unknown) =>
    logger.error({ err: error }, 'could not seal what an earlier release has stored; tried again at the next start'),
  );
  return {
    ...shared,
    agent,
    records,
    decisionPoint,
    journal,
    sealed,
    feeds,
    streams,
    counts,
    operations,
    onboardings,
    sagas,
    deletions,
    offboardings,
    erasures,
    machines,
    moves,
    schedules,
    scheduledRotations,
    tenantKeys,
    externalKeys,
    keys,
    words,
    custodianHealth,
  };
}

export type Parts = Awaited<ReturnType<typeof openParts>>;
