import type { Clock, Timer } from '../clock.ts';
import { javaJson } from './java-json.ts';
import { Player } from './player.ts';
import type { Message, PlayerEvent, PlayerState, Stats } from './protocol.ts';
import { repeat } from './repeat.ts';
import type { VoiceLinks } from './voice/voice-link.ts';

/** Messages kept for a disconnected client; beyond that the oldest are dropped. */
const queueLimit = 1_000;
const statsEveryMs = 60_000;

/** Where a session's messages go while its client is connected. */
export interface SessionSocket {
  send(text: string): void;
}

/** What a session needs from its node. */
export interface SessionPorts {
  readonly clock: Clock;
  readonly links: VoiceLinks;
  stats(): Stats;
  changed(userId: string, guildId: string, what: string): void;
  /** The client did not come back in time. */
  expired(session: Session): void;
}

/** One client's session: its players, and their messages while it was away (docs/api/index.md, "Resuming"). */
export class Session {
  readonly id: string;
  readonly userId: string;
  readonly clientName: string;
  readonly players = new Map<string, Player>();
  resuming = false;
  timeoutSec = 60;
  readonly #ports: SessionPorts;
  readonly #queue: string[] = [];
  readonly #statsTimer: Timer;
  #socket: SessionSocket | undefined;
  #expiryTimer: Timer | undefined;

  constructor(
    identity: { id: string; userId: string; clientName: string },
    socket: SessionSocket,
    ports: SessionPorts,
  ) {
    this.id = identity.id;
    this.userId = identity.userId;
    this.clientName = identity.clientName;
    this.#ports = ports;
    this.#socket = socket;
    this.#send({ op: 'ready', resumed: false, sessionId: this.id });
    this.#sendStats();
    this.#statsTimer = repeat(ports.clock, statsEveryMs, () => this.#sendStats());
  }

  get attached(): boolean {
    return this.#socket !== undefined;
  }

  /** Does this socket carry the session? A late close of an old one must not end the new one. */
  carriedBy(socket: SessionSocket): boolean {
    return this.#socket === socket;
  }

  /** The guild's player, created on first use. */
  player(guildId: string): Player {
    const existing = this.players.get(guildId);
    if (existing) return existing;
    const player = new Player(guildId, {
      clock: this.#ports.clock,
      event: (guild, event) => this.#event(guild, event),
      update: (guild, state) => this.#update(guild, state),
      link: (guild, given, listener) =>
        this.#ports.links.link({ userId: this.userId, guildId: guild }, given, listener),
    });
    this.players.set(guildId, player);
    return player;
  }

  destroyPlayer(guildId: string): void {
    const player = this.players.get(guildId);
    if (!player) return;
    this.players.delete(guildId);
    player.destroy();
    this.#ports.changed(this.userId, guildId, 'destroyed');
  }

  /** The client disconnected; its music continues for `timeoutSec`. */
  detach(): void {
    this.#socket = undefined;
    this.#expiryTimer = this.#ports.clock.after(this.timeoutSec * 1000, () => this.#ports.expired(this));
  }

  /**
   * The client is back: sends ready, then all missed messages, then each player's state (Lavalink's
   * SocketContext.resume).
   */
  attach(socket: SessionSocket): void {
    this.#expiryTimer?.cancel();
    this.#socket = socket;
    this.#send({ op: 'ready', resumed: true, sessionId: this.id });
    for (const text of this.#queue.splice(0)) socket.send(text);
    for (const player of this.players.values()) player.tell();
  }

  /** Ends every player and all timers; nothing more is sent. */
  shutDown(): void {
    this.#expiryTimer?.cancel();
    this.#statsTimer.cancel();
    this.#socket = undefined;
    for (const guildId of this.players.keys()) this.destroyPlayer(guildId);
    this.#queue.length = 0;
  }

  #event(guildId: string, event: PlayerEvent): void {
    const text = this.#send({ op: 'event', guildId, ...event });
    if (!this.#socket) this.#keep(text);
    this.#ports.changed(this.userId, guildId, event.type);
  }

  #update(guildId: string, state: PlayerState): void {
    this.#send({ op: 'playerUpdate', guildId, state });
    this.#ports.changed(this.userId, guildId, 'update');
  }

  #sendStats(): void {
    this.#send({ op: 'stats', ...this.#ports.stats() });
  }

  #keep(text: string): void {
    this.#queue.push(text);
    if (this.#queue.length > queueLimit) this.#queue.shift();
  }

  #send(message: Message): string {
    const text = javaJson(message);
    this.#socket?.send(text);
    return text;
  }
}
