import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { followParent, say, started } from './parts.ts';

/** An upstream that costs as little as possible: mTLS, and the same small response to everything. */
followParent();
const { identity } = await started<'upstream'>();
const answer = JSON.stringify({
  state: 'playing',
  positionMs: 12_345,
  volume: 100,
  queue: [],
  queueLength: 0,
  text: 'x'.repeat(120),
});
const server = createServer(
  {
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    ca: identity.trustBundlePem,
    requestCert: true,
    minVersion: 'TLSv1.3',
  },
  (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length }).end(answer);
  },
);
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => say({ port: (server.address() as AddressInfo).port }));
