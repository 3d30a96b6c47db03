import { once } from 'node:events';
import { createServer } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuthority } from './authority.ts';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

export interface Receiver extends AsyncDisposable {
  /** https://localhost:… */
  readonly url: string;
  /** Of the authority that has signed its certificate. */
  readonly trustPem: string;
  readonly received: Received[];
  /** What it answers from now on: a status, with headers and a body, or nothing at all. */
  answer: { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string } | 'nothing';
}

/** A server of a customer's, as webhooks are sent to. */
export async function startReceiver(): Promise<Receiver> {
  const authority = await createAuthority();
  const { certPem, keyPem } = await authority.issue('localhost');
  const server = createServer({ cert: certPem, key: keyPem });
  const received: Received[] = [];
  server.on('request', (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString('utf8');
      received.push({ path: request.url ?? '', headers: request.headers, body, atMs: Date.now() });
      const { answer } = receiver;
      if (answer !== 'nothing') response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: Receiver = {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    trustPem: authority.certPem,
    received,
    answer: { status: 204 },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;
}
