import { X509Certificate } from 'node:crypto';
import { Agent } from 'node:https';
import { checkServerIdentity, createSecureContext, rootCertificates } from 'node:tls';
import { VoiceCloseCodes, VoiceOpcodes } from 'discord-api-types/voice/v8';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { encryptionModes } from '../../voice/encryption.ts';
import type { EncryptionMode } from '../../voice/encryption.ts';
import type { VoiceState } from '../protocol.ts';
import type { SoundSender } from './sound-sender.ts';
import { SoundStream } from './sound-stream.ts';
import type { VoiceLink, VoiceLinks, VoiceListener, VoicePlace } from './voice-link.ts';

/** Time limit from the WebSocket to the session key. */
const establishWithinMs = 10_000;
/** For a connection that broke without a close frame (RFC 6455, section 7.4.1). */
const abnormalClosure = 1006;
const protocolError = 1002;

const frameSchema = z.object({ op: z.int(), d: z.unknown(), seq: z.int().optional() });
const helloSchema = z.object({ heartbeat_interval: z.number().positive() });
const readySchema = z.object({ ssrc: z.int(), ip: z.string(), port: z.int(), modes: z.array(z.string()) });
const descriptionSchema = z.object({ mode: z.enum(encryptionModes), secret_key: z.array(z.int()).length(32) });
const ackSchema = z.object({ t: z.number() });

/** Shared by all connections of a node. */
export interface VoiceClientParts {
  readonly sender: SoundSender;
  /** Trusted for the voice servers that clients name, in addition to public authorities. */
  readonly certPem: string;
  /** False: joins voice but sends nothing. */
  readonly sound: boolean;
}

/** Connects to the voice servers that a client names, as Lavalink does. */
export class VoiceClients implements VoiceLinks {
  readonly #parts: VoiceClientParts;
  #agent: Agent | undefined;

  constructor(parts: VoiceClientParts) {
    this.#parts = parts;
  }

  link(seat: VoicePlace, given: VoiceState, listener: VoiceListener): VoiceLink {
    this.#agent ??= agentFor(this.#parts.certPem);
    return new VoiceClient({ ...seat, ...given }, listener, this.#parts, this.#agent);
  }
}

/** Trusts the given certificate under any name, and others as usual. */
function agentFor(certPem: string): Agent {
  const { raw } = new X509Certificate(certPem);
  return new Agent({
    // Created once: loading all public authorities takes longer than a whole connection.
    secureContext: createSecureContext({ ca: [certPem, ...rootCertificates], allowPartialTrustChain: true }),
    checkServerIdentity: (host, certificate) =>
      certificate.raw.equals(raw) ? undefined : checkServerIdentity(host, certificate),
  });
}

/** One voice connection: WebSocket (version 8) and sound. Survives a crash of the server by resuming once. */
class VoiceClient implements VoiceLink {
  pingMs = -1;
  readonly #given: VoicePlace & VoiceState;
  readonly #listener: VoiceListener;
  readonly #parts: VoiceClientParts;
  readonly #agent: Agent;
  #socket: WebSocket | undefined;
  #target: { ssrc: number; address: string; port: number } | undefined;
  #stream: SoundStream | undefined;
  #heartbeats: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #sequence = -1;
  #acknowledged = true;
  #resuming = false;
  #over = false;

  constructor(given: VoicePlace & VoiceState, listener: VoiceListener, parts: VoiceClientParts, agent: Agent) {
    this.#given = given;
    this.#listener = listener;
    this.#parts = parts;
    this.#agent = agent;
  }

  open(): void {
    this.#dial();
  }

  close(): void {
    this.#end();
    this.#socket?.close(1000);
  }

  recheck(): void {
    // The voice server closes by itself when Discord's state changes.
  }

  #dial(): void {
    const socket = new WebSocket(`wss://${this.#given.endpoint}/?v=8`, {
      agent: this.#agent,
      maxPayload: 64 * 1024,
      handshakeTimeout: establishWithinMs,
    });
    this.#socket = socket;
    this.#acknowledged = true;
    this.#deadline = setTimeout(() => socket.terminate(), establishWithinMs);
    this.#deadline.unref();
    socket.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer) => {
      if (socket !== this.#socket || this.#over) return;
      try {
        this.#receive(data);
      } catch {
        socket.close(protocolError);
      }
    });
    socket.once('close', (code: number, reason: Buffer) => {
      if (socket === this.#socket && !this.#over) this.#closed(code, reason.toString());
    });
  }

  #receive(data: Buffer): void {
    const { op, d, seq } = frameSchema.parse(JSON.parse(data.toString('utf8')));
    this.#sequence = seq ?? this.#sequence;
    if (op === VoiceOpcodes.Hello) this.#greet(d);
    else if (op === VoiceOpcodes.Ready) void this.#select(d);
    else if (op === VoiceOpcodes.SessionDescription) this.#establish(d);
    else if (op === VoiceOpcodes.Resumed) this.#resumed();
    else if (op === VoiceOpcodes.HeartbeatAck) this.#measure(d);
  }

  #greet(d: unknown): void {
    const { heartbeat_interval: everyMs } = helloSchema.parse(d);
    const { guildId, userId, sessionId, token } = this.#given;
    const who = { server_id: guildId, session_id: sessionId, token };
    if (this.#resuming) this.#send(VoiceOpcodes.Resume, { ...who, seq_ack: this.#sequence });
    else this.#send(VoiceOpcodes.Identify, { ...who, user_id: userId, max_dave_protocol_version: 0 });
    clearInterval(this.#heartbeats);
    this.#heartbeats = setInterval(() => this.#heartbeat(), everyMs);
    this.#heartbeats.unref();
    this.#heartbeat();
  }

  #heartbeat(): void {
    // A server that answers no heartbeat is gone, whatever its socket says.
    if (!this.#acknowledged) return this.#socket?.terminate();
    this.#acknowledged = false;
    this.#send(VoiceOpcodes.Heartbeat, { t: Date.now(), seq_ack: this.#sequence });
  }

  #measure(d: unknown): void {
    this.#acknowledged = true;
    this.pingMs = Math.max(0, Date.now() - ackSchema.parse(d).t);
  }

  async #select(d: unknown): Promise<void> {
    const { ssrc, ip, port, modes } = readySchema.parse(d);
    const mode = encryptionModes.find((candidate) => modes.includes(candidate));
    const socket = this.#socket;
    if (!mode) return socket?.terminate();
    this.#target = { ssrc, address: ip, port };
    try {
      const { address, port: seenPort } = await this.#parts.sender.discover(ssrc, this.#target);
      if (socket !== this.#socket || this.#over) return;
      this.#send(VoiceOpcodes.SelectProtocol, { protocol: 'udp', data: { address, port: seenPort, mode } });
    } catch {
      socket?.terminate();
    }
  }

  #establish(d: unknown): void {
    const { mode, secret_key: key } = descriptionSchema.parse(d);
    if (!this.#target) return this.#socket?.terminate();
    clearTimeout(this.#deadline);
    if (this.#parts.sound) this.#startStream(this.#target, mode, Uint8Array.from(key));
    this.#listener.opened();
  }

  #startStream(
    { ssrc, address, port }: { ssrc: number; address: string; port: number },
    mode: EncryptionMode,
    key: Uint8Array,
  ): void {
    this.#stopStream();
    const session = { ssrc, to: { address, port }, mode, key };
    this.#stream = new SoundStream(session, {
      frame: () => this.#listener.frame(),
      speaking: (speaks) => this.#send(VoiceOpcodes.Speaking, { speaking: speaks ? 1 : 0, delay: 0, ssrc }),
    });
    this.#parts.sender.add(this.#stream);
  }

  #stopStream(): void {
    if (this.#stream) this.#parts.sender.remove(this.#stream);
    this.#stream = undefined;
  }

  #resumed(): void {
    clearTimeout(this.#deadline);
    this.#resuming = false;
  }

  #closed(code: number, reason: string): void {
    clearTimeout(this.#deadline);
    clearInterval(this.#heartbeats);
    const established = this.#target !== undefined && this.pingMs >= 0;
    const mayResume = code === Number(VoiceCloseCodes.VoiceServerCrashed) || code === abnormalClosure;
    if (mayResume && established && !this.#resuming) {
      this.#resuming = true;
      this.pingMs = -1;
      return this.#dial();
    }
    this.#end();
    this.#listener.closed(code, reason, true);
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#deadline);
    clearInterval(this.#heartbeats);
    this.#stopStream();
  }

  #send(op: number, d: unknown): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op, d }));
  }
}
