import type { Registry } from 'prom-client';
import type { CacheMetrics } from '#infra/cache/cache-metrics.ts';
import type { SecondLevel } from '#infra/cache/second-level.ts';
import type { Database } from '#infra/database/pool.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';
import { fenced } from '#infra/leases/fenced.ts';
import type { LeaseEvents, TenantLeases } from '#infra/leases/tenant-leases.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Health } from '#infra/observability/health.ts';
import type { FeatureFlags } from '#policies/feature-flags.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import type { TenantKeyring } from '#security/keyring/external/tenant-keyring.ts';
import { Autoplayer } from './application/autoplay.ts';
import { LongQueues } from './application/long-queues.ts';
import { NodeFollower } from './application/follow-node.ts';
import { VoiceFollower } from './application/follow-voice.ts';
import { HistoryRecorder } from './application/history-recorder.ts';
import { mostPlayed } from './application/most-played.ts';
import { countPlays } from './application/top-tracks.ts';
import { NodePopulation } from './application/node-population.ts';
import type { NodeEvent, VoiceChange, VoiceGateway } from './application/ports.ts';
import { HeldTenants } from './application/held-tenants.ts';
import { PlayerMoves } from './application/player-moves.ts';
import { Recovery } from './application/recover.ts';
import { tellChanged, type RequestChannels } from './application/request-channels.ts';
import { VoiceRepair } from './application/repair-voice.ts';
import { segmentsChanged } from './application/skip-segments.ts';
import { timelineAt, timelineEvents } from './application/timeline.ts';
import { Underway } from './application/underway.ts';
import { UnitsOfWork } from './application/unit-of-work.ts';
import { commandsOf, playerBusy, settingsCommandsOf } from './commands.ts';
import type { SourcePolicy } from './domain/source-policy.ts';
import { cachedSettings } from './infrastructure/cached-settings.ts';
import { FoundTracks } from './infrastructure/found-tracks.ts';
import { createLavalinkSessionStore } from './infrastructure/lavalink-session-store.ts';
import type { AnswerWithinMs } from './infrastructure/lavalink/node-connection.ts';
import type { NodeDirectory } from './infrastructure/lavalink/node-directory.ts';
import { LavalinkNodes } from './infrastructure/lavalink/nodes.ts';
import type { LavalinkTransport } from './infrastructure/lavalink/transport.ts';
import { PlayerEvents } from './infrastructure/player-events.ts';
import { SessionHistory } from './infrastructure/session-history.ts';
import { createSessionStore } from './infrastructure/session-store.ts';
import { createSettingsStore } from './infrastructure/settings-store.ts';
import { createTrackListStore } from './infrastructure/track-list-store.ts';
import { EdgeVoiceGateway, type VoiceLink } from './infrastructure/voice-gateway.ts';
import { observe } from './observe.ts';
import { gateFeatures } from './presentation/feature-gate.ts';
import { registerHelpRoute } from './presentation/help-routes.ts';
import { keyRoutes } from './presentation/key-routes.ts';
import { registerLibraryRoutes, type LibraryCommands } from './presentation/library-routes.ts';
import { registerPlayerEvents } from './presentation/player-events.ts';
import { registerPlayerRoutes, type PlayerCommands } from './presentation/player-routes.ts';
import { registerSettingsRoutes, type SettingsCommands } from './presentation/settings-routes.ts';
import { registerStatisticsRoute } from './presentation/statistics-routes.ts';
import { registerTimelineRoutes, type TimelineQueries } from './presentation/timeline-routes.ts';

export interface AudioPorts {
  readonly database: Database;
  /** Which tenants' music this process plays. */
  readonly leases: Pick<TenantLeases, 'claim'>;
  /**
   * The keys; and for what members keep, connections of its own: what waits for keys must not hold up the music.
   */
  readonly library: TenantKeyring & { readonly database: Database; readonly custodian: Custodian };
  /** Where what was found lately is kept beside this process. */
  readonly second?: SecondLevel | undefined;
  readonly transport: LavalinkTransport;
  readonly voiceLink: VoiceLink;
  readonly requestChannels: RequestChannels;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Registry;
  /** Registered there. */
  readonly caches: CacheMetrics;
  readonly features: Pick<FeatureFlags, 'isOn' | 'off'>;
}

export interface AudioOptions extends SourcePolicy {
  /** The Lavalink nodes that there are now. */
  readonly nodes: NodeDirectory;
  /** How long a node may take to respond; for tests, which do not want to wait. */
  readonly answerWithinMs?: AnswerWithinMs | undefined;
}

export interface Audio extends AsyncDisposable {
  readonly commands: PlayerCommands;
  readonly library: LibraryCommands;
  readonly settings: SettingsCommands;
  readonly events: PlayerEvents;
  /** The bots' voice connections as known here. */
  readonly voice: Pick<VoiceGateway, 'state'>;
  /** Adds the routes; the guard must already be installed. */
  register(app: HttpApp): void;
  /** To be told of every lease; with another one of a tenant, what plays for it is resumed. */
  readonly tenants: LeaseEvents;
  /** Resolves when what plays for the tenants that are held now has been resumed. */
  readonly recovered: Promise<void>;
}

/** One guild's commands run one after the other; more than a busy guild ever sends at once is refused. */
const guildMutex = { concurrency: 1, waiting: 200, busy: playerBusy };
/** Opening the days of many servers takes a second: one at a time for a tenant. */
const countingMutex = { concurrency: 1, waiting: 8, busy: playerBusy };
/**
 * How much longer than their five minutes cached data keys are used while the custodian cannot be reached, so that the
 * music goes on. Only the process that holds a tenant's lease rotates and destroys its keys, and then forgets them;
 * others forget them when they lose the lease.
 */
export const keysMayBeAwayMs = 60 * 60_000;
/** Connections for what members keep and for rotations, beside those of the players. */
export const libraryConnections = 2;

/** Builds the audio service. Disposing, and passing on a tenant, leaves the music playing for the next process. */
export function buildAudio(options: AudioOptions, ports: AudioPorts): Audio {
  const { database, clock, logger } = ports;
  const events = new PlayerEvents();
  const { envelope, externalKeys } = ports.library;
  const closing = new AbortController();
  const { features } = ports;
  const caching = { clock, metrics: ports.caches };
  const found = new FoundTracks({ ...caching, second: ports.second });
  /** What another process may change, or is not to be known any more. */
  const forget = (tenant: TenantId) => {
    envelope.forget(tenant);
    settings.forget(tenant);
    found.forget(tenant);
  };
  const tenants = new HeldTenants({
    leases: ports.leases,
    async prepare(held) {
      held.forEach(forget);
      await externalKeys.load();
    },
    begin: (tenant) => recovery.add(tenant),
    async end(tenant) {
      voiceFollower.leave(tenant);
      nodeFollower.leave(tenant);
      moves.leave(tenant);
      population.leave(tenant);
      repair.leave(tenant);
      longQueues.leave(tenant);
      await work.settled(tenant);
      await lavalink.close(tenant);
      forget(tenant);
    },
  });
  const leaseOf = (tenant: TenantId) => tenants.leaseOf(tenant);
  const writes = fenced(database, leaseOf);
  const timeline = new SessionHistory(database, envelope);
  const store = createSessionStore(database, writes, envelope, timeline, logger);
  const settings = cachedSettings(createSettingsStore(database, writes), caching);
  const lists = createTrackListStore(ports.library.database, fenced(ports.library.database, leaseOf), envelope);
  const history = new HistoryRecorder({
    lists,
    count: (guildKey, played) => countPlays({ lists, features }, guildKey, played),
    clock,
    logger,
  });
  const work = new Underway();
  const population = new NodePopulation();
  // Nodes and voice report to followers that need nodes and voice themselves.
  const tell: { node?: (event: NodeEvent) => void; voice?: (change: VoiceChange) => void } = {};
  const lavalink = new LavalinkNodes({
    nodes: options.nodes,
    answerWithinMs: options.answerWithinMs,
    transport: ports.transport,
    sessions: createLavalinkSessionStore(database, writes),
    fencingToken: (tenant) => leaseOf(tenant).token,
    clock,
    logger,
    emit: (event) => tell.node?.(event),
    population,
    isIdle: async (tenant) => (await store.active(tenant)).every(({ current }) => !current),
  });
  const voice = new EdgeVoiceGateway({ link: ports.voiceLink, clock, logger, emit: (change) => tell.voice?.(change) });
  const unitsOfWork = new UnitsOfWork({
    store,
    tenants,
    lavalink,
    voice,
    events,
    settings,
    features,
    mutex: new KeyedMutex(guildMutex),
    clock,
    logger,
    changed(guildKey, session) {
      work.add(guildKey.tenant, history.changed(guildKey, session));
      work.add(guildKey.tenant, autoplayer.changed(guildKey, session));
      work.add(guildKey.tenant, longQueues.changed(guildKey, session));
      voiceFollower.changed(guildKey, session);
      nodeFollower.changed(guildKey, session);
      population.changed(guildKey, session);
    },
    movedFrom: (guildKey, node) => work.add(guildKey.tenant, moves.movedFrom(guildKey, node)),
    doubted: (guildKey) => nodeFollower.doubted(guildKey),
  });
  const longQueues = new LongQueues({ unitsOfWork, lists, settings, clock, logger });
  const autoplayer = new Autoplayer({
    unitsOfWork,
    lavalink,
    policy: options,
    loads: new KeyedMutex(autoplayMutex),
    features,
    logger,
  });
  const repair = new VoiceRepair({ unitsOfWork, store, lavalink, voice, clock, logger });
  const voiceFollower = new VoiceFollower({ unitsOfWork, store, lavalink, voice, repair, settings, clock, logger });
  const moves = new PlayerMoves({ unitsOfWork, store, lavalink, repair, clock, logger });
  const nodeFollower = new NodeFollower({ unitsOfWork, store, lavalink, voice, repair, moves, clock, logger });
  tell.node = (event) => {
    const { tenant } = 'guildKey' in event ? event.guildKey : event;
    if (tenants.has(tenant)) work.add(tenant, nodeFollower.handle(event));
  };
  // The state of every tenant is known here, whoever acts for it.
  tell.voice = (change) => {
    const { tenant } = change.guildKey;
    if (tenants.has(tenant)) work.add(tenant, voiceFollower.handle(change));
  };

  const parts = {
    lavalink,
    found,
    lists,
    settings,
    nodeFollower,
    store,
    unitsOfWork,
    longQueues,
    features,
    voice,
    clock,
  };
  const { commands, library } = commandsOf(options, parts);
  const settingsCommands = settingsCommandsOf({
    settings,
    features,
    lavalink,
    events,
    async checkRequestChannel(guildKey, channel) {
      if (!(await features.isOn(guildKey, 'request-channel')))
        throw callerFault('feature.off', 'This has been switched off for this server.', 403);
      await ports.requestChannels.check(guildKey, channel);
    },
    changed(guildKey, before, after) {
      voiceFollower.settingsChanged(guildKey);
      const { tenant } = guildKey;
      if (before.requestChannel !== after.requestChannel)
        work.add(tenant, tellChanged(ports.requestChannels, tenant, { clock, logger }));
      work.add(guildKey.tenant, segmentsChanged({ store, lavalink, settings, features, logger }, guildKey));
    },
  });
  const counting = new KeyedMutex(countingMutex);
  const timelineQueries: TimelineQueries = {
    at: (guildKey, atMs) => timelineAt(timeline, guildKey, atMs),
    events: (guildKey, range) => timelineEvents(timeline, guildKey, range),
  };
  observe(ports, lavalink, voice);
  const recovery = new Recovery({
    store,
    tenants,
    lavalink,
    voice,
    voiceFollower,
    nodeFollower,
    population,
    autoplayer,
    longQueues,
    clock,
    logger,
    closing: closing.signal,
  });
  return {
    commands,
    library,
    settings: settingsCommands,
    events,
    voice,
    tenants,
    get recovered() {
      return recovery.settled;
    },
    register(app) {
      app.addHook('onRequest', async ({ is404, grant }) => {
        if (!is404 && grant.tenant !== undefined) await tenants.admit(grant.tenant);
      });
      gateFeatures(app, features);
      registerPlayerRoutes(app, commands);
      registerLibraryRoutes(app, library);
      registerHelpRoute(app, features);
      keyRoutes(app, { ...ports.library, writes: fenced(ports.library.database, leaseOf), clock });
      registerSettingsRoutes(app, settingsCommands);
      registerStatisticsRoute(app, (tenant, range) => counting.run(tenant, () => mostPlayed(lists, tenant, range)));
      registerTimelineRoutes(app, timelineQueries);
      registerPlayerEvents(app, { events, store, settings, clock });
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      delete tell.node;
      delete tell.voice;
      voiceFollower.close();
      nodeFollower.close();
      moves.close();
      repair.close();
      longQueues.close();
      await voice[Symbol.asyncDispose]();
      await work.settled();
      await lavalink[Symbol.asyncDispose]();
    },
  };
}

/** What one tenant's autoplay looks up at once, and how many more of its queues may wait for that. */
const autoplayMutex = { concurrency: 2, waiting: 100, busy: playerBusy };
