import { VoiceCloseCodes, VoiceOpcodes } from 'discord-api-types/voice/v8';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import type { Limits } from '../limits.ts';
import type { UdpAddress } from './discovery.ts';
import { encryptionModes } from './encryption.ts';
import {
  clientFrame,
  encryptionMode,
  heartbeatData,
  identifyData,
  resumeData,
  selectProtocolData,
  speakingData,
} from './protocol.ts';
import type { ServerFrame } from './protocol.ts';
import type { SessionCarrier, VoiceSession } from './session.ts';
import type { VoiceSessions } from './sessions.ts';

const version = 8;
/** DAVE, the end-to-end encryption, is not supported: version 0 is transport encryption only. */
const daveVersion = 0;

/** What a connection needs from its endpoint. */
export interface ConnectionParts {
  readonly sessions: VoiceSessions;
  readonly limits: Limits;
  /** Where a client that reached the endpoint this way has to send packets. */
  readonly udp: UdpAddress;
}

/** Discord's reasons for its codes (Discord: Voice Close Event Codes). */
const reasons: Readonly<Record<number, string>> = {
  [VoiceCloseCodes.UnknownOpcode]: 'You sent an unknown opcode.',
  [VoiceCloseCodes.FailedToDecode]: 'Failed to decode payload.',
  [VoiceCloseCodes.NotAuthenticated]: 'Not authenticated.',
  [VoiceCloseCodes.AuthenticationFailed]: 'Authentication failed.',
  [VoiceCloseCodes.AlreadyAuthenticated]: 'Already authenticated.',
  [VoiceCloseCodes.SessionNoLongerValid]: 'Session is no longer valid.',
  [VoiceCloseCodes.SessionTimeout]: 'Session timed out.',
  [VoiceCloseCodes.ServerNotFound]: 'Server not found.',
  [VoiceCloseCodes.UnknownProtocol]: 'Unknown protocol.',
  [VoiceCloseCodes.UnknownEncryptionMode]: 'Unknown encryption mode.',
  [VoiceCloseCodes.EndToEndEncryptionDAVEProtocolRequired]: 'E2EE/DAVE protocol required.',
  [VoiceCloseCodes.BadRequest]: 'Bad request.',
  [VoiceCloseCodes.RateLimited]: 'Rate limited.',
};

/** A refusal: the connection is closed with this code (Discord: Voice Close Event Codes). */
class Refusal extends Error {
  readonly code: number;

  constructor(code: number) {
    super(reasons[code] ?? 'Refused.');
    this.code = code;
  }
}

/** One WebSocket of the voice gateway, version 8, from Hello to its close. */
export class VoiceConnection implements SessionCarrier {
  readonly #socket: WebSocket;
  readonly #parts: ConnectionParts;
  #session: VoiceSession | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #sends: number[] = [];

  constructor(socket: WebSocket, parts: ConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer, isBinary) => this.#receive(data, isBinary));
    socket.once('close', (code) => this.#closed(code));
    this.#awaitHeartbeat();
    this.send({
      op: VoiceOpcodes.Hello,
      d: { v: version, heartbeat_interval: parts.limits.voiceHeartbeatIntervalMs },
    });
  }

  send(frame: ServerFrame): void {
    this.#socket.send(JSON.stringify(frame));
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    // Ignore anything that arrives after a refusal.
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    try {
      this.#countSend();
      if (isBinary) throw new Refusal(VoiceCloseCodes.UnknownOpcode);
      if (data.length > this.#parts.limits.payloadBytes) throw new Refusal(VoiceCloseCodes.FailedToDecode);
      const { op, d } = parse(clientFrame, decode(data));
      this.#handle(op, d);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(error);
    }
  }

  #refuse({ code, message }: Refusal): void {
    this.close(code, message);
  }

  #handle(op: number, d: unknown): void {
    switch (op) {
      case VoiceOpcodes.Identify:
        return this.#identify(d);
      case VoiceOpcodes.Resume:
        return this.#resume(d);
      case VoiceOpcodes.Heartbeat:
        return this.#heartbeat(d);
      case VoiceOpcodes.SelectProtocol:
        return this.#selectProtocol(this.#authenticated(), d);
      case VoiceOpcodes.Speaking:
        return this.#speak(this.#authenticated(), d);
      default:
        throw new Refusal(VoiceCloseCodes.UnknownOpcode);
    }
  }

  #identify(d: unknown): void {
    if (this.#session) throw new Refusal(VoiceCloseCodes.AlreadyAuthenticated);
    const { sessions, udp } = this.#parts;
    this.#adopt(sessions.identify(parse(identifyData, d), this));
    const session = this.#authenticated();
    const ready = { ssrc: session.ssrc, ip: udp.address, port: udp.port, modes: encryptionModes, experiments: [] };
    this.send({ op: VoiceOpcodes.Ready, d: ready });
    const companions = sessions.companionsOf(session);
    if (companions.length > 0) session.tell(VoiceOpcodes.ClientsConnect, { user_ids: companions });
  }

  #resume(d: unknown): void {
    if (this.#session) throw new Refusal(VoiceCloseCodes.AlreadyAuthenticated);
    const data = parse(resumeData, d);
    this.#adopt(this.#parts.sessions.resume(data, this));
    for (const frame of this.#authenticated().missedSince(data.seq_ack ?? -1)) this.send(frame);
    this.send({ op: VoiceOpcodes.Resumed, d: null });
  }

  #adopt(given: VoiceSession | number): void {
    if (typeof given === 'number') throw new Refusal(given);
    this.#session = given;
  }

  #heartbeat(d: unknown): void {
    const { t } = parse(heartbeatData, d);
    this.#awaitHeartbeat();
    const seat = this.#session?.credentials;
    const faults = seat ? this.#parts.sessions.faults.of(seat.guildId, seat.userId) : {};
    if (!faults.dropHeartbeatAcks) this.send({ op: VoiceOpcodes.HeartbeatAck, d: { t } });
  }

  #selectProtocol(session: VoiceSession, d: unknown): void {
    const { protocol, data } = parse(selectProtocolData, d, VoiceCloseCodes.BadRequest);
    if (protocol !== 'udp') throw new Refusal(VoiceCloseCodes.UnknownProtocol);
    session.mode = parse(encryptionMode, data.mode, VoiceCloseCodes.UnknownEncryptionMode);
    const description = { mode: session.mode, secret_key: [...session.key], dave_protocol_version: daveVersion };
    this.send({ op: VoiceOpcodes.SessionDescription, d: { ...description, audio_codec: 'opus', video_codec: null } });
  }

  #speak(session: VoiceSession, d: unknown): void {
    const { speaking, ssrc } = parse(speakingData, d, VoiceCloseCodes.BadRequest);
    if (ssrc !== session.ssrc) throw new Refusal(VoiceCloseCodes.BadRequest);
    session.speak(speaking);
    this.#parts.sessions.spoke(session);
  }

  #authenticated(): VoiceSession {
    if (!this.#session) throw new Refusal(VoiceCloseCodes.NotAuthenticated);
    return this.#session;
  }

  /** A client that is silent for two intervals is gone. */
  #awaitHeartbeat(): void {
    clearTimeout(this.#deadline);
    const patienceMs = this.#parts.limits.voiceHeartbeatIntervalMs * 2;
    this.#deadline = setTimeout(() => this.#refuse(new Refusal(VoiceCloseCodes.SessionTimeout)), patienceMs);
    this.#deadline.unref();
  }

  #countSend(): void {
    const now = Date.now();
    this.#sends = [...this.#sends.filter((at) => now - at < 60_000), now];
    if (this.#sends.length > this.#parts.limits.sendsPerMinute) {
      throw new Refusal(VoiceCloseCodes.RateLimited);
    }
  }

  #closed(code: number): void {
    clearTimeout(this.#deadline);
    if (this.#session) this.#parts.sessions.left(this.#session, this, code);
  }
}

function decode(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    throw new Refusal(VoiceCloseCodes.FailedToDecode);
  }
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  code: number = VoiceCloseCodes.FailedToDecode,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Refusal(code);
}
