import type { ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpApp } from './http-app.ts';

/** How long requests that were being answered when a listener began to close may take to be answered. */
const answerWithinMs = 1_000;
const lookEveryMs = 10;

/**
 * Every TCP connection of a server. The lists that node:https has of its own leave out those whose TLS handshake is not
 * complete, and its `close` waits for them: one that says nothing held it for as long as a handshake may take.
 */
export class OpenSockets {
  readonly #open = new Set<Socket>();

  constructor(server: Pick<Server, 'on'>) {
    server.on('connection', (socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  destroyAll(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

/**
 * A listener that closes accepts no connection any more, answers within a second what it was asked before, and then
 * ends every connection, whatever its state. Streams are not waited for, since whoever reads one reads it again.
 */
export function closeInTime(app: HttpApp): void {
  const { server } = app;
  const sockets = new OpenSockets(server);
  const responses = new Set<ServerResponse>();
  server.on('request', (_request, response) => {
    responses.add(response);
    response.once('close', () => responses.delete(response));
  });
  app.addHook('preClose', async () => {
    server.close();
    const unanswered = [...responses].filter(({ headersSent }) => !headersSent);
    const isWaitedFor = (response: ServerResponse) => responses.has(response) && !response.writableFinished;
    for (const untilMs = performance.now() + answerWithinMs; performance.now() < untilMs; await delay(lookEveryMs))
      if (!unanswered.some(isWaitedFor)) break;
    sockets.destroyAll();
  });
}
