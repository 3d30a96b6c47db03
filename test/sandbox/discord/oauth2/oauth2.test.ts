import { createHash, randomBytes } from 'node:crypto';
import { PermissionFlagsBits as Permission } from 'discord-api-types/v10';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../clock.ts';
import { startHarness } from '../../testing/harness.ts';
import type { Harness } from '../../testing/harness.ts';
import { createApplication, updateApplication } from '../../world/applications.ts';
import type { Application } from '../../world/types.ts';

const redirectUri = 'https://portal.example/callback';
const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');

let harness: Harness;
let clock: ManualClock;
let application: Application;

beforeEach(async () => {
  clock = new ManualClock();
  harness = await startHarness({ clock });
  application = createApplication(harness.world, 'Portal', harness.person('Ada'));
  updateApplication(harness.world, application.id, { redirectUris: [redirectUri] });
});
afterEach(() => harness[Symbol.asyncDispose]());

function authorizeUrl(more: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: application.id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'identify guilds',
    state: 'xyz',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  });
  return `${harness.sandbox.discord.chatUrl}oauth2/authorize?${query}`;
}

async function decide(url: string, form: Record<string, string>) {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
  return { status: response.status, target: new URL(response.headers.get('location') ?? 'about:blank') };
}

async function token(form: Record<string, string>) {
  const response = await fetch(`${harness.sandbox.discord.apiUrl}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: application.id, client_secret: application.clientSecret, ...form }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

async function consent(): Promise<string> {
  const { target } = await decide(authorizeUrl(), { user: harness.person('Dana'), decision: 'allow' });
  return target.searchParams.get('code') ?? '';
}

const exchange = (code: string, more: Record<string, string> = {}) =>
  token({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier, ...more });

async function asBearer(accessToken: string | undefined, path: string) {
  const headers = { authorization: `Bearer ${accessToken}` };
  const response = await fetch(`${harness.sandbox.discord.apiUrl}${path}`, { headers });
  return { status: response.status, body: await response.json() };
}

describe('consent', () => {
  test('asks a person, and returns a code and the state', async () => {
    const page = await fetch(authorizeUrl());
    expect(page.status).toBe(200);
    const text = await page.text();
    expect(text).toContain('Portal wants access');
    // So that nobody takes it for Discord's.
    expect(text).toContain('Sandbox, not Discord</title>');
    expect(text).toContain('nothing here reaches discord.com');
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    const { status, target } = await decide(authorizeUrl(), { user: harness.person('Dana'), decision: 'allow' });
    expect(status).toBe(302);
    expect(`${target.origin}${target.pathname}`).toBe(redirectUri);
    expect(target.searchParams.get('state')).toBe('xyz');
    const granted = await exchange(target.searchParams.get('code') ?? '');
    expect(granted.body).toMatchObject({ token_type: 'Bearer', expires_in: 604_800, scope: 'identify guilds' });
    const me = await asBearer(granted.body['access_token'], '/users/@me');
    expect(me.body).toMatchObject({ id: harness.person('Dana'), global_name: 'Dana' });
    expect(me.body).not.toHaveProperty('email');
    const guilds = await asBearer(granted.body['access_token'], '/users/@me/guilds');
    expect(guilds.body).toMatchObject([{ name: 'Harmony Hall', owner: false }]);
    expect((await asBearer(granted.body['access_token'], '/oauth2/@me')).body).toMatchObject({
      scopes: ['identify', 'guilds'],
    });
  });

  test('that is denied returns an error and no code', async () => {
    const { target } = await decide(authorizeUrl(), { user: harness.person('Dana'), decision: 'deny' });
    expect(target.searchParams.get('error')).toBe('access_denied');
    expect(target.searchParams.has('code')).toBe(false);
  });

  test.each([
    { name: 'an address that is not registered', more: { redirect_uri: 'https://evil.example/' } },
    { name: 'an unknown scope', more: { scope: 'identify everything' } },
    { name: 'a challenge that is not hashed', more: { code_challenge_method: 'plain' } },
    { name: 'a token instead of a code', more: { response_type: 'token' } },
    { name: 'an unknown client', more: { client_id: '1' } },
  ] as { name: string; more: Record<string, string> }[])('is not even asked for with $name', async ({ more }) => {
    const answer = await decide(authorizeUrl(more), { user: harness.person('Dana'), decision: 'allow' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.target.href).toBe('about:blank');
  });

  test('adds a bot with the requested permissions, if the person may manage the server', async () => {
    const url = authorizeUrl({ scope: 'bot applications.commands', permissions: String(Permission.Connect) });
    const refused = await decide(url, { user: harness.person('Max'), guild: harness.hall.id, decision: 'allow' });
    expect(refused.status).toBe(403);
    expect(harness.hall.applications).not.toContain(application.id);
    const { target } = await decide(url, { user: harness.person('Ada'), guild: harness.hall.id, decision: 'allow' });
    expect(target.searchParams.get('guild_id')).toBe(harness.hall.id);
    expect(harness.hall.applications).toContain(application.id);
    const role = harness.hall.roles.find((candidate) => candidate.botUserId === application.botUserId);
    expect(role?.permissions).toBe(String(Permission.Connect));
    const granted = await exchange(target.searchParams.get('code') ?? '');
    expect(granted.body).toMatchObject({ guild: { id: harness.hall.id } });
  });
});

describe('a code', () => {
  test.each([
    { name: 'another verifier', more: { code_verifier: 'a'.repeat(43) }, error: 'invalid_grant' },
    { name: 'another redirect', more: { redirect_uri: 'https://evil.example/' }, error: 'invalid_grant' },
    { name: 'a wrong secret', more: { client_secret: 'wrong' }, error: 'invalid_client' },
  ] as { name: string; more: Record<string, string>; error: string }[])('is worthless with $name', async (given) => {
    const answer = await exchange(await consent(), given.more);
    expect(answer.body).toMatchObject({ error: given.error });
  });

  test('yields one token, within ten minutes', async () => {
    const code = await consent();
    expect((await exchange(code)).status).toBe(200);
    expect((await exchange(code)).body).toMatchObject({ error: 'invalid_grant' });
    const late = await consent();
    clock.advance(10 * 60_000);
    expect((await exchange(late)).body).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('an access token', () => {
  test('is replaced by refreshing, once', async () => {
    const first = await exchange(await consent());
    const refresh = () => token({ grant_type: 'refresh_token', refresh_token: first.body['refresh_token'] ?? '' });
    const second = await refresh();
    expect((await asBearer(first.body['access_token'], '/users/@me')).status).toBe(401);
    expect((await asBearer(second.body['access_token'], '/users/@me')).status).toBe(200);
    expect((await refresh()).body).toMatchObject({ error: 'invalid_grant' });
  });

  test('expires after a week, and when it is revoked', async () => {
    const old = await exchange(await consent());
    clock.advance(604_800_000);
    expect((await asBearer(old.body['access_token'], '/users/@me')).status).toBe(401);
    const { body } = await exchange(await consent());
    await fetch(`${harness.sandbox.discord.apiUrl}/oauth2/token/revoke`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${application.id}:${application.clientSecret}`)}` },
      body: new URLSearchParams({ token: body['access_token'] ?? '' }),
    });
    expect((await asBearer(body['access_token'], '/users/@me')).status).toBe(401);
  });

  test('gives no access to endpoints for bots', async () => {
    const { body } = await exchange(await consent());
    expect((await asBearer(body['access_token'], '/applications/@me')).status).toBe(401);
    expect((await asBearer(body['access_token'], `/guilds/${harness.hall.id}`)).status).toBe(401);
  });
});
