import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Clock } from '../clock.ts';
import { abilities } from './abilities.ts';
import type { Stats } from './protocol.ts';
import { Session } from './session.ts';
import type { SessionSocket } from './session.ts';
import { refusedLink } from './voice/voice-link.ts';
import type { VoiceLinks } from './voice/voice-link.ts';

/** A change that a screen may want to show; `what` is an event type, `update`, `destroyed` or `node`. */
export interface LavalinkChange {
  readonly userId: string;
  readonly guildId: string;
  readonly what: string;
}

const idLetters = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The node's state: who is connected, who may come back, and since when. Knows nothing of HTTP. */
export class Node {
  readonly clock: Clock;
  readonly changes = new EventEmitter<{ change: [LavalinkChange] }>();
  /** Sessions with a connected client; REST knows only these. */
  readonly sessions = new Map<string, Session>();
  /** If set, Discord's voice server closes every new connection with this code. */
  voiceRefusal: number | null = null;
  /** What its stats say besides the number of players. */
  busy = { systemLoad: 0.05, deficit: 0, nulled: 0 };
  /** What it has; clients read it when they connect. */
  abilities = abilities();
  readonly #away = new Map<string, Session>();
  readonly #links: VoiceLinks;
  #startedAtMs: number;

  constructor(clock: Clock, links: VoiceLinks) {
    this.clock = clock;
    this.#links = links;
    this.#startedAtMs = clock.now();
  }

  /** Every session, including disconnected ones. */
  all(): Session[] {
    return [...this.sessions.values(), ...this.#away.values()];
  }

  canResume(sessionId: string | undefined): boolean {
    return sessionId !== undefined && this.#away.has(sessionId);
  }

  /** A client has connected: its old session is resumed if it is still kept, otherwise a new one begins. */
  open(socket: SessionSocket, client: { userId: string; clientName: string; sessionId: string | undefined }): Session {
    const waiting = client.sessionId === undefined ? undefined : this.#away.get(client.sessionId);
    if (waiting) {
      this.#away.delete(waiting.id);
      this.sessions.set(waiting.id, waiting);
      waiting.attach(socket);
      return waiting;
    }
    const id = Array.from({ length: 16 }, () => idLetters[randomInt(idLetters.length)]).join('');
    const session = new Session({ id, userId: client.userId, clientName: client.clientName }, socket, {
      clock: this.clock,
      links: {
        link: (seat, given, listener) =>
          this.voiceRefusal === null
            ? this.#links.link(seat, given, listener)
            : refusedLink(this.voiceRefusal, 'Refused on request', listener),
      },
      stats: () => this.stats(true),
      changed: (userId, guildId, what) => this.changes.emit('change', { userId, guildId, what }),
      expired: (expired) => this.#end(expired),
    });
    this.sessions.set(id, session);
    return session;
  }

  /** A client's socket has closed. */
  closed(session: Session, socket: SessionSocket): void {
    if (!session.carriedBy(socket)) return;
    this.sessions.delete(session.id);
    if (!session.resuming) return session.shutDown();
    this.#away.set(session.id, session);
    session.detach();
  }

  /** Drops all sessions, as after a crash. */
  forget(): void {
    for (const session of this.all()) this.#end(session);
    this.#startedAtMs = this.clock.now();
  }

  /** Tells one member's players in one guild that Discord has changed its voice state. */
  voiceChanged(userId: string, guildId: string): void {
    for (const session of this.all()) {
      if (session.userId === userId) session.players.get(guildId)?.checkVoice();
    }
  }

  /** `withFrames` as over the WebSocket: null without players, 3,000 frames a minute for each playing one. */
  stats(withFrames: boolean): Stats {
    const players = this.all().flatMap((session) => [...session.players.values()]);
    const playing = players.filter((player) => player.playing && player.connected).length;
    const { heapTotal, heapUsed } = process.memoryUsage();
    const frames =
      players.length === 0 ? null : { sent: playing * 3000, nulled: this.busy.nulled, deficit: this.busy.deficit };
    return {
      players: players.length,
      playingPlayers: players.filter((player) => player.playing).length,
      uptime: this.clock.now() - this.#startedAtMs,
      memory: { free: heapTotal - heapUsed, used: heapUsed, allocated: heapTotal, reservable: heapTotal * 2 },
      cpu: { cores: 2, systemLoad: this.busy.systemLoad, lavalinkLoad: 0.01 },
      ...(withFrames ? { frameStats: frames } : {}),
    };
  }

  #end(session: Session): void {
    this.sessions.delete(session.id);
    this.#away.delete(session.id);
    session.shutDown();
  }
}
