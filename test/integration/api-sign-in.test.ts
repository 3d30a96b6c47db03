import { createSecretKey } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { accessAudience } from '#services/api/src/sessions/browser-sessions.ts';
import { csrfHeader } from '#services/api/src/sessions/same-site.ts';
import { openSessionKeys } from '#services/api/src/sessions/session-keys.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { createUser } from '#test/sandbox/world/applications.ts';
import type { Answer } from '#test/security/world/doors.ts';
import { startWorld, type World } from '#test/security/world/world.ts';

/** Browser sign-in, including Discord's consent page, through the proxy's public listener. */
let world: World;
let ada: { id: string };
const publicUrl = 'http://127.0.0.1:8080';
const ours = { [csrfHeader]: '1', 'sec-fetch-site': 'same-origin' };

beforeAll(async () => {
  world = await startWorld();
  ada = createUser(world.parts.sandbox.world, 'Ada Lovelace');
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** A browser: stores cookies and sends them back. */
class Browser {
  readonly jar = new Map<string, string>();
  readonly attributes = new Map<string, string>();

  async ask(call: {
    method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
    path: string;
    headers?: Record<string, string>;
    body?: unknown;
  }) {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie ? { cookie } : {}), ...call.headers };
    const answer = await world.doors.public({ ...call, headers });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [pair = '', ...attributes] = line.split('; ');
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      this.attributes.set(name, attributes.join('; '));
      if (value === '') this.jar.delete(name);
      else this.jar.set(name, value);
    }
    return answer;
  }

  me = () => this.ask({ path: '/v1/me' });
  refresh = () => this.ask({ method: 'POST', path: '/v1/auth/refresh', headers: ours });

  /** Up to Discord's response: the URL that it redirects the browser back to. */
  async consent(returnTo?: string, decision = 'allow'): Promise<URL> {
    const query = returnTo === undefined ? '' : `?returnTo=${encodeURIComponent(returnTo)}`;
    const begun = await this.ask({ path: `/v1/auth/discord${query}` });
    expect(begun.status, begun.text).toBe(302);
    const consented = await fetch(String(begun.headers['location']), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ user: ada.id, decision }),
      redirect: 'manual',
    });
    expect(consented.status).toBe(302);
    return new URL(consented.headers.get('location') ?? '');
  }

  comesBack = (to: URL): Promise<Answer> => this.ask({ path: to.pathname + to.search });

  async signIn(returnTo?: string): Promise<Answer> {
    return this.comesBack(await this.consent(returnTo));
  }
}

const signedIn = async () => {
  const browser = new Browser();
  await browser.signIn();
  return browser;
};
const told = async (action: string) =>
  (await world.audit(installationLog))
    .filter((record) => record.action === action)
    .map(({ outcome, actor, reason }) => ({ outcome, id: actor.id, reason }));

describe('signing in with Discord', () => {
  it('returns to the page of origin, signed in, with cookies that no script and no other site can use', async () => {
    const browser = new Browser();
    const back = await browser.signIn('/tenants?tab=1#top');
    expect(back).toMatchObject({ status: 302, headers: { location: '/tenants?tab=1#top' } });
    expect((await browser.me()).body).toEqual({
      subject: `discord:${ada.id}`,
      name: 'Ada Lovelace',
      avatarUrl: null,
      operator: false,
      tenants: [],
      mayCreateTenants: true,
    });
    for (const name of ['__Host-bailiwick', '__Host-bailiwick-refresh'])
      expect(browser.attributes.get(name), name).toMatch(/Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect(browser.attributes.get('__Host-bailiwick')).toMatch(/^Max-Age=600;/);
    expect(browser.jar.get('__Host-bailiwick-signed-in'), 'what a script may see').toBe('1');
    expect(browser.attributes.get('__Host-bailiwick-signed-in')).toMatch(/Path=\/; Secure; SameSite=Strict$/);
    expect(browser.jar.has('__Host-bailiwick-sign-in')).toBe(false);
    expect(await told('session.sign-in')).toContainEqual({
      outcome: 'succeeded',
      id: `discord:${ada.id}`,
      reason: undefined,
    });
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/.//evil.example',
    'evil',
    'javascript:alert(1)',
    '/%09/../..//evil.example',
  ])('leads to no other host for returnTo=%j', async (returnTo) => {
    const back = await new Browser().signIn(returnTo);
    const location = String(back.headers['location']);
    expect(new URL(location, publicUrl).origin).toBe(publicUrl);
    expect(location).toMatch(/^\/(?![/\\])/);
  });

  it('removes direction overrides from names', async () => {
    const honest = ada;
    ada = createUser(world.parts.sandbox.world, 'Eve\u202e\n\u0007 Adams');
    const browser = await signedIn();
    ada = honest;
    expect((await browser.me()).body).toMatchObject({ name: 'Eve Adams' });
  });

  it('stops if the person declines', async () => {
    const browser = new Browser();
    const back = await browser.comesBack(await browser.consent('/', 'deny'));
    expect(back.headers['location']).toBe('/sign-in?problem=session.discord-denied');
    expect((await browser.me()).status).toBe(401);
  });

  it('accepts no code requested by another browser, so that nobody is signed in as somebody else', async () => {
    const attacker = new Browser();
    const planted = await attacker.consent();
    const victim = new Browser();
    expect((await victim.comesBack(planted)).headers['location']).toBe('/sign-in?problem=session.state-mismatch');
    await victim.consent();
    expect((await victim.comesBack(planted)).headers['location']).toBe('/sign-in?problem=session.state-mismatch');
    expect((await victim.me()).status).toBe(401);
    expect(await told('session.sign-in')).toContainEqual({
      outcome: 'failed',
      id: 'unknown',
      reason: 'session.state-mismatch',
    });
    // Its counterpart: the browser that requested it gets in with it, once.
    expect((await attacker.comesBack(planted)).headers['location']).toBe('/');
    expect((await attacker.comesBack(planted)).headers['location']).toBe('/sign-in?problem=session.state-mismatch');
  });

  it('accepts no code that Discord did not issue, and none twice', async () => {
    const browser = new Browser();
    const forged = await browser.consent();
    forged.searchParams.set('code', 'invented');
    expect((await browser.comesBack(forged)).headers['location']).toBe('/sign-in?problem=session.discord-refused');
    const good = await browser.consent();
    const remembered = browser.jar.get('__Host-bailiwick-sign-in') ?? '';
    expect((await browser.comesBack(good)).headers['location']).toBe('/');
    browser.jar.set('__Host-bailiwick-sign-in', remembered);
    expect((await browser.comesBack(good)).headers['location']).toBe('/sign-in?problem=session.discord-refused');
  });
});

describe('an access token', () => {
  const claims = (browser: Browser) =>
    JSON.parse(
      Buffer.from((browser.jar.get('__Host-bailiwick') ?? '').split('.')[1] ?? '', 'base64url').toString(),
    ) as Record<string, unknown>;
  const currentKey = async () => {
    await using database = openDatabase({ url: world.parts.database.urlOf('api'), maxConnections: 1 });
    const envelope = createEnvelope({ custodian: createFileCustodian(world.parts.apiKeys) });
    using keys = await openSessionKeys({ database, envelope, clock: systemClock, logger: silentLogger() });
    return keys.current().access;
  };
  const sign = (payload: Record<string, unknown>, key: Buffer, alg = 'HS256') =>
    new SignJWT(payload).setProtectedHeader({ alg, typ: 'JWT' }).sign(createSecretKey(key));
  const tryWith = async (token: string) =>
    (await world.doors.public({ path: '/v1/me', headers: { cookie: `__Host-bailiwick=${token}` } })).status;

  it('is refused if it is forged, of another kind or expired; a genuine one passes', async () => {
    const browser = await signedIn();
    const own = claims(browser);
    const [header = '', payload = '', signature = ''] = (browser.jar.get('__Host-bailiwick') ?? '').split('.');
    const operator = Buffer.from(JSON.stringify({ ...own, sub: 'operator:owner' })).toString('base64url');
    const nowSec = Math.floor(Date.now() / 1000);
    const access = await currentKey();
    expect(own).toMatchObject({ aud: accessAudience, iss: publicUrl });
    const forged = [
      new UnsecuredJWT({ ...own, sub: 'operator:owner' }).encode(),
      `${header}.${operator}.${signature}`,
      `${header}.${payload}.`,
      await sign(own, Buffer.alloc(32, 7)),
      await sign(own, access, 'HS512'),
      await sign({ ...own, aud: 'another' }, access),
      await sign({ ...own, iss: 'https://evil.example' }, access),
      await sign({ ...own, exp: nowSec - 1, iat: nowSec - 601 }, access),
      await sign({ ...own, exp: nowSec + 1_000_000, iat: nowSec - 601 }, access),
      await sign(Object.fromEntries(Object.entries(own).filter(([name]) => name !== 'exp')), access),
      await sign({ ...own, sid: 'sgn_00000000000000000000000000' }, access),
      'x',
      '',
    ];
    for (const token of forged) expect(await tryWith(token), token).toBe(401);
    // Its counterpart: the same claims with the right key.
    expect(await tryWith(await sign(own, access))).toBe(200);
    expect(await tryWith(`${header}.${payload}.${signature}`)).toBe(200);
  });

  it('is refused as a bearer token, and beside a second cookie of the same name', async () => {
    const browser = await signedIn();
    const token = browser.jar.get('__Host-bailiwick') ?? '';
    expect((await world.doors.public({ path: '/v1/me', session: token })).status).toBe(401);
    const tossed = `__Host-bailiwick=planted; __Host-bailiwick=${token}`;
    expect(await world.doors.public({ path: '/v1/me', headers: { cookie: tossed } })).toMatchObject({
      status: 401,
      code: 'session.ambiguous',
    });
  });
});

describe('a refresh token', () => {
  it('is valid once; its second use ends the session for every holder', async () => {
    const browser = await signedIn();
    const thief = new Browser();
    for (const [name, value] of browser.jar) thief.jar.set(name, value);
    const first = browser.jar.get('__Host-bailiwick-refresh');
    expect((await browser.refresh()).status).toBe(204);
    expect(browser.jar.get('__Host-bailiwick-refresh')).not.toBe(first);
    expect((await browser.me()).status).toBe(200);
    expect(await thief.refresh()).toMatchObject({ status: 401, code: 'session.required' });
    expect(thief.jar.size).toBe(0);
    expect((await browser.me()).status).toBe(401);
    expect((await browser.refresh()).status).toBe(401);
    expect(await told('session.refresh')).toContainEqual({
      outcome: 'denied',
      id: `discord:${ada.id}`,
      reason: 'session.refresh-reused',
    });
  });

  it('is exchanged for one new token, however many requests race', async () => {
    const browser = await signedIn();
    const cookie = `__Host-bailiwick-refresh=${browser.jar.get('__Host-bailiwick-refresh')}`;
    const ask = () => world.doors.public({ method: 'POST', path: '/v1/auth/refresh', headers: { cookie, ...ours } });
    const statuses = (await Promise.all([ask(), ask(), ask()])).map(({ status }) => status).sort();
    expect(statuses).toEqual([204, 401, 401]);
  });

  it('keeps a returning person signed in, and is not stored in plain text', async () => {
    const browser = await signedIn();
    browser.jar.delete('__Host-bailiwick');
    expect((await browser.me()).status).toBe(401);
    for (let round = 0; round < 3; round += 1) expect((await browser.refresh()).status).toBe(204);
    expect((await browser.me()).status).toBe(200);
    const { rows } = await world.admin.query<{ found: string }>(
      "select encode(token_hash, 'base64') as found from refresh_token",
    );
    const value = Buffer.from(browser.jar.get('__Host-bailiwick-refresh') ?? '', 'base64url').toString('base64');
    expect(rows.map(({ found }) => found)).not.toContain(value);
  });
});

describe('a change authenticated by a cookie', () => {
  const change = (browser: Browser, headers: Record<string, string>) =>
    browser.ask({ method: 'POST', path: '/v1/tenants', headers, body: { name: 'By cookie' } });

  it.each([
    ['a form of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a script of another site', { [csrfHeader]: '1', 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a page of a neighbouring host', { [csrfHeader]: '1', 'sec-fetch-site': 'same-site' }],
    ['an older browser, from another origin', { [csrfHeader]: '1', origin: 'https://evil.example' }],
    ['an older browser without an origin', { [csrfHeader]: '1' }],
    ['our own page without the header', { 'sec-fetch-site': 'same-origin', origin: publicUrl }],
    ['a sandboxed frame', { [csrfHeader]: '1', origin: 'null' }],
  ])('is refused to %s', async (_who, headers) => {
    const browser = await signedIn();
    const before = await world.state();
    expect(await change(browser, headers as Record<string, string>)).toMatchObject({
      status: 403,
      code: 'session.cross-site',
    });
    expect(await world.state()).toBe(before);
  });

  it('is accepted from our own page, even with the headers of an older browser', async () => {
    const browser = await signedIn();
    expect((await change(browser, ours)).status).toBe(201);
    expect((await change(browser, { [csrfHeader]: '1', origin: publicUrl })).status).toBe(201);
  });
});

describe('signing out', () => {
  it('ends this session immediately, even for copied cookies, and no other', async () => {
    const [here, there] = [await signedIn(), await signedIn()];
    const copy = new Browser();
    for (const [name, value] of here.jar) copy.jar.set(name, value);
    expect((await here.ask({ method: 'DELETE', path: '/v1/auth/session', headers: ours })).status).toBe(204);
    expect(here.jar.size).toBe(0);
    expect((await copy.me()).status).toBe(401);
    expect((await copy.refresh()).status).toBe(401);
    expect((await there.me()).status).toBe(200);
  });

  it('everywhere ends every session of this person, and nobody else’s', async () => {
    const [here, there] = [await signedIn(), await signedIn()];
    const other = await world.session('discord:77');
    expect((await here.ask({ method: 'DELETE', path: '/v1/auth/sessions', headers: ours })).status).toBe(204);
    expect((await there.me()).status).toBe(401);
    expect((await there.refresh()).status).toBe(401);
    expect((await world.doors.public({ path: '/v1/me', session: other })).status).toBe(200);
    expect(await told('session.sign-out-everywhere')).toContainEqual({
      outcome: 'succeeded',
      id: `discord:${ada.id}`,
      reason: undefined,
    });
  });
});

describe('an operator', () => {
  it('is refused with a one-time sign-in that was used, and told why', async () => {
    const browser = new Browser();
    const body = { oneTimeToken: world.parts.ownerSignIn };
    expect(await browser.ask({ method: 'POST', path: '/v1/auth/one-time', headers: ours, body })).toMatchObject({
      status: 401,
      code: 'session.sign-in-refused',
    });
    expect(browser.jar.size).toBe(0);
    expect(await told('session.sign-in')).toContainEqual({
      outcome: 'failed',
      id: 'unknown',
      reason: 'session.sign-in-refused',
    });
  });
});
