import { collectDefaultMetrics, Registry } from 'prom-client';
import { openDatabase } from '#infra/database/pool.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { followLeases, type FollowedParts } from '#infra/leases/followed-leases.ts';
import { leasedParts } from '#infra/leases/lease.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { openSharedState } from '#infra/shared-state/open-shared-state.ts';
import { Health, type HealthCheck } from '#infra/observability/health.ts';
import type { SharedState } from '#infra/shared-state/shared-state.ts';
import { startOpsListener } from '#infra/observability/ops-listener.ts';
import { createDecisionPoint } from '#policies/decision-point.ts';
import { createBatchJournal } from '#security/audit/journal.ts';
import type { Agent } from '#security/identity/agent.ts';
import { ApiKeyExchange } from './tokens/api-key-exchange.ts';
import type { BreakerSettings } from './relay/breaker.ts';
import { DoneCalls } from './tokens/done-calls.ts';
import { Grants } from './tokens/grants.ts';
import { createLimits } from './limits/limits.ts';
import { startListener } from './listeners/listener.ts';
import { shareRates } from './limits/share-rates.ts';
import { createMetrics } from './metrics.ts';
import { startPublicListener } from './listeners/public-listener.ts';
import { createRecorder } from './record/record.ts';
import { RememberedTokens } from './tokens/remembered-tokens.ts';
import { routes } from './routes/routes.ts';
import type { ServePorts } from './serve.ts';
import type { ProxySettings } from './settings.ts';
import { followAddedNodes } from './relay/follow-nodes.ts';
import { LiveStreams } from './relay/streams.ts';
import { openUpstreams, type Upstream, type Upstreams } from './relay/upstreams.ts';

/** Why streams end in the ordinary course of things: nobody was refused anything. */
const ordinary: ReadonlySet<string> = new Set(['stopping', 'moved', 'superseded']);

/** Nobody waits for a read's record, so larger batches save transactions. */
const readBatchDelayMs = 200;

export interface Proxy extends AsyncDisposable {
  /** mTLS listener. */
  readonly port: number;
  readonly publicPort: number;
  readonly opsPort: number;
  readonly health: Health;
}

export interface ProxyPorts {
  readonly agent: Agent;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly breaker?: BreakerSettings;
}

/** Builds the proxy and starts its listeners; everything is closed last-in first-out. */
export async function buildProxy(
  settings: Omit<ProxySettings, 'identity' | 'installation' | 'logLevel'>,
  { agent, logger, clock = systemClock, breaker }: ProxyPorts,
): Promise<Proxy> {
  await using starting = new AsyncDisposableStack();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const health = new Health();
  const { installation, revocations } = agent;
  const database = starting.use(openDatabase(settings.database));
  const decisions = starting.use(await createDecisionPoint({ database, logger, clock }));
  const leases = starting.use(await followLeases({ database, logger }));
  const journal = starting.use(createBatchJournal({ database, logger, clock }));
  const readJournal = starting.use(createBatchJournal({ database, logger, clock, batchDelayMs: readBatchDelayMs }));
  const sharedState = starting.use(
    await openSharedState(settings.sharedState, { installation, part: 'gateway-proxy', logger, clock }),
  );
  const doneCalls = starting.use(new DoneCalls(sharedState, clock));
  const limits = createLimits(settings.limits);
  if (sharedState.isShared) starting.use(shareRates(limits, { sharedState, clock }));
  const recorder = starting.use(createRecorder({ installation, journal, readJournal, limits, clock, logger }));
  const upstreams = starting.use(
    openUpstreams({
      installation,
      tls: agent.tls,
      clock,
      services: settings.upstreams,
      lavalink: settings.lavalink.nodes,
      leases,
      ...(breaker ? { breaker } : {}),
    }),
  );
  const { openingKeyBase64 } = settings.lavalink;
  if (openingKeyBase64 !== undefined)
    starting.use(await followAddedNodes({ database, openingKeyBase64, upstreams, logger }));
  const grants = await Grants.open(agent, upstreams.services, clock);
  const tokens = new RememberedTokens(agent, clock);
  starting.defer(revocations.onRevoked(() => tokens.forget()));
  const counts = { connections: () => 0, streams: () => 0 };
  const metrics = createMetrics(registry, clock, {
    upstreams,
    connections: () => counts.connections(),
    streams: () => counts.streams(),
  });
  const onCut: ConstructorParameters<typeof LiveStreams>[0]['onCut'] = (exchange, why) => {
    metrics.cut('stream', why);
    if (!ordinary.has(why)) recorder.note(exchange, `stream.${why}`);
  };
  const streams = new LiveStreams({ revocations, decisions, leases, clock, logger, onCut });
  const ports: ServePorts = {
    tokens,
    revocations,
    apiKeys: new ApiKeyExchange(agent, clock),
    routes,
    decisions,
    limits,
    doneCalls,
    recorder,
    upstreams,
    grants,
    leases,
    metrics,
    streams,
    clock,
    logger,
  };
  const listener = starting.use(
    await startListener({ listen: settings.listen, tls: agent.tls, installation, revocations, clock, ports }),
  );
  const publicListener = starting.use(await startPublicListener({ listen: settings.public, clock, ports }));
  starting.use(streams);
  counts.connections = () => listener.connections;
  counts.streams = () => streams.size;
  addHealthChecks(health, { decisions, journal, readJournal, agent, upstreams, sharedState, leases });
  const ops = starting.use(await startOpsListener(settings.ops, health, registry));
  starting.defer(() => {
    health.ready = false;
  });
  health.ready = true;
  const resources = starting.move();
  return {
    port: listener.port,
    publicPort: publicListener.port,
    opsPort: ops.port,
    health,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function addHealthChecks(
  health: Health,
  sources: {
    readonly decisions: { health: HealthCheck };
    readonly journal: { health: HealthCheck };
    readonly readJournal: { health: HealthCheck };
    readonly agent: Agent;
    readonly upstreams: Upstreams;
    readonly sharedState: SharedState;
    readonly leases: FollowedParts;
  },
): void {
  health.add('decisions', () => sources.decisions.health());
  health.add('journal', () => sources.journal.health());
  health.add('read-journal', () => sources.readJournal.health());
  health.add('identity', sources.agent.health);
  if (sources.sharedState.isShared) health.add('shared-state', sources.sharedState.health);
  health.add('leases', () =>
    leasedParts.every((part) => sources.leases[part].known)
      ? { status: 'healthy' }
      : { status: 'unhealthy', detail: 'cannot tell which process acts for whom: the database is unavailable' },
  );
  health.add('added-nodes', () => {
    const failing = sources.upstreams.added.filter(({ breaker }) => breaker.state !== 'closed');
    if (failing.length === 0) return { status: 'healthy' };
    return { status: 'degraded', detail: `failing or not responding: ${failing.map(({ name }) => name).join(', ')}` };
  });
  const added = new Set(sources.upstreams.added);
  for (const { name } of sources.upstreams.all.filter((upstream) => !added.has(upstream))) {
    // Its replicas, too, which come and go.
    const isOne = (upstream: Upstream) => upstream.name === name || upstream.name.startsWith(`${name}:`);
    health.add(`upstream:${name}`, () => {
      const failing = sources.upstreams.all.find((each) => isOne(each) && each.breaker.state !== 'closed');
      if (!failing) return { status: 'healthy' };
      const detail = `the circuit breaker is ${failing.breaker.state}: ${failing.name} is failing or not responding`;
      return { status: 'degraded', detail };
    });
  }
}
