import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { discoveryAnswer, readDiscoveryQuestion } from './discovery.ts';
import { readRtpHeader } from './rtp.ts';
import type { VoiceSession } from './session.ts';
import type { VoiceSessions } from './sessions.ts';

/** Clients' keep-alives: a counter, echoed unchanged (Discord does this, undocumented). */
const keepAliveBytes = 8;

/** The socket that every client sends its sound to. */
export class VoiceUdp implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #sessions: VoiceSessions;
  /** Packets that belong to no session: unknown SSRCs, or not voice packets at all. */
  strayPackets = 0;

  constructor(host: string, sessions: VoiceSessions) {
    this.#sessions = sessions;
    this.#socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
    this.#socket.on('message', (packet, from) => this.#receive(packet, from));
    // A client that has gone away refuses responses; that must not affect the others.
    this.#socket.on('error', () => undefined);
  }

  async listen(port: number, host: string): Promise<void> {
    this.#socket.bind(port, host);
    await once(this.#socket, 'listening');
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #receive(packet: Buffer, from: RemoteInfo): void {
    if (packet.length === keepAliveBytes) return this.#socket.send(packet, from.port, from.address);
    const asked = readDiscoveryQuestion(packet);
    if (asked !== undefined) return this.#discover(asked, from);
    const header = readRtpHeader(packet);
    const session = header && this.#sessions.bySsrc(header.ssrc);
    if (!header || !session) this.strayPackets += 1;
    else if (!this.#dropsPackets(session)) session.receive(header, packet, this.#sessions.audible(session));
  }

  #discover(ssrc: number, from: RemoteInfo): void {
    const session = this.#sessions.bySsrc(ssrc);
    if (!session) this.strayPackets += 1;
    else if (!this.#dropsPackets(session)) {
      this.#socket.send(discoveryAnswer(ssrc, from), from.port, from.address);
    }
  }

  #dropsPackets({ credentials: { guildId, userId } }: VoiceSession): boolean {
    return this.#sessions.faults.of(guildId, userId).dropPackets === true;
  }
}
