import { LavalinkManager, type LavalinkNode } from 'lavalink-client';
import { z } from 'zod';
import { Backoff } from '#infra/kernel/backoff.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { parseJson } from '#infra/kernel/json.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { NodeEvent } from '../../application/ports.ts';
import type { LavalinkSessionStore } from '../lavalink-session-store.ts';
import { nodeUnavailable, type NodeBreakers } from './breakers.ts';
import { inOrder, type Wanted } from './choose-node.ts';
import { createNodeConnection, drop, hurry, nodeRetries, type AnswerWithinMs } from './node-connection.ts';
import type { NodeDirectory } from './node-directory.ts';
import { nodeInfoOf, type NodeInfos } from './node-info.ts';
import type { NodeLoads } from './node-loads.ts';
import { guildsOf, nodeEventOf } from './node-messages.ts';
import { NodeTime } from './node-time.ts';
import { objectOf } from './node-values.ts';
import type { LavalinkTransport } from './transport.ts';

export interface TenantNodesOptions {
  readonly tenant: TenantId;
  readonly nodes: NodeDirectory;
  readonly loads: NodeLoads;
  readonly transport: LavalinkTransport;
  readonly breakers: NodeBreakers;
  readonly infos: NodeInfos;
  readonly answerWithinMs: AnswerWithinMs;
  /** Of the tenant's lease. @throws lease.elsewhere */
  readonly fencingToken: () => number;
  readonly sessions: LavalinkSessionStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly emit: (event: NodeEvent) => void;
}

const readySchema = z.object({ op: z.literal('ready'), resumed: z.boolean(), sessionId: z.string().min(1).max(200) });

/** How long Lavalink keeps a session's players without us (docs/api/rest.md, "Update Session"). */
const resumeTimeoutSec = 60;
/** How long an order waits for the other nodes, which are being connected for the first time. */
const firstTryMs = 500;
/** How long an order waits for a node that is being connected. */
const readyTimeoutMs = 3_000;
/** How often a session is asked for again while its earlier socket is still open: its music would go on beside ours. */
const attachedTries = 5;
/** However many requests need it, an unavailable node is not retried more often than this because of them. */
const hurryEveryMs = 1_000;

/**
 * One tenant's session on each node, held by lavalink-client's manager: it provides sockets, reconnecting, heartbeats
 * and REST; its players and queues are not used, since we keep the queue and tell the node what to play.
 */
export class TenantNodes {
  readonly #options: TenantNodesOptions;
  readonly #manager: LavalinkManager;
  readonly #sessionIds = new Map<string, string>();
  readonly #times = new Map<string, NodeTime>();
  readonly #retries = new Map<string, Backoff>();
  readonly #attached = new Map<string, number>();
  readonly #ready = new Set<string>();
  readonly #untried = new Set<string>();
  readonly #waiting = new Set<() => void>();
  #isClosed = false;
  #opening: Promise<void> | undefined;
  #hurriedAtMs = 0;
  #botUser: Snowflake | undefined;
  /** When it was last used; for closing what is idle. */
  usedAtMs: number;

  constructor(options: TenantNodesOptions) {
    this.#options = options;
    this.usedAtMs = options.clock.now();
    this.#manager = new LavalinkManager({ nodes: [], sendToShard: () => undefined, autoSkip: false, autoMove: false });
    const { nodeManager } = this.#manager;
    nodeManager.on('raw', (node, message) => this.#hear(node, message));
    nodeManager.on('disconnect', (node) => this.#lost(node));
    nodeManager.on('error', (node, error) => this.#complain(node.id, error));
    for (const { id } of options.nodes.all) this.#create(id);
  }

  /** Opens sockets once the bot's user id is known; resumes the sessions in the store. */
  open(botUser: Snowflake): Promise<void> {
    this.#botUser = botUser;
    this.#opening ??= this.#open(botUser).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  get opened(): boolean {
    return this.#opening !== undefined;
  }

  get botUser(): Snowflake | undefined {
    return this.#botUser;
  }

  /**
   * For what needs no session: nodes that work and have one come first. Nodes that lack what is needed come last, but are
   * not left out: they may have been given it since they were asked.
   */
  anyNode(isAble: (node: string) => boolean = () => true): LavalinkNode {
    const all = this.all();
    const known = all.filter(({ id }) => this.#ready.has(id));
    const best = this.#best(known, isAble) ?? this.#best(all, isAble) ?? known[0] ?? all[0];
    if (!best) throw nodeUnavailable();
    return best;
  }

  /**
   * A node with an open session for a player, the best of them (choose-node.ts). Waits while the sockets are being opened:
   * otherwise whichever is the first would get the first player of every tenant.
   * @throws player.node-unavailable if there is none
   */
  async readyNode(wanted: Wanted, isAble: (node: string) => boolean): Promise<LavalinkNode> {
    this.hurry();
    const best = () =>
      this.#ordered(
        this.all().filter(({ id }) => this.#ready.has(id)),
        wanted,
        isAble,
      )[0];
    if (!best() || best()?.id !== wanted.preferred) await this.#until(() => this.#untried.size === 0, firstTryMs);
    if (!best()) await this.#until(() => this.#ready.size > 0, readyTimeoutMs);
    const node = best();
    if (!node) throw nodeUnavailable();
    return node;
  }

  /** The best of these, unless it lacks what is needed or refuses this tenant's loads. */
  #best(nodes: readonly LavalinkNode[], isAble: (node: string) => boolean): LavalinkNode | undefined {
    const { tenant, breakers } = this.#options;
    const usable = nodes.filter(({ id }) => !breakers.refusesLoads(id, tenant));
    const [best] = this.#ordered(usable, { preferred: null, region: undefined }, isAble);
    return best && isAble(best.id) ? best : undefined;
  }

  #ordered(nodes: readonly LavalinkNode[], wanted: Wanted, isAble: (node: string) => boolean): LavalinkNode[] {
    const { breakers, loads, nodes: directory } = this.#options;
    const candidates = nodes.map((node) => ({
      node,
      id: node.id,
      able: isAble(node.id),
      failing: breakers.state(node.id) === 'open',
      draining: directory.find(node.id)?.draining ?? true,
      regions: directory.find(node.id)?.regions ?? [],
      penalty: loads.penaltyOf(node.id),
    }));
    return inOrder(candidates, wanted).map(({ node }) => node);
  }

  /** This node, if its session is open. */
  node(id: string): LavalinkNode | undefined {
    return this.#ready.has(id) ? this.#manager.nodeManager.nodes.get(id) : undefined;
  }

  /** The nodes are needed: unavailable ones are tried now instead of at their next turn. */
  hurry(): void {
    const nowMs = this.#options.clock.now();
    if (!this.opened || nowMs - this.#hurriedAtMs < hurryEveryMs) return;
    this.#hurriedAtMs = nowMs;
    for (const node of this.all()) if (!this.#ready.has(node.id)) hurry(node, this.#retriesOf(node));
  }

  /** Tells of each node that is being drained and still connected, if there is another one that players can move to. */
  drain(): void {
    const { tenant, nodes, breakers, emit } = this.#options;
    const isOther = (id: string) => nodes.find(id)?.draining === false && breakers.state(id) !== 'open';
    if (![...this.#ready].some(isOther)) return;
    for (const node of this.#ready) if (nodes.find(node)?.draining) emit({ kind: 'draining', tenant, node });
  }

  /** Nodes that have been added are connected, those that have been removed are not kept. */
  follow(): void {
    const { nodes } = this.#options;
    const known = new Set(this.all().map(({ id }) => id));
    for (const node of this.all()) if (!nodes.find(node.id)) this.#remove(node);
    for (const { id } of nodes.all) {
      if (known.has(id)) continue;
      this.#create(id);
      if (!this.opened) continue;
      this.#untried.add(id);
      this.#manager.nodeManager.nodes.get(id)?.connect();
    }
    this.drain();
  }

  #remove(node: LavalinkNode): void {
    this.#lost(node);
    for (const kept of [this.#sessionIds, this.#times, this.#retries, this.#attached]) kept.delete(node.id);
    node.destroy();
  }

  /** Every node, with or without an open session. */
  all(): LavalinkNode[] {
    return [...this.#manager.nodeManager.nodes.values()];
  }

  /** Closes the sockets and leaves the sessions on the nodes, to be resumed within a minute. */
  close(): void {
    this.#isClosed = true;
    this.#ready.clear();
    for (const node of this.all()) node.destroy();
    for (const look of this.#waiting) look();
  }

  async #open(botUser: Snowflake): Promise<void> {
    for (const [node, sessionId] of await this.#options.sessions.read(this.#options.tenant)) {
      this.#sessionIds.set(node, sessionId);
    }
    for (const { id } of this.all()) this.#untried.add(id);
    await this.#manager.init({ id: botUser, username: 'bailiwick' });
  }

  #create(node: string): void {
    const { tenant, transport, breakers, answerWithinMs, fencingToken } = this.#options;
    createNodeConnection({
      tenant,
      node,
      manager: this.#manager,
      transport,
      breakers,
      answerWithinMs,
      fencingToken,
      sessionId: () => this.#sessionIds.get(node),
      failed: (error) => this.#complain(node, error),
    });
  }

  #hear(node: LavalinkNode, message: unknown): void {
    const ready = readySchema.safeParse(message);
    // The library stores the session id after this call: what needs it has to wait for the next turn.
    if (ready.success) {
      this.#times.set(node.id, new NodeTime(this.#options.clock));
      return void setImmediate(() => void this.#begin(node, ready.data));
    }
    const time = this.#times.get(node.id);
    if (!time) return;
    if (isStats(message)) this.#options.loads.note(node.id, message);
    const event = nodeEventOf({ tenant: this.#options.tenant, node: node.id }, message, time);
    if (event) this.#options.emit(event);
  }

  async #begin(node: LavalinkNode, { resumed, sessionId }: z.infer<typeof readySchema>): Promise<void> {
    const { tenant, sessions, emit, logger } = this.#options;
    const before = this.#sessionIds.get(node.id);
    if (!resumed && before !== undefined && before !== sessionId && !(await this.#isOver(node, before)))
      return drop(node);
    this.#attached.delete(node.id);
    this.#sessionIds.set(node.id, sessionId);
    this.#retriesOf(node).reset();
    try {
      await sessions.write(tenant, node.id, sessionId);
      await node.updateSession(true, resumeTimeoutSec);
    } catch (error) {
      logger.warn({ err: error, tenant, node: node.id }, 'could not make a Lavalink session resumable');
    }
    await this.#readInfo(node);
    if (node.sessionId !== sessionId || !node.connected) return;
    this.#ready.add(node.id);
    this.#options.breakers.note(node.id, undefined);
    this.#tried(node.id);
    logger.info({ tenant, node: node.id, resumed }, 'Lavalink session opened');
    emit({ kind: 'ready', tenant, node: node.id, resumed });
    this.drain();
  }

  /**
   * Whether an earlier session on the node has ended. A node does not resume one whose socket is still open, as is that of
   * another process that was stopped, or whose end the node has not noticed: it is asked for again, and in the end emptied.
   * So it is if the node cannot be asked: a session that is given up while it plays is heard beside the next one.
   */
  async #isOver(node: LavalinkNode, sessionId: string): Promise<boolean> {
    const players = `/sessions/${sessionId}/players`;
    const tries = (this.#attached.get(node.id) ?? 0) + 1;
    this.#attached.set(node.id, tries);
    try {
      const { response } = await node.rawRequest(players);
      if (response.status === 404) return true;
      if (tries < attachedTries) return false;
      if (response.status !== 200) return true;
      const remove = (guild: string) =>
        node.rawRequest(`${players}/${guild}`, (order) => void (order.method = 'DELETE'));
      await Promise.all((guildsOf(parseJson(await response.text())) ?? []).map(remove));
    } catch (error) {
      this.#complain(node.id, error);
      return tries >= attachedTries;
    }
    return true;
  }

  /** What the node can do. One that does not say keeps what it said before; at first it is taken to have everything. */
  async #readInfo(node: LavalinkNode): Promise<void> {
    try {
      const { response } = await node.rawRequest('/info');
      const info = nodeInfoOf(parseJson(await response.text()));
      if (info) this.#options.infos.note(node.id, info);
    } catch (error) {
      this.#complain(node.id, error);
    }
  }

  #lost(node: LavalinkNode): void {
    node.options.retryDelay = this.#retriesOf(node).nextMs();
    this.#tried(node.id);
    if (!this.#ready.delete(node.id)) return;
    this.#options.logger.info({ tenant: this.#options.tenant, node: node.id }, 'Lavalink session interrupted');
    this.#options.emit({ kind: 'away', tenant: this.#options.tenant, node: node.id });
  }

  #retriesOf(node: LavalinkNode): Backoff {
    const known = this.#retries.get(node.id) ?? new Backoff(nodeRetries);
    this.#retries.set(node.id, known);
    return known;
  }

  #complain(node: string, error: unknown): void {
    this.#options.logger.debug({ err: error, tenant: this.#options.tenant, node }, 'a Lavalink node failed');
  }

  /** Resolves when `holds`, which is looked at for each connection that opens or fails, or when the time is over. */
  async #until(holds: () => boolean, timeoutMs: number): Promise<void> {
    if (holds() || this.#isClosed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => void ((holds() || this.#isClosed) && resolve());
    this.#waiting.add(look);
    const cancel = this.#options.clock.after(timeoutMs, resolve);
    await promise;
    cancel();
    this.#waiting.delete(look);
  }

  /** The first attempt to connect to a node has ended, in whatever way. */
  #tried(node: string): void {
    this.#untried.delete(node);
    for (const look of this.#waiting) look();
  }
}

const isStats = (message: unknown): boolean => objectOf(message)['op'] === 'stats';
