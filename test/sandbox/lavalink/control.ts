import { abilities } from './abilities.ts';
import type { Node, LavalinkChange } from './node.ts';
import type { Player } from './player.ts';
import type { FaultRequest, PlayerFault } from './faults.ts';

/** A player as the chat page and tests see it. Times in ms. */
export interface PlayerView {
  readonly guildId: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly title: string | null;
  readonly author: string | null;
  readonly uri: string | null;
  readonly artworkUrl: string | null;
  readonly lengthMs: number;
  readonly positionMs: number;
  readonly paused: boolean;
  /** No sound flows although it should (TrackStuckEvent). */
  readonly stuck: boolean;
  /** Ms of track per ms of time. */
  readonly rate: number;
  readonly volume: number;
  readonly connected: boolean;
  readonly channelId: string | null;
  /** SponsorBlock's categories that it leaves out. */
  readonly leavesOut: readonly string[];
}

/** A session as the chat page and tests see it; one that is not attached waits to be resumed. */
export interface SessionView {
  readonly id: string;
  readonly userId: string;
  readonly clientName: string;
  readonly attached: boolean;
  readonly resuming: boolean;
  readonly timeoutSec: number;
}

/** A snapshot of the whole node. */
export interface LavalinkView {
  readonly players: readonly PlayerView[];
  readonly sessions: readonly SessionView[];
  readonly faults: {
    readonly dead: boolean;
    readonly slowMs: number;
    readonly restStatus: number;
    readonly unanswered: number;
  };
}

/** The control's effects on the node's network side. */
export interface NetworkFaults {
  readonly dead: boolean;
  readonly slowMs: number;
  readonly restStatus: number;
  /** Requests that a fault leaves unanswered. */
  readonly unanswered: number;
  setRest(slowMs: number | undefined, restStatus: number | undefined, restTimes: number | undefined): void;
  set(request: Pick<FaultRequest, 'restSilent' | 'restAnswer' | 'refusesPassword' | 'muted'>): void;
  dropSockets(): void;
  setDead(dead: boolean): Promise<void>;
}

/** Controls this node for tests, the chat page and the control API. */
export class LavalinkControl {
  readonly #node: Node;
  readonly #network: NetworkFaults;

  constructor(node: Node, network: NetworkFaults) {
    this.#node = node;
    this.#network = network;
  }

  view(): LavalinkView {
    const sessions = this.#node.all();
    return {
      players: sessions.flatMap((session) =>
        [...session.players.values()].map((player) => viewOf(player, session.userId, session.id)),
      ),
      sessions: sessions.map(({ id, userId, clientName, attached, resuming, timeoutSec }) => ({
        id,
        userId,
        clientName,
        attached,
        resuming,
        timeoutSec,
      })),
      faults: {
        dead: this.#network.dead,
        slowMs: this.#network.slowMs,
        restStatus: this.#network.restStatus,
        unanswered: this.#network.unanswered,
      },
    };
  }

  /** Ends the track now, as `finished`. Returns the number of players affected. */
  end(guildId: string, userId?: string): number {
    return this.#each(guildId, userId, (player) => player.stop('finished'));
  }

  /** Makes the track fail: TrackExceptionEvent, then `loadFailed`. */
  fail(guildId: string, userId?: string, fault: PlayerFault = {}): number {
    const { message = 'The track broke on request', severity = 'common' } = fault;
    return this.#each(guildId, userId, (player) => player.fail(message, severity));
  }

  /** Stops the sound; TrackStuckEvent follows after `thresholdMs` (default 10 s). */
  stick(guildId: string, userId?: string, fault: PlayerFault = {}): number {
    return this.#each(guildId, userId, (player) => player.stick(fault.thresholdMs));
  }

  /** Discord's voice server closes the connection with `code`, or it is lost silently; Discord's state stays. */
  closeVoice(guildId: string, userId?: string, { code }: PlayerFault = {}): number {
    return this.#each(guildId, userId, (player) =>
      code === undefined ? player.loseVoice() : player.closeVoice(code, 'Closed on request'),
    );
  }

  /** The node reconnects by itself with its current credentials, as koe may. */
  reconnectVoice(guildId: string, userId?: string): number {
    return this.#each(guildId, userId, (player) => player.reconnectVoice());
  }

  /** To be called when Discord moves, kicks or disconnects the member: its player's connection closes with 4014. */
  voiceChanged(userId: string, guildId: string): void {
    this.#node.voiceChanged(userId, guildId);
  }

  /** Applies the given faults and leaves the others as they are. */
  async fault(request: FaultRequest): Promise<void> {
    this.#network.setRest(request.slowMs, request.restStatus, request.restTimes);
    this.#network.set(request);
    if (request.lacks ?? request.withoutCredentials) this.#node.abilities = abilities(request);
    if (request.busy) this.#node.busy = request.busy;
    if (request.voiceRefusal !== undefined) this.#node.voiceRefusal = request.voiceRefusal;
    if (request.restart) this.#node.forget();
    if (request.restart || request.dropSockets) this.#network.dropSockets();
    if (request.dead !== undefined) await this.#network.setDead(request.dead);
    this.#node.changes.emit('change', { userId: '', guildId: '', what: 'node' });
  }

  /** Calls back on each change until the returned function is called. */
  onChange(listener: (change: LavalinkChange) => void): () => void {
    this.#node.changes.on('change', listener);
    return () => void this.#node.changes.off('change', listener);
  }

  #each(guildId: string, userId: string | undefined, act: (player: Player) => void): number {
    let count = 0;
    for (const session of this.#node.all()) {
      const player = session.players.get(guildId);
      if (!player?.track || (userId !== undefined && session.userId !== userId)) continue;
      act(player);
      count += 1;
    }
    return count;
  }
}

function viewOf(player: Player, userId: string, sessionId: string): PlayerView {
  const { track, paused, volume, state, voice, guildId } = player.body();
  return {
    guildId,
    userId,
    sessionId,
    title: track?.info.title ?? null,
    author: track?.info.author ?? null,
    uri: track?.info.uri ?? null,
    artworkUrl: track?.info.artworkUrl ?? null,
    lengthMs: track?.info.length ?? 0,
    positionMs: state.position,
    paused,
    stuck: player.stuck,
    rate: player.rate,
    volume,
    connected: state.connected,
    channelId: voice.channelId,
    leavesOut: player.categories,
  };
}
