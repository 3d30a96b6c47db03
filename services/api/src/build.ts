import fastifyCookie from '@fastify/cookie';
import fastifyJwt, { type JWT } from '@fastify/jwt';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { createHeldLocks } from '#infra/database/held-locks.ts';
import { openDatabase } from '#infra/database/pool.ts';
import { openRecords } from '#infra/database/prisma.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { startHttpService, type HttpService } from '#infra/http/service.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { Health } from '#infra/observability/health.ts';
import { openSagas, type Sagas } from '#infra/sagas/engine.ts';
import { createDecisionPoint } from '#policies/decision-point.ts';
import { createPolicyStore } from '#policies/policy-store.ts';
import { createBatchJournal } from '#security/audit/journal.ts';
import { openSealedFeed } from '#security/audit/sealed-feed.ts';
import { enrol } from '#security/identity/agent.ts';
import { createCaller } from '#security/identity/caller.ts';
import { installGuard } from '#security/identity/guard.ts';
import { spiffeId } from '#security/identity/spiffe.ts';
import { custodianCause, watchCustodian } from '#security/keyring/custodian-watch.ts';
import { createEnvelope, type Envelope } from '#security/keyring/envelope.ts';
import { keyMoveSaga, keyMoveSteps } from '#security/keyring/key-move.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import { createSealedText } from '#security/keyring/sealed-text.ts';
import { createApiKeys } from '#tenants/tenant/api-keys.ts';
import { createInvitations } from '#tenants/tenant/invitations.ts';
import { createMembers } from '#tenants/tenant/members.ts';
import { createDeletions } from '#tenants/deletion/deletions.ts';
import { createTenantStore } from '#tenants/tenant/tenant-store.ts';
import { createBots } from './bots.ts';
import { createExternalKeySaga, createTenantExternalKeys } from './external-keys/external-keys.ts';
import { createOffboardings, createOffboardingSaga } from './offboarding/offboarding.ts';
import { createErasures, createErasureSaga } from './erasure/erasures.ts';
import { createOnboardingSaga, type Fresh } from './onboarding/onboarding-saga.ts';
import { createOnboardingStore } from './onboarding/onboarding-store.ts';
import { createOnboardings } from './onboarding/onboardings.ts';
import { authorizeFirst, createAccessControl, knowOwnChanges } from './access.ts';
import { requireDeclaredAccess } from './operation-access.ts';
import { accessTokens, createAccounts } from './sessions/accounts.ts';
import { describeApi } from './documentation/openapi.ts';
import { serveReference } from './documentation/reference.ts';
import { createOpenStreams } from './live/open-streams.ts';
import { createTenantFeeds } from './live/tenant-feeds.ts';
import { keepAnswers } from './idempotency.ts';
import { createIdentities } from './identities.ts';
import { createOperations } from '#infra/observability/operations.ts';
import { createPages } from './pages.ts';
import { createPlayers } from './players.ts';
import { createKeySchedules } from './rotation/key-schedules.ts';
import { startScheduledRotations } from './rotation/scheduled-rotations.ts';
import { createRotationSaga, createTenantKeys } from './rotation/rotation.ts';
import { servePortal } from './portal.ts';
import { limitRates } from './rate-limit.ts';
import { refuseWhatIsNotDescribed, type ApiPorts } from './routes/api-routes.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { auditRecordRoutes } from './routes/audit-records.ts';
import { auditRoutes } from './routes/audit.ts';
import { erasureRoutes } from './routes/erasures.ts';
import { guildRoutes } from './routes/guilds.ts';
import { allKeysRoutes } from './routes/all-keys.ts';
import { externalKeyRoutes } from './routes/external-keys.ts';
import { identityKeyRoutes } from './routes/identity-keys.ts';
import { keyRoutes } from './routes/keys.ts';
import { liveRoutes } from './routes/live.ts';
import { invitationRoutes } from './routes/invitations.ts';
import { memberRoutes } from './routes/members.ts';
import { operatorRoutes } from './routes/operators.ts';
import { guildSettingsRoutes } from './routes/guild-settings.ts';
import { playerRoutes } from './routes/players.ts';
import { policyRoutes } from './routes/policies.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { onboardingRoutes } from './routes/onboarding.ts';
import { deletionRoutes } from './routes/deletions.ts';
import { timelineRoutes } from './routes/timeline.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { workflowRoutes } from './routes/workflows.ts';
import { openOperatorSocket, type OperatorSocketPorts } from './sessions/operator-socket.ts';
import { sealEarlierWords } from './sessions/sealed-words.ts';
import { createRenewNames } from './words/renew-names.ts';
import { openSessionKeys } from './sessions/session-keys.ts';
import type { ApiSettings } from './settings.ts';

/** Every operation of the API. */
export const groups = [
  sessionRoutes,
  signInRoutes,
  tenantRoutes,
  deletionRoutes,
  onboardingRoutes,
  memberRoutes,
  invitationRoutes,
  erasureRoutes,
  apiKeyRoutes,
  keyRoutes,
  externalKeyRoutes,
  allKeysRoutes,
  identityKeyRoutes,
  operatorRoutes,
  workflowRoutes,
  guildRoutes,
  playerRoutes,
  guildSettingsRoutes,
  liveRoutes,
  policyRoutes,
  auditRoutes,
  auditRecordRoutes,
  timelineRoutes,
];

/** Builds the api; what it opens is closed with the stack. */
export async function buildApi(
  settings: ApiSettings,
  logger: Logger,
  stack: AsyncDisposableStack,
): Promise<HttpService> {
  const parts = await openParts(settings, logger, stack);
  return stack.use(
    await startHttpService({
      name: 'api',
      logger,
      listen: settings.listen,
      ops: settings.ops,
      tls: parts.agent.tls,
      health: healthOf(parts),
      bodyLimitBytes: 16 * 1024,
      register: (app) => installApi(app, settings, parts, stack),
    }),
  );
}

/** `bailiwick keys move` carries it out while this process is stopped. */
const keyMove = {
  name: keyMoveSaga,
  steps: keyMoveSteps,
  continued: 'Keys are moved while the platform is stopped: stop it, and run `bailiwick keys move` again.',
};

/** What was opened before can be opened while the keys are away; what an erasure has replaced is in no row any more. */
const whileAwayMs = 60 * 60_000;

/** Connections, and what is built on them. */
async function openParts(settings: ApiSettings, logger: Logger, stack: AsyncDisposableStack) {
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
  const feeds = stack.use(createTenantFeeds({ caller, clock, logger }));
  const streams = stack.use(createOpenStreams(clock));
  const operations = stack.use(createOperations(settings.processes));
  const custodian = stack.use(await openCustodian(settings.keys, { installation, part: 'api', logger, clock }));
  const custodianHealth = stack.use(watchCustodian(custodian, { clock, logger })).health;
  const envelope = createEnvelope({ custodian, clock, whileAwayMs });
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
      ],
      { logger, clock, elsewhere: [keyMove] },
    ),
  );
  const onboardings = stack.use(await createOnboardings({ ...shared, ...onboarding, sagas }));
  const offboardings = createOffboardings({ ...shared, sagas });
  const erasures = createErasures({ ...shared, sagas, members: createMembers(records) });
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
    operations,
    onboardings,
    sagas,
    deletions,
    offboardings,
    erasures,
    schedules,
    scheduledRotations,
    tenantKeys,
    externalKeys,
    keys,
    words,
    custodianHealth,
  };
}

type Parts = Awaited<ReturnType<typeof openParts>>;

function healthOf({ agent, journal, decisionPoint, database, sagas, custodianHealth }: Parts): Health {
  const health = new Health();
  health.add(custodianCause, custodianHealth);
  health.add('identity', agent.health);
  health.add('journal', () => journal.health());
  health.add('decisions', () => decisionPoint.health());
  health.add('database', database.health);
  health.add('workflows', sagas.health);
  return health;
}

async function installApi(
  app: HttpApp,
  settings: ApiSettings,
  parts: Parts,
  stack: AsyncDisposableStack,
): Promise<void> {
  const { agent, clock, decisionPoint, keys, logger, records } = parts;
  installGuard(app, { agent, audience: 'api', clock });
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  refuseWhatIsNotDescribed(app);
  await describeApi(app, settings.publicUrl);
  serveReference(app);
  if (settings.portal) await servePortal(app, settings.portal.folder);
  await app.register(fastifyCookie);
  await app.register(fastifyJwt, accessTokens(settings, keys));
  const ports = portsOf(settings, parts, app.jwt);
  const { identities } = ports;
  knowOwnChanges(app, decisionPoint);
  limitRates(app, { identities, limits: settings.limits, replicas: settings.replicas, clock });
  requireDeclaredAccess(app);
  authorizeFirst(app, ports.access);
  keepAnswers(app, { records, identities, keys, clock });
  await readyForOperators(settings, { ...ports, logger }, stack);
  for (const group of groups) group(app.withTypeProvider<ZodTypeProvider>(), ports);
}

function portsOf(settings: ApiSettings, parts: Parts, jwt: JWT): ApiPorts {
  const { agent, clock, database, decisionPoint, journal, keys, records, words } = parts;
  const apiKeys = createApiKeys(records, clock);
  const accounts = createAccounts(settings, { records, database, jwt, journal, clock, keys, words });
  const identities = createIdentities({ ...accounts, agent, apiKeys, clock });
  return {
    ...accounts,
    clock,
    identities,
    operations: parts.operations,
    access: createAccessControl({ agent, identities, decisionPoint, denials: journal }),
    apiKeys,
    members: createMembers(records),
    invitations: createInvitations(records, words, clock),
    pages: createPages(keys),
    publicUrl: settings.publicUrl,
    discordApiUrl: settings.discordApiUrl,
    tenants: parts.tenants,
    policies: createPolicyStore(database),
    records,
    database,
    journal,
    sealed: parts.sealed,
    caller: parts.caller,
    tenantKeys: parts.tenantKeys,
    identityKeys: agent.tokenService,
    externalKeys: parts.externalKeys,
    schedules: parts.schedules,
    scheduledRotations: parts.scheduledRotations,
    players: parts.players,
    bots: parts.bots,
    onboardings: parts.onboardings,
    deletions: parts.deletions,
    offboardings: parts.offboardings,
    erasures: parts.erasures,
    sagas: parts.sagas,
    feeds: parts.feeds,
    streams: parts.streams,
    config: { action: 'api.public' },
  };
}

/** Operators from the settings, the sign-in shown at the platform's start, and the socket for further sign-ins. */
async function readyForOperators(
  { operators, operatorSignIn, operatorSocket, publicUrl }: ApiSettings,
  ports: Pick<ApiPorts, 'operators' | 'operatorSignIns'> & Pick<OperatorSocketPorts, 'clock' | 'logger'>,
  stack: AsyncDisposableStack,
): Promise<void> {
  await ports.operators.follow(operators);
  if (operatorSignIn) await ports.operatorSignIns.adopt(operatorSignIn);
  if (operatorSocket === undefined) return;
  const socket = await openOperatorSocket(operatorSocket, { ...ports, publicUrl }).catch((error: unknown) => {
    // Everything else works without it, and whoever needs it is told there.
    ports.logger.error({ err: error }, 'the socket for operator sign-ins is unavailable');
    return undefined;
  });
  stack.use(socket);
}
