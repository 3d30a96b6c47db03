import httpProxy from '@fastify/http-proxy';
import fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import { workloadTls } from '#security/identity/workload-connection.ts';
import { followParent, say, started, targets } from './parts.ts';

/** The baseline: @fastify/http-proxy with mTLS on both sides, and no checks. */
followParent();
const { identity, upstreams, spiffeIds } = await started<'bare-proxy'>();
const { certificatePem: cert, privateKeyPem: key, trustBundlePem: ca } = identity;
const app = fastify({
  https: { cert, key, ca, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
  keepAliveTimeout: 600_000,
});
for (const target of targets) {
  const pool = { connections: 64, pipelining: 1, keepAliveTimeout: 600_000 };
  const tls = target === 'lavalink' ? {} : { connect: { ...workloadTls(ca, spiffeIds[target]), cert, key } };
  await app.register(httpProxy, { upstream: upstreams[target], prefix: `/${target}`, undici: { ...pool, ...tls } });
}
await app.listen({ host: '127.0.0.1', port: 0 });
process.on('message', (message) => {
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  say({ cpuSec: (user + system) / 1e6, rssMiB: process.memoryUsage().rss / 2 ** 20 });
});
say({ port: (app.server.address() as AddressInfo).port });
