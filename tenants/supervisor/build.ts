import { Gauge, Registry } from 'prom-client';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { hostAndPort, Turns } from '#infra/http/addresses.ts';
import { startHttpService, type HttpService } from '#infra/http/service.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { installationId, isTenantId } from '#infra/kernel/ids.ts';
import { machineOf, replicaAddress } from '#infra/leases/replica-settings.ts';
import { TenantLeases } from '#infra/leases/tenant-leases.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { Health } from '#infra/observability/health.ts';
import type { Agent } from '#security/identity/agent.ts';
import { installGuard } from '#security/identity/guard.ts';
import { parseSpiffeId } from '#security/identity/spiffe.ts';
import { prepareBotImage } from './bot-image.ts';
import { probeConfinement } from '../confinement/confinement.ts';
import type { Vouching } from './door.ts';
import { installInstanceRoutes } from './instance-routes.ts';
import { createInstanceStore } from './instance-store.ts';
import type { Launcher } from './launcher.ts';
import { createProcessLauncher } from './process-launcher.ts';
import type { SupervisorSettings } from './settings.ts';
import { Supervisor } from './supervisor.ts';
import { createUserPool } from './user-pool.ts';

export interface SupervisorPorts {
  readonly agent: Agent;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Replaces child processes of this machine. */
  readonly launcher?: Launcher;
}

export interface RunningSupervisor {
  readonly service: HttpService;
  readonly supervisor: Supervisor;
}

/** Builds the supervisor; what it opens goes onto the stack, so that bots stop before the database closes. */
export async function buildSupervisor(
  settings: SupervisorSettings,
  ports: SupervisorPorts,
  stack: AsyncDisposableStack,
): Promise<RunningSupervisor> {
  const { agent, logger, clock = systemClock } = ports;
  const health = new Health();
  const metrics = new Registry();
  const database = stack.use(openDatabase(settings.database));
  const { replica } = settings;
  // Given back last, when no bot runs any more.
  const leases = stack.use(
    new TenantLeases({
      database,
      part: 'supervisor',
      replicas: replica.of,
      machine: machineOf(settings),
      capacity: settings.bots.maxInstances,
      clock,
      logger,
    }),
  );
  const launcher = ports.launcher ?? (await createConfinedLauncher(settings, health, logger, clock));
  const { url, alternatives = [] } = settings.proxy;
  const supervisor = stack.use(
    new Supervisor({
      installation: installationId(settings.installation),
      store: createInstanceStore(database, () => clock.now()),
      leases,
      launcher,
      vouching: vouchingOf(agent),
      proxies: new Turns([url, ...alternatives].map(hostAndPort)),
      botLogLevel: settings.bots.logLevel,
      maxInstances: settings.bots.maxInstances,
      logger,
      clock,
    }),
  );
  stack.defer(
    agent.revocations.onRevoked(({ kind, value, revokedAtMs }) => {
      const workload = kind === 'subject' ? parseSpiffeId(value, agent.installation) : undefined;
      if (workload?.kind === 'bot') supervisor.revoked(workload.tenant, revokedAtMs);
    }),
  );
  health.add('identity', agent.health);
  observe(health, metrics, { supervisor, leases, database });
  const failed = (error: unknown) => logger.error({ err: error }, 'could not reconcile the bots');
  stack.use(
    await database.listen('tenant', {
      connected: () => void supervisor.reconcile().catch(failed),
      disconnected: () => logger.warn({}, 'lost the database connection for tenant changes'),
      notified: (tenant) => {
        if (isTenantId(tenant)) void supervisor.tenantChanged(tenant).catch(failed);
      },
    }),
  );
  const service = stack.use(
    await startHttpService({
      name: 'supervisor',
      logger,
      listen: settings.listen,
      ops: settings.ops,
      tls: agent.tls,
      health,
      metrics,
      register(app) {
        installGuard(app, { agent, audience: 'supervisor', clock });
        installInstanceRoutes(app, { supervisor, clock, logger });
      },
    }),
  );
  await leases.join(replicaAddress(settings, service), supervisor);
  return { service, supervisor };
}

async function createConfinedLauncher(
  settings: SupervisorSettings,
  health: Health,
  logger: Logger,
  clock: Clock,
): Promise<Launcher> {
  const { bundleFile, copiesIn, users, heapMiB, memoryMiB } = settings.bots;
  const limits = { heapMiB, memoryMiB };
  const confinement = await probeConfinement(limits, users.first);
  const image = await prepareBotImage({ bundleFile, copiesIn, ownUser: confinement.ownUser });
  health.fact('confinement', { inForce: confinement.layers, missing: confinement.missing });
  health.fact('botLimits', limits);
  logger.info({ inForce: confinement.layers, missing: confinement.missing }, 'confinement of bots on this machine');
  return createProcessLauncher({ image, confinement, limits, users: createUserPool(users), logger, clock });
}

const vouchingOf = ({ tokenService }: Agent): Vouching => ({
  certificate: (spiffeId, requestPem) => tokenService.vouchCertificate(spiffeId, requestPem),
  callToken: (spiffeId, audience, thumbprint, lease) =>
    tokenService.vouchCallToken(spiffeId, audience, thumbprint, lease),
});

interface Observed {
  readonly supervisor: Supervisor;
  readonly leases: TenantLeases;
  readonly database: Database;
}

function observe(health: Health, metrics: Registry, { supervisor, leases, database }: Observed): void {
  health.add('database', async () => {
    const { status } = await database.health();
    if (status === 'healthy') return { status };
    return {
      status: 'degraded',
      detail: 'Bots keep running, but none can be started or stopped: the database is unavailable.',
    };
  });
  health.add('bots', () => {
    const { failed } = supervisor.counts();
    if (failed === 0) return { status: 'healthy' };
    return { status: 'degraded', detail: `${failed} bot(s) keep crashing; see their state for the reason.` };
  });
  const gauge = new Gauge({
    name: 'bailiwick_instances',
    help: 'Bots by state',
    labelNames: ['state'],
    registers: [metrics],
    collect() {
      for (const [state, count] of Object.entries(supervisor.counts())) gauge.set({ state }, count);
    },
  });
  const held: Gauge = new Gauge({
    name: 'bailiwick_leases_held',
    help: 'Tenants whose bots this supervisor runs, or would run',
    registers: [metrics],
    collect() {
      held.set(leases.size);
    },
  });
}
