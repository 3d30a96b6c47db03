import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '#test/sandbox/sandbox.ts';
import { createApplication, updateApplication } from '#test/sandbox/world/applications.ts';
import type { Application } from '#test/sandbox/world/types.ts';
import { checkApplication } from './check-application.ts';

let sandbox: Sandbox;
let melody: Application;

beforeAll(async () => {
  sandbox = await startSandbox();
  const found = sandbox.world.applicationByName('Melody');
  if (!found) throw new Error('the sandbox has no Melody');
  melody = found;
});
afterAll(() => sandbox[Symbol.asyncDispose]());

const check = (token: string, applicationId?: string) =>
  checkApplication({ token, applicationId, discordApiUrl: sandbox.discord.apiUrl });

describe('checkApplication', () => {
  it('tells who the bot is and how to invite it with the least permissions', async () => {
    const checked = await check(melody.token, melody.id);
    expect(checked).toMatchObject({ applicationId: melody.id, botUserId: melody.botUserId, botUsername: 'Melody' });
    const invite = new URL(checked.inviteUrl);
    expect(invite.pathname).toBe('/oauth2/authorize');
    expect(Object.fromEntries(invite.searchParams)).toEqual({
      client_id: melody.id,
      scope: 'bot applications.commands',
      // Only VIEW_CHANNEL, SEND_MESSAGES, EMBED_LINKS, CONNECT and SPEAK.
      permissions: String(((1 << 10) | (1 << 11) | (1 << 14) | (1 << 20) | (1 << 21)) + 2 ** 32 + 2 ** 48),
    });
  });

  it('asks Discord nothing about what cannot be a bot token', async () => {
    const before = sandbox.requestLog.since().length;
    for (const token of ['', 'hello', melody.clientSecret, `${melody.token}x y`, melody.token.replaceAll('.', '')]) {
      await expect(check(token)).rejects.toMatchObject({ code: 'credential.malformed' });
    }
    expect(sandbox.requestLog.since()).toHaveLength(before);
  });

  it('refuses a token that Discord does not accept, and names a remedy', async () => {
    const reset = melody.token.replace(/.{6}$/, 'AAAAAA');
    await expect(check(reset)).rejects.toMatchObject({
      code: 'credential.rejected',
      message: expect.stringContaining('Reset Token') as string,
    });
  });

  it('refuses the token of another application than the one that was named', async () => {
    const other = createApplication(sandbox.world, 'Other', melody.ownerId);
    await expect(check(other.token, melody.id)).rejects.toMatchObject({
      code: 'credential.wrong-application',
      message: expect.stringContaining(other.id) as string,
    });
    await expect(check(other.token, other.id)).resolves.toMatchObject({ applicationId: other.id });
  });

  it('refuses an application whose interactions go elsewhere, until that is cleared', async () => {
    const astray = createApplication(sandbox.world, 'Astray', melody.ownerId);
    updateApplication(sandbox.world, astray.id, { interactionsEndpointUrl: 'https://example.com/interactions' });
    await expect(check(astray.token)).rejects.toMatchObject({ code: 'credential.interactions-endpoint-set' });
    updateApplication(sandbox.world, astray.id, { interactionsEndpointUrl: null });
    await expect(check(astray.token)).resolves.toMatchObject({ applicationId: astray.id });
  });

  it("refuses a person's account", async () => {
    const answer = (body: object) => ({ status: 200, json: () => Promise.resolve(body) });
    const get = () => Promise.resolve(answer({ id: melody.botUserId, username: 'ada' }));
    await expect(checkApplication({ token: melody.token, discordApiUrl: 'http://x/api', get })).rejects.toMatchObject({
      code: 'credential.not-a-bot',
    });
  });

  it('says that nothing was decided when Discord cannot be reached or is broken', async () => {
    sandbox.faults.inject({ rest5xx: { route: 'GET /users/@me', times: 1 } });
    await expect(check(melody.token)).rejects.toMatchObject({ code: 'credential.discord-unreachable', status: 503 });
    await expect(
      checkApplication({ token: melody.token, discordApiUrl: 'http://127.0.0.1:9/api', timeoutMs: 2_000 }),
    ).rejects.toMatchObject({ code: 'credential.discord-unreachable' });
    await expect(check(melody.token)).resolves.toMatchObject({ applicationId: melody.id });
  });

  it('puts the token into no error', async () => {
    const bad = melody.token.replace(/.{6}$/, 'AAAAAA');
    const error: unknown = await check(bad).catch((caught: unknown) => caught);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(bad);
  });
});
