import { randomInt } from 'node:crypto';
import { VoiceCloseCodes, VoiceOpcodes } from 'discord-api-types/voice/v8';
import type { VoiceConnection as KnownConnection } from '../world/types.ts';
import { VoiceFaults } from './faults.ts';
import { Hearing } from './hearing.ts';
import type { IdentifyData, ResumeData } from './protocol.ts';
import { VoiceSession } from './session.ts';
import type { SessionCarrier } from './session.ts';

/** What the voice endpoint needs to know about Discord. */
export interface VoicePorts {
  hasGuild(guildId: string): boolean;
  /** What Discord last told a bot about its voice connection; undefined if it is in no channel. */
  connection(userId: string, guildId: string): KnownConnection | undefined;
  /** Does the channel let this bot be heard: neither muted by a moderator nor suppressed in a stage? */
  audible(userId: string, guildId: string): boolean;
  /** Everybody in a channel, people and bots. */
  membersOf(guildId: string, channelId: string): readonly string[];
}

/** What was heard is kept for this many pairs of bot and guild. */
const mostHearings = 1_000;

/** Every voice session of this endpoint, and what was heard in each guild. */
export class VoiceSessions {
  readonly faults = new VoiceFaults();
  readonly #ports: VoicePorts;
  readonly #resumeWindowMs: number;
  readonly #sessions = new Map<string, VoiceSession>();
  readonly #bySsrc = new Map<number, VoiceSession>();
  readonly #hearings = new Map<string, Hearing>();

  constructor(ports: VoicePorts, resumeWindowMs: number) {
    this.#ports = ports;
    this.#resumeWindowMs = resumeWindowMs;
  }

  /** A new session for these credentials, or the close code that refuses them. */
  identify(data: IdentifyData, carrier: SessionCarrier): VoiceSession | number {
    const { server_id: guildId, user_id: userId } = data;
    const { refuseWith } = this.faults.of(guildId, userId);
    if (refuseWith) return refuseWith;
    if (!this.#ports.hasGuild(guildId)) return VoiceCloseCodes.ServerNotFound;
    const known = this.#ports.connection(userId, guildId);
    if (!known || known.sessionId !== data.session_id) return VoiceCloseCodes.SessionNoLongerValid;
    if (known.token !== data.token) return VoiceCloseCodes.AuthenticationFailed;
    const { channelId, sessionId, token } = known;
    const former = this.#sessions.get(seatOf(guildId, userId));
    if (former) this.end(former, VoiceCloseCodes.SessionNoLongerValid, 'Another connection has taken its place.');
    const credentials = { guildId, userId, channelId, sessionId, token };
    const session = new VoiceSession(credentials, this.#freeSsrc(), this.hearing(guildId, userId));
    session.carrier = carrier;
    this.#sessions.set(seatOf(guildId, userId), session);
    this.#bySsrc.set(session.ssrc, session);
    return session;
  }

  /** The session that a client resumes, or the close code that refuses it. */
  resume(data: ResumeData, carrier: SessionCarrier): VoiceSession | number {
    const session = this.in(data.server_id).find(({ credentials }) => credentials.sessionId === data.session_id);
    if (!session) return VoiceCloseCodes.SessionNoLongerValid;
    const { refuseWith } = this.faults.of(data.server_id, session.credentials.userId);
    if (refuseWith) return refuseWith;
    if (session.credentials.token !== data.token) return VoiceCloseCodes.AuthenticationFailed;
    clearTimeout(session.expiry);
    const former = session.carrier;
    session.carrier = carrier;
    former?.close(VoiceCloseCodes.SessionNoLongerValid, 'Resumed elsewhere.');
    return session;
  }

  /** The carrier's WebSocket has closed; the session waits to be resumed unless the client has left. */
  left(session: VoiceSession, carrier: SessionCarrier, code: number): void {
    if (session.carrier !== carrier) return;
    session.carrier = undefined;
    if (code === 1000 || code === 1001) return this.#forget(session);
    session.expiry = setTimeout(() => this.#forget(session), this.#resumeWindowMs);
    session.expiry.unref();
  }

  /** Ends a session for good, closing its connection with this code. */
  end(session: VoiceSession, code: number, reason: string): void {
    const { carrier } = session;
    session.carrier = undefined;
    this.#forget(session);
    carrier?.close(code, reason);
  }

  /** Discord moved, removed or disconnected a bot, or gave it another server: its session is over. */
  changed(userId: string, guildId: string): void {
    const session = this.#sessions.get(seatOf(guildId, userId));
    if (!session) return;
    const known = this.#ports.connection(userId, guildId);
    const { channelId, sessionId, token } = session.credentials;
    const holds = known?.channelId === channelId && known.sessionId === sessionId && known.token === token;
    if (!holds) this.end(session, VoiceCloseCodes.Disconnected, 'Disconnected.');
  }

  /** Somebody joined or left a channel: notifies its clients. */
  memberMoved(guildId: string, userId: string, from: string | undefined, to: string | undefined): void {
    if (from === to) return;
    for (const session of this.in(guildId)) {
      const { channelId, userId: own } = session.credentials;
      if (own === userId) continue;
      if (channelId === from) session.tell(VoiceOpcodes.ClientDisconnect, { user_id: userId });
      if (channelId === to) session.tell(VoiceOpcodes.ClientsConnect, { user_ids: [userId] });
    }
  }

  /** Notifies the channel's other clients that this one is speaking, or no longer is. */
  spoke(session: VoiceSession): void {
    const { guildId, channelId, userId } = session.credentials;
    for (const other of this.in(guildId)) {
      if (other === session || other.credentials.channelId !== channelId) continue;
      other.tell(VoiceOpcodes.Speaking, { speaking: session.speaking, ssrc: session.ssrc, user_id: userId });
    }
  }

  /** The channel's members other than the client itself. */
  companionsOf({ credentials: { guildId, channelId, userId } }: VoiceSession): readonly string[] {
    return this.#ports.membersOf(guildId, channelId).filter((member) => member !== userId);
  }

  audible({ credentials: { guildId, userId } }: VoiceSession): boolean {
    return this.#ports.audible(userId, guildId);
  }

  bySsrc(ssrc: number): VoiceSession | undefined {
    return this.#bySsrc.get(ssrc);
  }

  in(guildId: string, userId?: string): VoiceSession[] {
    return [...this.#sessions.values()].filter(
      ({ credentials }) => credentials.guildId === guildId && (userId === undefined || credentials.userId === userId),
    );
  }

  /** What was heard from each bot in a guild. */
  heardIn(guildId: string): [userId: string, Hearing][] {
    return [...this.#hearings].flatMap(([seat, hearing]) => {
      const [guild, user = ''] = seat.split('/');
      return guild === guildId ? [[user, hearing] as [string, Hearing]] : [];
    });
  }

  hearing(guildId: string, userId: string): Hearing {
    const seat = seatOf(guildId, userId);
    const existing = this.#hearings.get(seat);
    if (existing) return existing;
    const hearing = new Hearing(Date.now);
    this.#hearings.set(seat, hearing);
    const [oldest] = this.#hearings.keys();
    if (this.#hearings.size > mostHearings && oldest !== undefined) this.#hearings.delete(oldest);
    return hearing;
  }

  #forget(session: VoiceSession): void {
    clearTimeout(session.expiry);
    this.#bySsrc.delete(session.ssrc);
    const { guildId, userId } = session.credentials;
    const seat = seatOf(guildId, userId);
    if (this.#sessions.get(seat) === session) this.#sessions.delete(seat);
  }

  #freeSsrc(): number {
    for (;;) {
      const ssrc = randomInt(1, 0xffffffff);
      if (!this.#bySsrc.has(ssrc)) return ssrc;
    }
  }
}

const seatOf = (guildId: string, userId: string): string => `${guildId}/${userId}`;
