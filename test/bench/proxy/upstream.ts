import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { followParent, say, started, type Identity } from './parts.ts';

/**
 * Upstreams that cost as little as possible: the same small response to everything. With mTLS, except the Lavalink
 * node, which has neither TLS nor an identity in the sandbox.
 */
followParent();
const { identities } = await started<'upstream'>();
const answer = JSON.stringify({
  state: 'playing',
  positionMs: 12_345,
  volume: 100,
  queue: [],
  queueLength: 0,
  text: 'x'.repeat(120),
});
const keepAliveTimeout = 600_000;

const respond: RequestListener = (request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
};

const withMtls = ({ certificatePem: cert, privateKeyPem: key, trustBundlePem: ca }: Identity) =>
  createServer({ cert, key, ca, requestCert: true, minVersion: 'TLSv1.3', keepAliveTimeout }, respond);

const urlOf = (server: Server, scheme: string): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );

say({
  audio: await urlOf(withMtls(identities.audio), 'https'),
  'discord-edge': await urlOf(withMtls(identities['discord-edge']), 'https'),
  lavalink: await urlOf(createHttpServer({ keepAliveTimeout }, respond), 'http'),
});
