import { connect, type AddressInfo } from 'node:net';
import fastify, { type FastifyReply } from 'fastify';
import { expect } from 'vitest';

/** Somebody who reads a stream of server-sent events over a socket of their own, as slowly as a test wants. */
export interface StreamReader extends AsyncDisposable {
  /** Everything so far. */
  readonly received: string;
  pause(): void;
  resume(): void;
  leave(): void;
  /** Resolves when the other side has ended the connection. */
  readonly cutOff: Promise<void>;
}

/** Serves the stream that `open` makes of its reply, and reads it until `begun` has arrived. */
export async function readStream(open: (reply: FastifyReply) => void, begun: string): Promise<StreamReader> {
  const app = fastify({ forceCloseConnections: true });
  app.get('/', (_request, reply) => {
    open(reply);
    return reply;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => (received += text));
  socket.on('error', () => undefined);
  const cutOff = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write('GET / HTTP/1.1\r\nhost: here\r\n\r\n');
  await expect.poll(() => received, { timeout: 10_000 }).toContain(begun);
  return {
    get received() {
      return received;
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    leave: () => void socket.destroy(),
    cutOff,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await app.close();
    },
  };
}
