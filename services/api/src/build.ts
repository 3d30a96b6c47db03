import fastifyCookie from '@fastify/cookie';
import fastifyJwt, { type JWT } from '@fastify/jwt';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import { startHttpService, type HttpService } from '#infra/http/service.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { Health } from '#infra/observability/health.ts';
import { createFeatureStore } from '#policies/feature-store.ts';
import { createPolicyStore } from '#policies/policy-store.ts';
import { installGuard } from '#security/identity/guard.ts';
import { custodianCause } from '#security/keyring/custodian-watch.ts';
import { createApiKeys } from '#tenants/tenant/api-keys.ts';
import { createInvitations } from '#tenants/tenant/invitations.ts';
import { createMembers } from '#tenants/tenant/members.ts';
import { authorizeFirst, createAccessControl, knowOwnChanges } from './access.ts';
import { requireDeclaredAccess } from './operation-access.ts';
import { accessTokens, createAccounts } from './sessions/accounts.ts';
import { describeApi } from './documentation/openapi.ts';
import { serveReference } from './documentation/reference.ts';
import { keepAnswers } from './idempotency.ts';
import { createIdentities } from './identities.ts';
import { createPages } from './pages.ts';
import { servePortal } from './portal.ts';
import { openParts, type Parts } from './parts.ts';
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
import { memberPolicyRoutes } from './routes/member-policy.ts';
import { memberRoutes } from './routes/members.ts';
import { createLavalinkNodes } from './lavalink-nodes.ts';
import { lavalinkNodeRoutes } from './routes/lavalink-nodes.ts';
import { machineRoutes } from './routes/machines.ts';
import { operatorRoutes } from './routes/operators.ts';
import { featureRoutes } from './routes/features.ts';
import { guildSettingsRoutes } from './routes/guild-settings.ts';
import { playerRoutes } from './routes/players.ts';
import { policyRoutes } from './routes/policies.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { onboardingRoutes } from './routes/onboarding.ts';
import { deletionRoutes } from './routes/deletions.ts';
import { statisticsRoutes } from './routes/statistics.ts';
import { tenantTimelineRoutes } from './routes/tenant-timeline.ts';
import { timelineRoutes } from './routes/timeline.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { projectionRoutes } from './routes/projections.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { schemaRegistryRoutes } from './routes/schema-registry.ts';
import { workflowRoutes } from './routes/workflows.ts';
import { openOperatorSocket, type OperatorSocketPorts } from './sessions/operator-socket.ts';
import type { ApiSettings } from './settings.ts';
import { createTenantWebhooks } from './webhooks.ts';

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
  webhookRoutes,
  keyRoutes,
  externalKeyRoutes,
  allKeysRoutes,
  identityKeyRoutes,
  operatorRoutes,
  lavalinkNodeRoutes,
  machineRoutes,
  workflowRoutes,
  scheduleRoutes,
  deadLetterRoutes,
  schemaRegistryRoutes,
  projectionRoutes,
  guildRoutes,
  playerRoutes,
  guildSettingsRoutes,
  featureRoutes,
  liveRoutes,
  policyRoutes,
  auditRoutes,
  auditRecordRoutes,
  timelineRoutes,
  tenantTimelineRoutes,
  statisticsRoutes,
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

function healthOf({ agent, counts, journal, decisionPoint, database, sagas, custodianHealth }: Parts): Health {
  const health = new Health();
  health.add(custodianCause, custodianHealth);
  health.add('identity', agent.health);
  health.add('journal', () => journal.health());
  health.add('decisions', () => decisionPoint.health());
  health.add('database', database.health);
  health.add('workflows', sagas.health);
  if (counts.isShared) health.add('shared-state', counts.health);
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
  limitRates(app, { identities, limits: settings.limits, replicas: settings.replicas, counts: parts.counts, clock });
  requireDeclaredAccess(app);
  authorizeFirst(app, ports.access);
  keepAnswers(app, { records, identities, keys, clock });
  await readyForOperators(settings, { ...ports, logger }, stack);
  for (const group of groups) group(app.withTypeProvider<ZodTypeProvider>(), ports);
  memberPolicyRoutes(app, { policies: ports.policies, installation: agent.installation, clock });
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
    lavalinkNodes: createLavalinkNodes(settings.lavalink, { database, clock }),
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
    featureStore: createFeatureStore(database),
    records,
    database,
    journal,
    sealed: parts.sealed,
    caller: parts.caller,
    tenantKeys: parts.tenantKeys,
    identityKeys: agent.tokenService,
    externalKeys: parts.externalKeys,
    webhooks: createTenantWebhooks({ caller: parts.caller }),
    schedules: parts.schedules,
    scheduledRotations: parts.scheduledRotations,
    players: parts.players,
    bots: parts.bots,
    onboardings: parts.onboardings,
    deletions: parts.deletions,
    offboardings: parts.offboardings,
    erasures: parts.erasures,
    machines: parts.machines,
    moves: parts.moves,
    sagas: parts.sagas,
    feeds: parts.feeds,
    streams: parts.streams,
    counts: parts.counts,
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
