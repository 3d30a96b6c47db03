import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { scratchFolder } from '#test/scratch.ts';
import type { Answer } from '#test/security/world/doors.ts';
import { startWorld, type World } from '#test/security/world/world.ts';

/* HEAD, OPTIONS and unsupported methods (RFC 9110), at every path of the public listener. */
let world: World;
let tenant: TenantId;
let session: string;
let folder: string;
/** Each path of the API, filled in, with its methods. */
let addresses: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  folder = await scratchFolder('portal');
  await mkdir(path.join(folder, 'assets'));
  const files = {
    'index.html': '<!doctype html><title>Portal</title>',
    'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'scheme.js': 'export {};',
    'assets/app-1a2b.js': 'export {};',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  world = await startWorld({ portalFolder: folder });
  tenant = await world.bareTenant();
  session = await world.session('discord:100', { tenant, role: 'owner' });
  const { body } = await world.doors.public({ path: '/openapi.json' });
  const { paths } = body as { paths: Record<string, Record<string, unknown>> };
  addresses = new Map(
    Object.entries(paths).map(([at, methods]) => [placed(at), Object.keys(methods).map((one) => one.toUpperCase())]),
  );
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const placed = (at: string): string =>
  at.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const own: Record<string, string> = {
      tenant,
      guild: '80351110224678912',
      subject: 'discord:4242',
      invitation: 'inv_01h2xcejqtf2nbrexx3vqjhp41',
      key: 'key_01h2xcejqtf2nbrexx3vqjhp41',
      decision: 'dec_01h2xcejqtf2nbrexx3vqjhp41',
      entry: 'ent_01h2xcejqtf2nbrexx3vqjhp41',
      check: 'token',
      webhook: 'whk_01h2xcejqtf2nbrexx3vqjhp41',
      delivery: 'whd_01h2xcejqtf2nbrexx3vqjhp41',
      schedule: 'expired-rows',
      deadLetter: 'edl_01h2xcejqtf2nbrexx3vqjhp41',
      projection: 'play-statistics',
      feature: 'lyrics',
      node: 'main',
      machine: 'oslo',
      hosted: tenant,
    };
    return encodeURIComponent(own[name] ?? `no value for ${name}`);
  });

const html = { accept: 'text/html' };
const pages = ['/', '/sign-in', '/t/ten_1/live'];
const files = ['/icon.svg', '/scheme.js', '/assets/app-1a2b.js', '/docs', '/docs/reference.css'];

/** What may differ between two responses. */
const ofTheMoment = new Set([
  'date',
  'x-request-id',
  'ratelimit',
  'content-security-policy',
  'export-cursor',
  // From signing in, with a new state each time.
  'location',
  'set-cookie',
]);
const lasting = ({ headers }: Answer) =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => !ofTheMoment.has(name) && !['connection', 'keep-alive'].includes(name)),
  );
/** For live streams, only the response's head is read. */
const streams = /\/(?:live|(?<!timeline\/)events|stream)$/;

async function read(at: string, headers = {}): Promise<Answer> {
  if (!streams.test(at)) return world.doors.public({ path: at, session, headers });
  const ended = new AbortController();
  const url = `http://127.0.0.1:${world.parts.proxy.publicPort}${at}`;
  const response = await fetch(url, { signal: ended.signal, headers: { authorization: `Bearer ${session}` } });
  ended.abort();
  return {
    status: response.status,
    code: undefined,
    headers: Object.fromEntries(response.headers),
    body: '',
    text: '',
  };
}

const withoutFraming = ({ 'content-length': _length, 'transfer-encoding': _coding, ...headers }: Answer['headers']) =>
  headers;

const both = async (at: string) => ({
  got: await read(at),
  head: await world.doors.public({ method: 'HEAD', path: at, session }),
});
const differ = ({ got, head }: Awaited<ReturnType<typeof both>>) =>
  got.status !== head.status ||
  got.headers['etag'] !== head.headers['etag'] ||
  Number(head.headers['content-length'] ?? Buffer.byteLength(got.text)) !== Buffer.byteLength(got.text);

describe('HEAD', () => {
  it('answers every read of the API as GET does, without the body', async () => {
    const reads = [...addresses].filter(([, methods]) => methods.includes('GET')).map(([at]) => at);
    expect(reads.length).toBeGreaterThan(20);
    for (const at of reads) {
      // The underlying data may change between the two requests.
      let pair = await both(at);
      for (let tries = 0; tries < 4 && differ(pair); tries += 1) pair = await both(at);
      const { got, head } = pair;
      expect(head.text, at).toBe('');
      expect(head.status, at).toBe(got.status);
      expect(withoutFraming(lasting(head)), at).toEqual(withoutFraming(lasting(got)));
      // Content-Length may be absent, but must be right if present.
      const { 'content-length': said } = head.headers;
      if (said !== undefined) expect(Number(said), at).toBe(Buffer.byteLength(got.text));
    }
  });

  it.each([...pages, ...files])('answers %s as GET does', async (at) => {
    const headers = pages.includes(at) ? html : {};
    const [got, head] = [
      await world.doors.public({ path: at, headers }),
      await world.doors.public({ method: 'HEAD', path: at, headers }),
    ];
    expect(got.status).toBe(200);
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(lasting(head)).toEqual(lasting(got));
  });

  it('answers a conditional request for unchanged content as GET does', async () => {
    for (const at of ['/docs', '/icon.svg']) {
      const { headers } = await world.doors.public({ path: at });
      const unchanged = { 'if-none-match': String(headers['etag']) };
      const got = await world.doors.public({ path: at, headers: unchanged });
      const head = await world.doors.public({ method: 'HEAD', path: at, headers: unchanged });
      expect(got.status, at).toBe(304);
      expect(head.status, at).toBe(304);
      expect(lasting(head), at).toEqual(lasting(got));
    }
  });

  it('is refused like GET without permission, and records no export in the audit log', async () => {
    for (const at of addresses.keys()) {
      const asked = await world.doors.public({ method: 'HEAD', path: at });
      expect(asked.text, at).toBe('');
      if (addresses.get(at)?.includes('GET')) continue;
      expect(asked, at).toMatchObject({ status: 405 });
    }
    expect(await world.doors.public({ method: 'HEAD', path: `/v1/tenants/${tenant}` })).toMatchObject({ status: 401 });
    const foreign = `/v1/tenants/${newTenantId()}`;
    expect(await world.doors.public({ method: 'HEAD', path: foreign, session })).toMatchObject({ status: 404 });
    const exports = async () => (await world.audit(tenant)).filter(({ action }) => action === 'audit.export').length;
    const before = await exports();
    const head = await world.doors.public({ method: 'HEAD', path: `/v1/tenants/${tenant}/audit/export`, session });
    expect([200, 409]).toContain(head.status);
    expect(await exports()).toBe(before);
  });
});

/** Headers that would let another site's page read a response. */
const crossOrigin = (answer: Answer) =>
  Object.keys(answer.headers).filter((name) => name.startsWith('access-control-') || name === 'timing-allow-origin');
const preflight = { origin: 'https://elsewhere.example', 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'cross-site' };

describe('OPTIONS', () => {
  it('lists the methods of every path of the API, and allows no other site', async () => {
    for (const [at, methods] of addresses) {
      const answer = await world.doors.public({ method: 'OPTIONS', path: at, headers: preflight });
      const expected = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].toSorted();
      expect(answer, at).toMatchObject({ status: 204, text: '' });
      expect(String(answer.headers['allow']).split(', ').toSorted(), at).toEqual(expected);
      expect(crossOrigin(answer), at).toEqual([]);
    }
  });

  it.each([...pages, ...files, '/openapi.json'])('lists the read methods of %s', async (at) => {
    const answer = await world.doors.public({ method: 'OPTIONS', path: at, headers: preflight });
    expect(answer).toMatchObject({ status: 204, text: '', headers: { allow: 'GET, HEAD, OPTIONS' } });
    expect(crossOrigin(answer)).toEqual([]);
  });

  it('is 404 for an unknown path, and accepts no body', async () => {
    for (const at of ['/v1/tenantry', '/docs/nothing', '/nothing.js'])
      expect(await world.doors.public({ method: 'OPTIONS', path: at }), at).toMatchObject({ status: 404 });
    const withBody = await world.doors.public({ method: 'OPTIONS', path: '/v1/me', body: {} });
    expect(withBody).toMatchObject({ status: 400, code: 'canonical-request.body-not-expected' });
  });
});

describe('an unsupported method', () => {
  it('is 405 everywhere, and lists the supported ones', async () => {
    const all = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
    for (const [at, methods] of addresses)
      for (const method of all.filter((one) => !methods.includes(one))) {
        const answer = await world.doors.public({ method, path: at, session });
        expect(answer, `${method} ${at}`).toMatchObject({ status: 405, code: 'http.method' });
        expect(String(answer.headers['allow']).split(', '), at).toEqual(
          expect.arrayContaining([...methods, 'OPTIONS']),
        );
      }
    for (const at of [...pages, ...files])
      expect(await world.doors.public({ method: 'DELETE', path: at }), at).toMatchObject({
        status: 405,
        code: 'route.method',
        headers: { allow: 'GET, HEAD, OPTIONS' },
      });
  });

  it('is distinguished from a missing asset, which is 404', async () => {
    for (const at of ['/assets/app-0000.js', '/assets/app-0000.css', '/favicon.ico', '/docs/nothing.js'])
      for (const method of ['GET', 'HEAD'] as const)
        expect(await world.doors.public({ method, path: at }), `${method} ${at}`).toMatchObject({ status: 404 });
  });
});
