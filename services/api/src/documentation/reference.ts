import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpApp } from '#infra/http/http-app.ts';
import { referencePage, type ApiDescription } from './reference-page.ts';
import { referenceStyle } from './reference-style.ts';

/** No scripts, and nothing from other origins. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const pageHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** /docs: the reference for people, generated from the same document that programs get. */
export function serveReference(app: HttpApp): void {
  const route = { config: { action: 'api.public' }, schema: { hide: true } } as const;
  let page: Promise<Prepared> | undefined;
  app.get('/docs', route, async (request, reply) => {
    page ??= prepare(referencePage(app.swagger() as unknown as ApiDescription));
    return sendPrepared(request, reply.headers(pageHeaders).type('text/html; charset=utf-8'), await page);
  });
  let style: Promise<Prepared> | undefined;
  app.get('/docs/reference.css', route, async (request, reply) => {
    style ??= prepare(referenceStyle);
    reply.type('text/css; charset=utf-8').header('x-content-type-options', 'nosniff');
    return sendPrepared(request, reply, await style);
  });
}

interface Prepared {
  readonly etag: string;
  readonly plain: string;
  readonly zipped: Buffer;
}

async function prepare(plain: string): Promise<Prepared> {
  const etag = `"${createHash('sha256').update(plain).digest('base64url')}"`;
  return { etag, plain, zipped: await promisify(gzip)(plain) };
}

function sendPrepared(request: FastifyRequest, reply: FastifyReply, { etag, plain, zipped }: Prepared): FastifyReply {
  reply.headers({ etag, 'cache-control': 'no-cache', vary: 'accept-encoding' });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const accepts = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  return accepts ? reply.header('content-encoding', 'gzip').send(zipped) : reply.send(plain);
}
