import { Gauge, type Registry } from 'prom-client';
import type { Database } from '#infra/database/pool.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Health } from '#infra/observability/health.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import type { TenantKeyring } from '#security/keyring/external/external-keys.ts';
import { libraryErrorCodes } from '#services/contracts/library.ts';
import { deleteSessions } from './application/delete-sessions.ts';
import { eraseMember } from './application/erase-member.ts';
import { enqueue } from './application/enqueue.ts';
import {
  changeSettings,
  readSettings,
  replaceSettings,
  type SettingsPorts,
  type SettingsStore,
} from './application/guild-settings.ts';
import { NodeFollower } from './application/follow-node.ts';
import { VoiceFollower } from './application/follow-voice.ts';
import { HistoryRecorder } from './application/history-recorder.ts';
import { join } from './application/join.ts';
import { changeLibrary, listPlaylists, playLibrary, readLibrary } from './application/library.ts';
import type { TrackListStore } from './application/library-ports.ts';
import { move } from './application/move.ts';
import { operate } from './application/operate.ts';
import { pause } from './application/pause.ts';
import type { NodeEvent, SessionStore, VoiceChange, VoiceGateway } from './application/ports.ts';
import { list, read, slice } from './application/read.ts';
import { recover } from './application/recover.ts';
import { VoiceRepair } from './application/repair-voice.ts';
import { remove } from './application/remove.ts';
import { resume } from './application/resume.ts';
import { search } from './application/search.ts';
import { setMessage } from './application/set-message.ts';
import { setVolume } from './application/set-volume.ts';
import { skip } from './application/skip.ts';
import { sound } from './application/sound.ts';
import { UnitsOfWork, type UnitOfWork } from './application/unit-of-work.ts';
import { stop } from './application/stop.ts';
import type { SourcePolicy } from './domain/source-policy.ts';
import { createLavalinkSessionStore } from './infrastructure/lavalink-session-store.ts';
import type { AnswerWithinMs } from './infrastructure/lavalink/node-connection.ts';
import { LavalinkNodes } from './infrastructure/lavalink/nodes.ts';
import type { LavalinkTransport } from './infrastructure/lavalink/transport.ts';
import { PlayerEvents } from './infrastructure/player-events.ts';
import { createSessionStore } from './infrastructure/session-store.ts';
import { createSettingsStore } from './infrastructure/settings-store.ts';
import { createTrackListStore } from './infrastructure/track-list-store.ts';
import { EdgeVoiceGateway, type VoiceLink } from './infrastructure/voice-gateway.ts';
import { registerHelpRoute } from './presentation/help-routes.ts';
import { keyRoutes } from './presentation/key-routes.ts';
import { registerLibraryRoutes, type LibraryCommands } from './presentation/library-routes.ts';
import { registerPlayerEvents } from './presentation/player-events.ts';
import { registerPlayerRoutes, type PlayerCommands } from './presentation/player-routes.ts';
import { registerSettingsRoutes, type SettingsCommands } from './presentation/settings-routes.ts';

export interface AudioPorts {
  readonly database: Database;
  /**
   * The keys; and for what members keep, connections of its own: what waits for keys must not hold up the music.
   */
  readonly library: TenantKeyring & { readonly database: Database; readonly custodian: Custodian };
  readonly transport: LavalinkTransport;
  readonly voiceLink: VoiceLink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: Registry;
}

export interface AudioOptions extends SourcePolicy {
  /** Ids of the Lavalink nodes. */
  readonly nodes: readonly string[];
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
  /** Resolves when what was playing before the start has been resumed. */
  readonly recovered: Promise<void>;
}

const busy = () => callerFault('player.busy', 'Too many requests for this player at once. Try again in a moment.', 429);
/** One guild's commands run one after the other; more than a busy guild ever sends at once is refused. */
const guildMutex = { concurrency: 1, waiting: 200, busy };
/**
 * How much longer than their five minutes cached data keys are used while the custodian cannot be reached, so that the
 * music goes on. Only this process rotates and destroys these keys, and it then forgets them.
 */
export const keysMayBeAwayMs = 60 * 60_000;

/** One tenant's concurrent loads, and how many more may wait. */
const loadMutex = { concurrency: 4, waiting: 16, busy };

/** One member's changes run one after the other. */
const libraryMutex = {
  concurrency: 1,
  waiting: 10,
  busy: () => callerFault(libraryErrorCodes.busy, 'Too many requests at once. Try again in a moment.', 429),
};

/** Builds the audio service. Disposing leaves the music playing for the next process. */
export function buildAudio(options: AudioOptions, ports: AudioPorts): Audio {
  const { database, clock, logger } = ports;
  const events = new PlayerEvents();
  const { envelope } = ports.library;
  const store = createSessionStore(database, envelope, logger);
  const settings = createSettingsStore(database);
  const lists = createTrackListStore(ports.library.database, envelope);
  const closing = new AbortController();
  const history = new HistoryRecorder({ lists, clock, logger });
  const work = new Underway();
  // Nodes and voice report to followers that need nodes and voice themselves.
  const tell: { node?: (event: NodeEvent) => void; voice?: (change: VoiceChange) => void } = {};
  const lavalink = new LavalinkNodes({
    nodes: options.nodes,
    answerWithinMs: options.answerWithinMs,
    transport: ports.transport,
    sessions: createLavalinkSessionStore(database),
    clock,
    logger,
    emit: (event) => tell.node?.(event),
    isIdle: async (tenant) => (await store.active(tenant)).every(({ current }) => !current),
  });
  const voice = new EdgeVoiceGateway({ link: ports.voiceLink, clock, logger, emit: (change) => tell.voice?.(change) });
  const unitsOfWork = new UnitsOfWork({
    store,
    lavalink,
    voice,
    events,
    settings,
    mutex: new KeyedMutex(guildMutex),
    clock,
    logger,
    changed(guildKey, session) {
      work.add(history.changed(guildKey, session));
      voiceFollower.changed(guildKey, session);
      nodeFollower.changed(guildKey, session);
    },
    doubted: (guildKey) => nodeFollower.doubted(guildKey),
  });
  const repair = new VoiceRepair({ unitsOfWork, store, lavalink, voice, clock, logger });
  const voiceFollower = new VoiceFollower({ unitsOfWork, store, lavalink, voice, repair, settings, clock, logger });
  const nodeFollower = new NodeFollower({ unitsOfWork, store, lavalink, voice, repair, clock, logger });
  tell.node = (event) => work.add(nodeFollower.handle(event));
  tell.voice = (change) => work.add(voiceFollower.handle(change));

  const parts = { lavalink, lists, settings, nodeFollower, store, unitsOfWork, voice, clock };
  const { commands, library } = commandsOf(options, parts);
  const settingsCommands = settingsCommandsOf({
    settings,
    events,
    changed: (guildKey) => voiceFollower.settingsChanged(guildKey),
  });
  watch(ports, lavalink, voice);
  const recovered = recover({
    store,
    lavalink,
    voice,
    voiceFollower,
    nodeFollower,
    clock,
    logger,
    closing: closing.signal,
  });
  recovered.catch((error: unknown) => logger.error({ err: error }, 'could not resume sessions'));
  return {
    commands,
    library,
    settings: settingsCommands,
    events,
    voice,
    recovered,
    register(app) {
      registerPlayerRoutes(app, commands);
      registerLibraryRoutes(app, library);
      registerHelpRoute(app);
      registerSettingsRoutes(app, settingsCommands);
      keyRoutes(app, { ...ports.library, clock });
      registerPlayerEvents(app, { events, store, settings, clock });
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      delete tell.node;
      delete tell.voice;
      voiceFollower.close();
      nodeFollower.close();
      repair.close();
      await voice[Symbol.asyncDispose]();
      await work.settled();
      await lavalink[Symbol.asyncDispose]();
    },
  };
}

/** What players do when asked, one file each in `application/`. */
function commandsOf(
  policy: SourcePolicy,
  {
    lavalink,
    lists,
    settings,
    nodeFollower,
    store,
    unitsOfWork,
    voice,
    clock,
  }: {
    readonly lavalink: LavalinkNodes;
    readonly lists: TrackListStore;
    readonly settings: SettingsStore;
    readonly nodeFollower: NodeFollower;
    readonly store: SessionStore;
    readonly unitsOfWork: UnitsOfWork;
    readonly voice: EdgeVoiceGateway;
    readonly clock: Clock;
  },
): { readonly commands: PlayerCommands; readonly library: LibraryCommands } {
  const loads = { lavalink, policy, loads: new KeyedMutex(loadMutex) };
  const enqueuing = { ...loads, unitsOfWork, voice, again: (unit: UnitOfWork) => nodeFollower.again(unit) };
  const commands: PlayerCommands = {
    read: (guildKey) => read(store, clock, guildKey),
    search: (tenant, query, obligations) => search(loads, tenant, query, obligations),
    list: (tenant) => list(store, clock, tenant),
    slice: (guildKey, from, limit) => slice(store, guildKey, from, limit),
    sound: (guildKey) => sound({ store, lavalink }, guildKey),
    enqueue: (guildKey, asker, query, how) => enqueue(enqueuing, guildKey, asker, query, how),
    join: (guildKey, asker, channel) => join({ unitsOfWork, voice }, guildKey, asker, channel),
    move: (guildKey, asker, request) => move(unitsOfWork, guildKey, asker, request),
    remove: (guildKey, asker, entryId) => remove(unitsOfWork, guildKey, asker, entryId),
    operate: (guildKey, asker, name, request) => operate({ unitsOfWork, voice }, guildKey, asker, name, request),
    pause: (guildKey, asker) => pause(unitsOfWork, guildKey, asker),
    resume: (guildKey, asker) => resume(unitsOfWork, guildKey, asker),
    skip: (guildKey, asker) => skip({ unitsOfWork, voice }, guildKey, asker),
    stop: (guildKey, asker) => stop(unitsOfWork, guildKey, asker),
    setVolume: (guildKey, asker, percent) => setVolume(unitsOfWork, guildKey, asker, percent),
    setMessage: (guildKey, message) => setMessage(unitsOfWork, guildKey, message),
    eraseMember: (tenant, user) => eraseMember({ unitsOfWork, store, lists }, tenant, user),
    deleteSessions: (tenant) => deleteSessions({ unitsOfWork, store, lavalink, lists, settings }, tenant),
  };
  const now = () => clock.now();
  const kept = { lists, sessions: store, enqueuing, mutex: new KeyedMutex(libraryMutex), now };
  const library: LibraryCommands = {
    change: (guildKey, asker, name, request) => changeLibrary(kept, guildKey, asker, name, request),
    play: (guildKey, asker, request) => playLibrary(kept, guildKey, asker, request),
    part: (guildKey, asker, name, query) => readLibrary(kept, guildKey, asker, name, query),
    playlists: (guildKey, asker) => listPlaylists(kept, guildKey, asker),
  };
  return { commands, library };
}

const settingsCommandsOf = (ports: SettingsPorts): SettingsCommands => ({
  read: (guildKey) => readSettings(ports, guildKey),
  replace: (guildKey, settings, replaces) => replaceSettings(ports, guildKey, settings, replaces),
  change: (guildKey, channel, request) => changeSettings(ports, guildKey, channel, request),
});

/** Work that nobody waits for, until it ends. */
class Underway {
  readonly #work = new Set<Promise<void>>();

  add(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }

  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }
}

function watch(ports: AudioPorts, lavalink: LavalinkNodes, voice: EdgeVoiceGateway): void {
  const { health, metrics, database } = ports;
  health.add('database', database.health);
  health.add('voice-events', () =>
    voice.connected
      ? { status: 'healthy' }
      : {
          status: 'degraded',
          detail: 'the stream from discord-edge is interrupted, so joins and kicks are noticed late',
        },
  );
  health.add('lavalink', () => {
    const nodes = lavalink.health();
    health.fact('lavalink', nodes);
    const open = nodes.filter(({ breaker }) => breaker === 'open').map(({ node }) => node);
    const faults = nodes.flatMap(({ node, fault }) => (fault === null ? [] : `${node} ${fault}`));
    if (faults.length > 0) return { status: 'degraded', detail: faults.join('; ') };
    if (open.length > 0) return { status: 'degraded', detail: `failing nodes: ${open.join(', ')}` };
    if (lavalink.anyAway) return { status: 'degraded', detail: 'a tenant has no connection to any node' };
    return { status: 'healthy' };
  });
  metrics.registerMetric(
    new Gauge({
      name: 'audio_lavalink_players',
      help: 'Players on a Lavalink node, of all its clients, as last reported.',
      labelNames: ['node'],
      registers: [],
      collect() {
        for (const { node, players } of lavalink.health()) this.set({ node }, players);
      },
    }),
  );
  metrics.registerMetric(
    new Gauge({
      name: 'audio_lavalink_sessions',
      help: 'Tenants with an open session on a Lavalink node.',
      labelNames: ['node'],
      registers: [],
      collect() {
        for (const { node, sessions } of lavalink.health()) this.set({ node }, sessions);
      },
    }),
  );
}
