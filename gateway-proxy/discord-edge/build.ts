import tls from 'node:tls';
import { Counter, Gauge, Registry } from 'prom-client';
import { openDatabase } from '#infra/database/pool.ts';
import { Changes } from '#infra/http/followed-state.ts';
import { startHttpService, type HttpService } from '#infra/http/service.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import { fenced } from '#infra/leases/fenced.ts';
import { heldElsewhere, type Lease } from '#infra/leases/lease.ts';
import { machineOf, replicaAddress } from '#infra/leases/replica-settings.ts';
import type { LeaseTiming } from '#infra/leases/lease-timing.ts';
import { TenantLeases } from '#infra/leases/tenant-leases.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { Health } from '#infra/observability/health.ts';
import { openSharedCounts } from '#infra/shared-state/open-shared-state.ts';
import { CacheMetrics } from '#infra/cache/cache-metrics.ts';
import { openFeatureFlags } from '#policies/feature-flags.ts';
import { createBatchJournal } from '#security/audit/journal.ts';
import { enrol, type Agent } from '#security/identity/agent.ts';
import { installGuard } from '#security/identity/guard.ts';
import { custodianCause, watchCustodian } from '#security/keyring/custodian-watch.ts';
import { openTenantKeyring } from '#security/keyring/external/tenant-keyring.ts';
import { ExternalKeyWatch } from '#security/keyring/external/watch.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import { Egress } from './budgets/egress.ts';
import { Identifies, type IdentifyLimits } from './budgets/identifies.ts';
import { InvalidRequests, type InvalidRequestLimits } from './budgets/invalid-requests.ts';
import { OtherEdges } from './budgets/other-edges.ts';
import { shareBudgets } from './budgets/share-budgets.ts';
import { createCredentialStore } from './credential/credential-store.ts';
import { Judgements } from './credential/judgements.ts';
import { edgeRoutes } from './routes/edge-routes.ts';
import { createRequestChannelStore } from './requests/request-channel-store.ts';
import { createSessionStore } from './sessions/session-store.ts';
import type { DiscordEdgeSettings } from './settings.ts';
import { Tenants } from './tenants.ts';
import { VoiceEvents } from './voice/voice-events.ts';
import { Witness } from './witness/witness.ts';

export interface DiscordEdgePorts {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Set if the process's identity was created elsewhere; it is then not closed here. */
  readonly agent?: Agent;
  readonly identifyLimits?: IdentifyLimits;
  readonly invalidRequestLimits?: InvalidRequestLimits;
  readonly deferAfterMs?: number;
  readonly random?: () => number;
  readonly leaseTiming?: LeaseTiming;
}

export interface DiscordEdge extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly opsPort: number;
  readonly tenants: Tenants;
}

/** Builds and starts the Discord edge. Disposing leaves every gateway session resumable. */
export async function buildDiscordEdge(settings: DiscordEdgeSettings, ports: DiscordEdgePorts): Promise<DiscordEdge> {
  await using stack = new AsyncDisposableStack();
  trust(settings.discord.trustPem);
  const parts = await openParts(settings, ports, stack);
  const tenants = stack.use(new Tenants(tenantsPorts(settings, ports, parts)));
  const { agent, logger, voiceEvents } = parts;
  const service = stack.use(
    await startHttpService({
      name: 'discord-edge',
      logger,
      listen: settings.listen,
      ops: settings.ops,
      tls: agent.tls,
      health: healthOf(parts, tenants),
      metrics: metrics({ ...parts, tenants }),
      async register(app) {
        installGuard(app, { agent, audience: 'discord-edge', clock: parts.clock });
        await edgeRoutes(app, {
          ...parts,
          tenants,
          discordApiUrl: settings.discord.apiUrl,
          replica: () => parts.leases.replica,
          writes: fenced(parts.database, (tenant) => heldLease(parts, tenant)),
          changes: parts.sessionChanges,
          events: voiceEvents,
        });
      },
    }),
  );
  stack.defer(() => voiceEvents.close());
  await tenants.start();
  stack.use(watchExternalKeys(settings, parts, tenants));
  await parts.leases.join(replicaAddress(settings, service), tenants);
  // While this one still answers: the others take over one tenant after the other.
  stack.defer(async () => {
    tenants.close();
    await parts.leases.leave();
  });
  return built(service, tenants, stack.move());
}

/** Connections, and what is built on them. */
async function openParts(settings: DiscordEdgeSettings, ports: DiscordEdgePorts, stack: AsyncDisposableStack) {
  const { logger, clock = systemClock } = ports;
  const agent =
    ports.agent ??
    stack.use(await enrol(settings, { workload: { kind: 'service', name: 'discord-edge' }, logger, clock }));
  const database = stack.use(openDatabase(settings.database));
  const { installation } = settings;
  const custodian = stack.use(
    await openCustodian(settings.keys, { installation, part: 'discord-edge', logger, clock }),
  );
  const custodianWatch = stack.use(watchCustodian(custodian, { clock, logger }));
  const keeper = 'discord-edge';
  const keyringPorts = { keeper, database, settings: settings.externalKeys, clock, logger } as const;
  const { envelope, externalKeys } = await openTenantKeyring(custodian, keyringPorts);
  stack.use(externalKeys);
  const { of: replicas } = settings.replica;
  if (replicas > 1) await externalKeys.follow();
  const audit = stack.use(createBatchJournal({ database, logger, clock }));
  // Given back last, when no session is open any more.
  const leases = stack.use(
    new TenantLeases({
      database,
      part: 'discord-edge',
      replicas,
      machine: machineOf(settings),
      clock,
      logger,
      timing: ports.leaseTiming,
    }),
  );
  const counts = stack.use(
    await openSharedCounts(settings.sharedState, { installation, part: 'discord-edge', logger, clock }),
  );
  const others = new OtherEdges(clock, { edges: replicas, tells: counts.isShared });
  const invalidRequests = new InvalidRequests(clock, others, ports.invalidRequestLimits);
  const egress = stack.use(new Egress({ clock, logger, invalidRequests, others, trustPem: settings.discord.trustPem }));
  if (counts.isShared) stack.use(shareBudgets({ counts, others, invalidRequests, egress, clock }));
  const metrics = new Registry();
  const credentials = createCredentialStore(database, envelope, clock);
  const features = stack.use(await openFeatureFlags({ database, clock, metrics: new CacheMetrics(metrics) }));
  return {
    agent,
    audit,
    clock,
    counts,
    credentials,
    custodian,
    custodianWatch,
    database,
    egress,
    envelope,
    externalKeys,
    features,
    invalidRequests,
    judgements: stack.use(new Judgements({ credentials, clock, logger })),
    leases,
    logger,
    metrics,
    others,
    sessionChanges: new Changes<TenantId>(),
    sessions: createSessionStore(database, envelope),
    unanswered: new Counter({
      name: 'bailiwick_edge_unanswered_interactions_total',
      help: 'Interactions that no bot answered: too late for Discord, closed with an apology, or answered as busy',
      labelNames: ['outcome'],
      registers: [],
    }),
    voiceEvents: new VoiceEvents(),
    witness: new Witness({ signer: await agent.delegate('transaction-token'), clock, logger }),
  };
}

type Parts = Awaited<ReturnType<typeof openParts>>;

/** @throws lease.elsewhere */
function heldLease({ leases }: Pick<Parts, 'leases'>, tenant: TenantId): Lease {
  const lease = leases.of(tenant);
  if (!lease) throw heldElsewhere();
  return lease;
}

/** What the tenants' sessions need, and whom they tell of what happens to them. */
function tenantsPorts(
  { discord, replica }: DiscordEdgeSettings,
  ports: DiscordEdgePorts,
  parts: Parts,
): ConstructorParameters<typeof Tenants>[0] {
  const { audit, clock, credentials, database, egress, envelope, externalKeys, leases, logger } = parts;
  return {
    database,
    credentials,
    leases,
    edges: replica.of,
    forgetKeys: (tenant) => envelope.forget(tenant),
    readKeys: () => externalKeys.load(),
    clock,
    logger,
    ports: {
      clock,
      logger,
      discordApiUrl: discord.apiUrl,
      egress,
      identifies: new Identifies(clock, parts.others, ports.identifyLimits),
      mayAct: (lease) => leases.mayAct(lease),
      // Without others there is nobody to take a session from, whether or not the database answers.
      mayConnect: (lease) => leases.mayAct(lease) && (replica.of === 1 || leases.certain),
      credentials,
      sessions: parts.sessions,
      requestChannels: createRequestChannelStore(database),
      features: parts.features,
      witness: parts.witness,
      voiceEvents: parts.voiceEvents,
      sessionChanged: (tenant) => parts.sessionChanges.tell(tenant),
      sessionFailed: (tenant, reason) => audit.addLater(sessionFailed(tenant, reason, clock.now())),
      credentialJudged: (lease, credential, refusal) => parts.judgements.note(lease, credential, refusal),
      interactionEnded: (outcome) => parts.unanswered.inc({ outcome }),
      leftBehind: (tenant, what) => audit.addLater(leftBehind(tenant, what, clock.now())),
      deferAfterMs: ports.deferAfterMs,
      checkEveryMs: discord.checkEveryMinutes * 60_000,
      random: ports.random ?? Math.random,
    },
  };
}

/** A bot stops when its tenant takes its own key away, and starts once it is back. */
const watchExternalKeys = (
  { externalKeys: settings }: DiscordEdgeSettings,
  parts: Parts,
  tenants: Tenants,
): ExternalKeyWatch =>
  new ExternalKeyWatch({
    ...parts,
    settings,
    keeper: 'discord-edge',
    lost: (tenant) => tenants.keyLost(tenant),
    returned: (tenant) => tenants.keyReturned(tenant),
  }).start();

function healthOf({ agent, audit, counts, custodianWatch, database, egress }: Parts, tenants: Tenants): Health {
  const health = new Health();
  health.add('database', database.health);
  health.add('audit', () => audit.health());
  health.add(custodianCause, custodianWatch.health);
  health.add('identity', agent.health);
  health.add('sessions', tenants.health);
  // Their tenants have to act; the platform works.
  health.add('request-channels', () => {
    const count = [...tenants.all()].filter(({ requests }) => requests.findings.length > 0).length;
    return {
      status: 'healthy',
      ...(count > 0 ? { detail: `Discord does not let ${count} of the bots read their request channels` } : {}),
    };
  });
  if (counts.isShared) health.add('shared-state', counts.health);
  health.add('discord', () =>
    egress.closed
      ? { status: 'degraded', detail: 'Discord does not respond, or has blocked this IP address' }
      : { status: 'healthy' },
  );
  return health;
}

const built = (service: HttpService, tenants: Tenants, resources: AsyncDisposableStack): DiscordEdge => ({
  url: service.url,
  port: service.port,
  opsPort: service.opsPort,
  tenants,
  [Symbol.asyncDispose]: () => resources.disposeAsync(),
});

/** The gateway library opens its sockets with the process's certificate authorities and accepts none of its own. */
function trust(pem: string | undefined): void {
  if (pem !== undefined) tls.setDefaultCACertificates([...tls.getCACertificates('default'), pem]);
}

const sessionFailed = (tenant: TenantId, reason: string, nowMs: number) =>
  failedRecord('session.start', tenant, reason, nowMs);
const leftBehind = (tenant: TenantId, what: string, nowMs: number) => failedRecord('session.stop', tenant, what, nowMs);

const failedRecord = (action: string, tenant: TenantId, reason: string, nowMs: number) => ({
  id: newId('evt', nowMs),
  time: new Date(nowMs).toISOString(),
  tenant,
  kind: 'lifecycle' as const,
  action,
  outcome: 'failed' as const,
  actor: { type: 'platform' as const, id: 'discord-edge' },
  ...(reason ? { reason: reason.slice(0, 1_000) } : {}),
});

function metrics(parts: Parts & { readonly tenants: Tenants }): Registry {
  const { tenants, leases, invalidRequests, unanswered, metrics: registry } = parts;
  const sessions = new Gauge({
    name: 'bailiwick_edge_sessions',
    help: 'Gateway sessions by status',
    labelNames: ['status'],
    registers: [],
    async collect() {
      this.reset();
      for (const edge of tenants.all()) this.inc({ status: edge.state().status });
    },
  });
  const invalid = new Gauge({
    name: 'bailiwick_edge_invalid_requests',
    help: 'Responses 401, 403 and 429 from Discord in the last 10 minutes',
    registers: [],
    collect() {
      this.set(invalidRequests.total);
    },
  });
  const held = new Gauge({
    name: 'bailiwick_leases_held',
    help: 'Tenants that this edge serves',
    registers: [],
    collect() {
      this.set(leases.size);
    },
  });
  registry.registerMetric(held);
  registry.registerMetric(sessions);
  registry.registerMetric(invalid);
  registry.registerMetric(unanswered);
  return registry;
}
