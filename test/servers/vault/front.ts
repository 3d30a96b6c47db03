import { request as requestPlain } from 'node:http';
import { createServer, request as requestSecurely } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '#test/authority.ts';

export interface FrontOptions {
  /** Of its own certificate. */
  readonly host: string;
  readonly to: { readonly port: number; readonly trustPem?: string };
  /** What an answer waits for before it is passed on. */
  readonly holds?: (path: string, status: number) => Promise<unknown> | undefined;
}

export interface Front extends AsyncDisposable {
  readonly port: number;
  readonly trustPem: string;
}

/** A reverse proxy: it ends TLS for a host name, and forwards to a port of this machine. */
export async function startFront({ host, to: { port, trustPem }, holds }: FrontOptions): Promise<Front> {
  const authority = await createAuthority();
  const { certPem, keyPem } = await authority.issue(host);
  const server = createServer({ cert: certPem, key: keyPem }, (asked, answer) => {
    const { method, url = '', headers } = asked;
    const forwarded = {
      host: 'localhost',
      port,
      method,
      path: url,
      headers: { ...headers, 'x-forwarded-for': '203.0.113.9' },
    };
    const passed = trustPem ? requestSecurely({ ...forwarded, ca: trustPem }) : requestPlain(forwarded);
    passed.on('response', (told) => {
      const status = told.statusCode ?? 502;
      void Promise.resolve(holds?.(url, status)).then(() => {
        answer.writeHead(status, told.headers);
        told.pipe(answer);
      });
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    trustPem: authority.certPem,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
