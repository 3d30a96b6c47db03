import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { discoveryQuestion, readDiscoveryAnswer } from '../../voice/discovery.ts';
import type { UdpAddress } from '../../voice/discovery.ts';
import { frameMs } from '../../voice/rtp.ts';
import type { SoundStream } from './sound-stream.ts';

/** After a stall of the process at most this many frames are caught up; the rest is dropped. */
const mostAtOnce = 5;
/** A lost request is repeated. */
const discoveryTries = 5;
const discoveryEveryMs = 200;

/** A node's sound: one socket and one timer, however many players there are. Creates both lazily. */
export class SoundSender implements Disposable {
  readonly #streams = new Set<SoundStream>();
  readonly #asked = new Map<number, (seen: UdpAddress) => void>();
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startedAtMs = 0;
  #ticks = 0;

  /** The address at which the voice server sees this node (Discord: IP Discovery). Rejects if it does not answer. */
  async discover(ssrc: number, server: UdpAddress): Promise<UdpAddress> {
    const answered = Promise.withResolvers<UdpAddress>();
    this.#asked.set(ssrc, answered.resolve);
    let tries = 0;
    const ask = (): void => {
      tries += 1;
      if (tries > discoveryTries) answered.reject(new Error('The voice server does not answer over UDP.'));
      else this.#send(discoveryQuestion(ssrc), server);
    };
    const again = setInterval(ask, discoveryEveryMs);
    again.unref();
    ask();
    try {
      return await answered.promise;
    } finally {
      clearInterval(again);
      this.#asked.delete(ssrc);
    }
  }

  add(stream: SoundStream): void {
    this.#streams.add(stream);
    if (this.#timer) return;
    this.#startedAtMs = performance.now();
    this.#ticks = 0;
    this.#timer = setInterval(() => this.#tick(), frameMs);
    this.#timer.unref();
  }

  remove(stream: SoundStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#streams.clear();
    this.#socket?.close();
    this.#socket = undefined;
  }

  #tick(): void {
    const due = Math.floor((performance.now() - this.#startedAtMs) / frameMs) - this.#ticks;
    this.#ticks += due;
    for (let frame = 0; frame < Math.min(due, mostAtOnce); frame += 1) {
      for (const stream of this.#streams) {
        const packet = stream.next();
        if (packet) this.#send(packet, stream.to);
      }
    }
  }

  #send(packet: Buffer, { address, port }: UdpAddress): void {
    this.#socket ??= this.#open();
    this.#socket.send(packet, port, address);
  }

  #open(): Socket {
    const socket = createSocket({
      type: 'udp4',
      // Voice servers are given as IP addresses; without this each packet would wait for a resolver.
      lookup: (address, _options, done) => done(null, address, 4),
    });
    socket.on('message', (packet) => {
      const answer = readDiscoveryAnswer(packet);
      if (answer) this.#asked.get(answer.ssrc)?.(answer);
    });
    // A vanished voice server is noticed by the WebSocket.
    socket.on('error', () => undefined);
    socket.unref();
    return socket;
  }
}
