import type { LavalinkNode } from 'lavalink-client';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { NodePopulation } from '../../application/node-population.ts';
import type {
  Abilities,
  Lavalink,
  Loaded,
  Lyrics,
  NodeEvent,
  NodePlayer,
  GuildKey,
  PlayOrder,
  VoiceState,
} from '../../application/ports.ts';
import type { Entry } from '../../domain/entry.ts';
import type { NodeFilters } from '../../domain/filters.ts';
import { sourceOf } from '../../domain/sources.ts';
import type { LavalinkSessionStore } from '../lavalink-session-store.ts';
import { nodeUnavailable, NodeBreakers } from './breakers.ts';
import { asked, changed, credentials, expected, jsonOf, playerPath, unlessAway } from './node-calls.ts';
import { defaultAnswerWithinMs, type AnswerWithinMs } from './node-connection.ts';
import { LeftOut } from './left-out.ts';
import { lyricsFrom } from './lyrics.ts';
import { voiceRegionOf } from './choose-node.ts';
import type { NodeDirectory } from './node-directory.ts';
import type { NodeHealth } from './node-health.ts';
import { NodeInfos, pluginNames } from './node-info.ts';
import { NodeLoads } from './node-loads.ts';
import { guildsOf, nodePlayerOf } from './node-messages.ts';
import { amountOf } from './node-values.ts';
import { TenantNodes } from './tenant-nodes.ts';
import { loadedFrom } from './tracks.ts';
import type { LavalinkTransport } from './transport.ts';

export interface LavalinkNodesOptions {
  readonly nodes: NodeDirectory;
  readonly transport: LavalinkTransport;
  readonly sessions: LavalinkSessionStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of a tenant's lease. @throws lease.elsewhere */
  readonly fencingToken: (tenant: TenantId) => number;
  /** Called in the order of the nodes' reports; must not throw. */
  readonly emit: (event: NodeEvent) => void;
  readonly population: Pick<NodePopulation, 'at'>;
  /** Whether nothing of this tenant plays or waits. Called before its connections are closed as idle. */
  readonly isIdle: (tenant: TenantId) => Promise<boolean>;
  /** Default 3.5 s, and 5.5 s to load. */
  readonly answerWithinMs?: AnswerWithinMs | undefined;
  /** Tenants with connections at the same time. */
  readonly tenantLimit?: number;
}

/** A tenant's connections are closed after this long without use. */
const idleAfterMs = 10 * 60_000;
const sweepEveryMs = 60_000;
/** Of an encoded track, in characters: addresses with longer ones are refused on the way. A usual one has 300. */
const longestInAddress = 4_000;

/** Every tenant's sessions on every node. Connections are made on demand, bounded, and closed when idle. */
export class LavalinkNodes implements Lavalink, AsyncDisposable {
  readonly #options: LavalinkNodesOptions;
  readonly #tenants = new Map<TenantId, TenantNodes>();
  readonly #breakers: NodeBreakers;
  readonly #infos = new NodeInfos();
  readonly #loads: NodeLoads;
  readonly #leftOut: LeftOut;
  #cancelSweep: () => void;
  readonly #unfollow: () => void;

  constructor(options: LavalinkNodesOptions) {
    this.#options = options;
    const { logger, clock } = options;
    this.#loads = new NodeLoads(clock);
    this.#leftOut = new LeftOut((node) => this.#infos.offers(node, pluginNames.sponsorBlock), logger);
    this.#breakers = new NodeBreakers((node, fault) => {
      if (fault === undefined) logger.info({ node }, 'a Lavalink node has recovered');
      else logger.warn({ node, fault }, 'a Lavalink node is faulty');
    });
    this.#cancelSweep = this.#planSweep();
    this.#unfollow = options.nodes.onChanged(() => this.#follow());
  }

  async load(tenant: TenantId, identifier: string): Promise<Loaded> {
    const nodes = this.#tenant(tenant);
    nodes.hurry();
    const source = sourceOf(identifier);
    const node = nodes.anyNode((id) => source === undefined || this.#infos.has(id, 'sources', source));
    const answer = await asked(node, `/loadtracks?identifier=${encodeURIComponent(identifier)}`);
    if (answer === undefined) throw nodeUnavailable();
    return expected(await loadedFrom(answer, this.#options.clock.now()), 'a load result');
  }

  abilities(): Abilities {
    const nodes = this.#options.nodes.all.map(({ id }) => id);
    return {
      sources: this.#infos.anyOf(nodes, 'sources'),
      filters: this.#infos.anyOf(nodes, 'filters'),
      segments: this.#infos.anyOffers(nodes, pluginNames.sponsorBlock),
    };
  }

  async lyrics(
    { tenant, guild }: GuildKey,
    playing: string | null,
    { encoded }: Entry,
  ): Promise<Lyrics | 'no-plugin' | 'none'> {
    const hasLyrics = (id: string) => this.#infos.offers(id, pluginNames.lyrics);
    const nodes = this.#tenant(tenant);
    const own = playing !== null && hasLyrics(playing) ? nodes.node(playing) : undefined;
    const node = own ?? nodes.anyNode(hasLyrics);
    if (!hasLyrics(node.id)) return 'no-plugin';
    if (!own && encoded.length > longestInAddress) return 'none';
    const path = own
      ? `${playerPath(own, { tenant, guild })}/track/lyrics?skipTrackSource=false`
      : `/lyrics?track=${encodeURIComponent(encoded)}&skipTrackSource=false`;
    const { response } = await unlessAway(node.rawRequest(path));
    // "No lyrics" is 204. 404 says that the node does not know the player, or not yet what it plays.
    if (response.status === 404) throw nodeUnavailable(new Error('the node does not know the player'));
    if (response.status === 204) return 'none';
    return lyricsFrom(await jsonOf(response)) ?? 'none';
  }

  async open(tenant: TenantId, botUser: Snowflake): Promise<void> {
    await this.#opened(tenant, botUser);
  }

  available(tenant: TenantId, besides?: string): boolean {
    const nodes = this.#tenants.get(tenant)?.all() ?? [];
    return nodes.some(
      ({ id }) => id !== besides && this.#tenants.get(tenant)?.node(id) && this.#breakers.state(id) !== 'open',
    );
  }

  isReady({ tenant }: GuildKey, node: string): boolean {
    return this.#tenants.get(tenant)?.node(node) !== undefined;
  }

  isFailing(node: string): boolean {
    return this.#breakers.state(node) === 'open';
  }

  async play(guildKey: GuildKey, order: PlayOrder): Promise<string> {
    const nodes = await this.#opened(guildKey.tenant, order.voice.userId);
    const region = voiceRegionOf(order.voice.server?.endpoint ?? '');
    const node = await nodes.readyNode({ preferred: order.node, region }, (id) =>
      this.#infos.has(id, 'sources', order.entry.source),
    );
    // Before it has taken it: others are being given away at the same time.
    if (node.id !== order.node) this.#loads.given(node.id);
    await this.#leftOut.begin(node, guildKey, order.skipSegments);
    await changed(node, guildKey, {
      track: { encoded: order.entry.encoded, userData: { entryId: order.entry.entryId, attempt: order.attempt } },
      position: Math.round(order.positionMs),
      paused: order.paused,
      volume: order.volume,
      filters: this.#supported(node.id, order.filters),
      voice: credentials(order.voice),
    });
    return node.id;
  }

  async skipSegments(guildKey: GuildKey, node: string, categories: readonly string[]): Promise<void> {
    if (this.#leftOut.canBeTold(node)) await this.#leftOut.tell(this.#node(guildKey, node), guildKey, categories);
  }

  setPaused(guildKey: GuildKey, node: string, paused: boolean): Promise<void> {
    return changed(this.#node(guildKey, node), guildKey, { paused });
  }

  setVolume(guildKey: GuildKey, node: string, volume: number): Promise<void> {
    return changed(this.#node(guildKey, node), guildKey, { volume });
  }

  setFilters(guildKey: GuildKey, node: string, filters: NodeFilters): Promise<void> {
    return changed(this.#node(guildKey, node), guildKey, { filters: this.#supported(node, filters) });
  }

  setVoice(guildKey: GuildKey, node: string, voice: VoiceState): Promise<void> {
    return changed(this.#node(guildKey, node), guildKey, { voice: credentials(voice) });
  }

  silence(guildKey: GuildKey, node: string): Promise<void> {
    return changed(this.#node(guildKey, node), guildKey, { track: { encoded: null } });
  }

  async remove(guildKey: GuildKey, node: string): Promise<void> {
    const at = this.#node(guildKey, node);
    this.#leftOut.forget(guildKey);
    await unlessAway(at.rawRequest(playerPath(at, guildKey), (options) => void (options.method = 'DELETE')));
  }

  async guilds(tenant: TenantId, node: string): Promise<Snowflake[]> {
    const at = this.#ready(tenant, node);
    const answer = await asked(at, `/sessions/${at.sessionId}/players`);
    return answer === undefined ? [] : expected(guildsOf(answer), 'a list of players');
  }

  async player(guildKey: GuildKey, node: string): Promise<NodePlayer | undefined> {
    const at = this.#node(guildKey, node);
    const answer = await asked(at, playerPath(at, guildKey));
    return answer === undefined ? undefined : expected(nodePlayerOf(answer), 'a player');
  }

  async close(tenant: TenantId): Promise<void> {
    this.#tenants.get(tenant)?.close();
    this.#tenants.delete(tenant);
    this.#leftOut.forgetAll(tenant);
  }

  async rest(tenant: TenantId): Promise<void> {
    const nodes = this.#tenants.get(tenant);
    if (nodes) await this.#closeIdle(tenant, nodes);
  }

  /** For /health and metrics. */
  health(): NodeHealth[] {
    return this.#options.nodes.all.map(({ id, regions, draining }) => {
      const open = [...this.#tenants.values()].flatMap((tenant) => tenant.node(id) ?? []);
      // Each session reports about the whole node; the latest stats of any of them count.
      const stats = open[0]?.stats;
      return {
        node: id,
        regions,
        draining,
        kept: this.#options.population.at(id),
        penalty: Math.round(this.#loads.penaltyOf(id)),
        breaker: this.#breakers.state(id),
        sessions: open.length,
        players: amountOf(stats?.players),
        playingPlayers: amountOf(stats?.playingPlayers),
        lavalinkLoad: amountOf(stats?.cpu?.lavalinkLoad),
        latencyMs: this.#breakers.latencyMs(id),
        fault: this.#breakers.fault(id) ?? null,
        info: this.#infos.of(id) ?? null,
      };
    });
  }

  /** True if a tenant relies on a node and none of its nodes is available. */
  get anyAway(): boolean {
    const opened = [...this.#tenants.values()].filter((tenant) => tenant.opened);
    return opened.some((tenant) => tenant.all().every((node) => !tenant.node(node.id)));
  }

  /** Sockets are closed, players continue: whoever comes back within a minute finds them playing. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unfollow();
    this.#cancelSweep();
    for (const tenant of this.#tenants.values()) tenant.close();
    this.#tenants.clear();
    this.#breakers[Symbol.dispose]();
  }

  /** A node refuses a whole order because of one filter that it does not have. */
  #supported(node: string, filters: NodeFilters): NodeFilters {
    return Object.fromEntries(Object.entries(filters).filter(([name]) => this.#infos.has(node, 'filters', name)));
  }

  #tenant(tenant: TenantId): TenantNodes {
    const { tenantLimit = 1_000, answerWithinMs = defaultAnswerWithinMs, fencingToken, ...options } = this.#options;
    const existing = this.#tenants.get(tenant);
    if (existing) {
      existing.usedAtMs = options.clock.now();
      return existing;
    }
    if (this.#tenants.size >= tenantLimit) this.#makeRoom();
    const made = new TenantNodes({
      ...options,
      tenant,
      answerWithinMs,
      breakers: this.#breakers,
      loads: this.#loads,
      infos: this.#infos,
      fencingToken: () => fencingToken(tenant),
    });
    this.#tenants.set(tenant, made);
    return made;
  }

  /** Only tenants without a session are dropped: they were here for a search. */
  #makeRoom(): void {
    const [searched] = [...this.#tenants]
      .filter(([, nodes]) => !nodes.opened)
      .sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs);
    if (!searched) throw nodeUnavailable(new Error('too many tenants have connections'));
    void this.close(searched[0]);
  }

  async #opened(tenant: TenantId, botUser: Snowflake): Promise<TenantNodes> {
    let nodes = this.#tenant(tenant);
    if (nodes.botUser !== undefined && nodes.botUser !== botUser) {
      // The tenant now has another application: a session belongs to one bot.
      await this.close(tenant);
      nodes = this.#tenant(tenant);
    }
    await nodes.open(botUser);
    return nodes;
  }

  #node(guildKey: GuildKey, node: string): LavalinkNode {
    return this.#ready(guildKey.tenant, node);
  }

  #ready(tenant: TenantId, node: string): LavalinkNode {
    const ready = this.#tenants.get(tenant)?.node(node);
    if (!ready) {
      this.#tenants.get(tenant)?.hurry();
      throw nodeUnavailable();
    }
    this.#tenant(tenant);
    return ready;
  }

  #follow(): void {
    const { nodes } = this.#options;
    for (const tenant of this.#tenants.values()) tenant.follow();
    for (const kept of [this.#loads, this.#breakers, this.#infos]) kept.keep((node) => nodes.find(node) !== undefined);
  }

  #planSweep(): () => void {
    return this.#options.clock.after(sweepEveryMs, () => {
      this.#cancelSweep = this.#planSweep();
      void this.#sweep();
    });
  }

  async #sweep(): Promise<void> {
    const { clock } = this.#options;
    // Again, for players that could not move: there may be another node for them now.
    for (const nodes of this.#tenants.values()) nodes.drain();
    for (const [tenant, nodes] of this.#tenants)
      if (clock.now() - nodes.usedAtMs >= idleAfterMs) await this.#closeIdle(tenant, nodes);
  }

  /** Unless something plays for the tenant, or it was used while that was looked up. */
  async #closeIdle(tenant: TenantId, nodes: TenantNodes): Promise<void> {
    const { isIdle, logger } = this.#options;
    const { usedAtMs } = nodes;
    try {
      if ((await isIdle(tenant)) && nodes.usedAtMs === usedAtMs) await this.close(tenant);
    } catch (error) {
      logger.warn({ err: error, tenant }, 'could not determine whether a tenant is idle');
    }
  }
}
