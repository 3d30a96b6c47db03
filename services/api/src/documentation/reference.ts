import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { fastify } from 'fastify';
import type { HttpApp } from '#infra/http/http-app.ts';

/** Of Scalar: no fonts, accounts, assistants or statistics from elsewhere; a page that only shows this API. */
const configuration = {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
  defaultOpenAllTags: true,
  externalUrls: { dashboardUrl: '', registryUrl: '', proxyUrl: '', apiBaseUrl: '' },
};

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Bailiwick API</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <div id="app"></div>
    <script src="/docs/scalar.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const start = `Scalar.createApiReference('#app', ${JSON.stringify(configuration)});\n`;

/** Scripts of our own origin and nothing else; the page is styled by its script. Nothing is fetched from elsewhere. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const config = { action: 'api.public' } as const;
const schema = { hide: true };

/** /docs: the reference for people, from this address alone. */
export function serveReference(app: HttpApp): void {
  app.get('/docs', { config, schema, exposeHeadRoute: false }, (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', contentSecurityPolicy)
      .header('referrer-policy', 'no-referrer')
      .header('x-content-type-options', 'nosniff')
      .send(page),
  );
  app.get('/docs/start.js', { config, schema, exposeHeadRoute: false }, (_request, reply) =>
    reply.type('text/javascript; charset=utf-8').header('x-content-type-options', 'nosniff').send(start),
  );
  let script: Promise<Script> | undefined;
  app.get('/docs/scalar.js', { config, schema, exposeHeadRoute: false }, async (request, reply) => {
    script ??= readScript();
    const { etag, plain, zipped } = await script;
    reply
      .type('text/javascript; charset=utf-8')
      .headers({ etag, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff', vary: 'accept-encoding' });
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    const accepts = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
    return accepts ? reply.header('content-encoding', 'gzip').send(zipped) : reply.send(plain);
  });
}

interface Script {
  readonly etag: string;
  readonly plain: Buffer;
  readonly zipped: Buffer;
}

/**
 * The plugin gives its script out only by a route of its own, which would know nothing of actions and stand beside the
 * guard; so it is asked for it once, out of reach of everybody. It is loaded when somebody looks at the reference: most
 * of what the api would load at its start is the plugin's.
 */
async function readScript(): Promise<Script> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const aside = fastify();
  await aside.register(scalar, { routePrefix: '/docs', configuration: { url: configuration.url } });
  const answer = await aside.inject('/docs/js/scalar.js');
  await aside.close();
  const plain = answer.rawPayload;
  const etag = `"${createHash('sha256').update(plain).digest('base64url')}"`;
  return { etag, plain, zipped: await promisify(gzip)(plain) };
}
