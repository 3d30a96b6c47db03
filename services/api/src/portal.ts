import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpApp } from '#infra/http/http-app.ts';

const config = { action: 'api.public' } as const;
const schema = { hide: true };

/**
 * Scripts and styles of our own origin. The component library creates a few style elements at run time; they carry the
 * page's nonce. Images may come from wherever Discord and the music sources host them.
 */
const contentSecurityPolicy = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: https:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const pageHeaders = {
  'cache-control': 'no-cache',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
} as const;

/**
 * Serves the portal's built files: assets, whose names change with their content, are cached indefinitely; the page
 * itself is served fresh each time, with its own nonce, at every address that a browser navigates to and that belongs
 * to nothing else.
 */
export async function servePortal(app: HttpApp, folder: string): Promise<void> {
  const page = await readFile(path.join(folder, 'index.html'), 'utf8');
  const sendPage = (reply: FastifyReply) => {
    const nonce = randomBytes(16).toString('base64');
    const named = page.replace('</title>', `</title>\n    <meta property="csp-nonce" nonce="${nonce}">`);
    return reply
      .headers({ ...pageHeaders, 'content-security-policy': contentSecurityPolicy(nonce) })
      .type('text/html; charset=utf-8')
      .send(named);
  };
  await app.register(fastifyStatic, { root: folder, serve: false, preCompressed: true, index: false });
  const route = { config, schema };
  app.get('/', route, (_request, reply) => sendPage(reply));
  app.get<{ Params: { name: string } }>('/assets/:name(^[A-Za-z0-9_-]+\\.[A-Za-z0-9_.-]+$)', route, (request, reply) =>
    reply
      .header('x-content-type-options', 'nosniff')
      .sendFile(`assets/${request.params.name}`, { immutable: true, maxAge: '365d', cacheControl: true }),
  );
  for (const name of ['icon.svg', 'scheme.js']) {
    app.get(`/${name}`, route, (_request, reply) =>
      reply.header('x-content-type-options', 'nosniff').sendFile(name, { maxAge: 0, cacheControl: true }),
    );
  }
  app.get('/*', route, (request, reply) => {
    if (isNavigation(request)) return sendPage(reply);
    return reply.callNotFound();
  });
  app.options('/*', route, (request, reply) => {
    if (isElsewhere(request)) return reply.callNotFound();
    return reply.code(204).header('allow', 'GET, HEAD, OPTIONS').send();
  });
}

/** Not for the addresses of the API, its description and its assets: what is missing there stays missing. */
const elsewhere = /^\/(?:v1|docs|assets)(?:\/|$)|\.[a-z0-9]+$/;

const isElsewhere = ({ url }: FastifyRequest): boolean => elsewhere.test(url.split('?', 1)[0] ?? '');

function isNavigation(request: FastifyRequest): boolean {
  if (isElsewhere(request)) return false;
  const mode = request.headers['sec-fetch-mode'];
  if (mode !== undefined) return mode === 'navigate';
  return (request.headers.accept ?? '').includes('text/html');
}
