import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '#test/authority.ts';

/** The reverse proxy that a live platform stands behind: it ends TLS for this host name, and forwards to a port. */
export async function startFront(host: string, to: number): Promise<AsyncDisposable & { readonly port: number }> {
  const { certPem, keyPem } = await (await createAuthority()).issue(host);
  const server = createServer({ cert: certPem, key: keyPem }, (asked, answer) => {
    const { method, url, headers } = asked;
    const forwarded = { ...headers, 'x-forwarded-for': '203.0.113.9' };
    const passed = request({ host: '127.0.0.1', port: to, method, path: url, headers: forwarded }, (told) => {
      answer.writeHead(told.statusCode ?? 502, told.headers);
      told.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
