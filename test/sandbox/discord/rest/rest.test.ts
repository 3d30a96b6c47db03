import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PermissionFlagsBits as Permission } from 'discord-api-types/v10';
import { ManualClock } from '../../clock.ts';
import { startHarness } from '../../testing/harness.ts';
import type { Harness } from '../../testing/harness.ts';
import { writeMessage } from '../../world/acting/person.ts';
import { createChannel } from '../../world/guilds.ts';
import type { Application } from '../../world/types.ts';

let harness: Harness;
let clock: ManualClock;
let application: Application;

beforeEach(async () => {
  clock = new ManualClock();
  harness = await startHarness({ clock, limits: { invalidRequests: 20, commandCreatesPerDay: 6 } });
  application = harness.newApplication();
});
afterEach(() => harness[Symbol.asyncDispose]());

const rest = (on: string, body?: unknown) => harness.rest(application, on, body);
const commands = () => `/applications/${application.id}/commands`;
const play = { name: 'play', description: 'Plays' };

describe('authentication', () => {
  test('accepts only bot tokens', async () => {
    expect((await rest('GET /users/@me')).body).toMatchObject({ id: application.botUserId, bot: true });
    const unknown = await harness.rest({ ...application, token: 'wrong' }, 'GET /users/@me');
    expect(unknown).toMatchObject({ status: 401, body: { message: '401: Unauthorized', code: 0 } });
    expect((await harness.rest(null, 'GET /users/@me')).status).toBe(401);
  });

  test('tells a bot about itself, its owner and its gateway', async () => {
    const own = await rest('GET /applications/@me');
    expect(own.body).toMatchObject({ id: application.id, owner: { id: harness.person('Ada') }, flags: 0 });
    const gateway = await rest('GET /gateway/bot');
    expect(gateway.body).toMatchObject({
      url: harness.sandbox.discord.gatewayUrl,
      session_start_limit: { total: 1_000, remaining: 1_000, max_concurrency: 1 },
    });
  });

  test('answers an unknown route with 404', async () => {
    expect((await rest('GET /nowhere')).body).toEqual({ message: '404: Not Found', code: 0 });
  });

  test('changes only those of its flags that stand for limited intents', async () => {
    const answer = await rest('PATCH /applications/@me', { flags: (1 << 15) | (1 << 12) });
    expect(answer.body).toMatchObject({ flags: 1 << 15 });
  });
});

describe('commands', () => {
  test('keep their id when they are overwritten under the same name', async () => {
    const first = await rest(`POST ${commands()}`, play);
    expect(first.status).toBe(201);
    const again = await rest(`POST ${commands()}`, { ...play, description: 'Plays music' });
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ id: (first.body as { id: string }).id, description: 'Plays music' });
    const all = await rest(`PUT ${commands()}`, [play, { name: 'stop', description: 'Stops' }]);
    expect(all.body).toMatchObject([{ id: (first.body as { id: string }).id }, { name: 'stop' }]);
  });

  test('are listed, changed and deleted, globally and in a guild', async () => {
    const inGuild = `/applications/${application.id}/guilds/${harness.hall.id}/commands`;
    const made = (await rest(`POST ${inGuild}`, play)).body as { id: string };
    expect((await rest(`GET ${inGuild}`)).body).toHaveLength(1);
    expect((await rest(`GET ${commands()}`)).body).toEqual([]);
    const changed = await rest(`PATCH ${inGuild}/${made.id}`, { default_member_permissions: '0' });
    expect(changed.body).toMatchObject({ name: 'play', default_member_permissions: '0', guild_id: harness.hall.id });
    expect((await rest(`DELETE ${inGuild}/${made.id}`)).status).toBe(204);
    expect((await rest(`GET ${inGuild}/${made.id}`)).body).toMatchObject({ code: 10063 });
  });

  test.each([
    {
      name: 'an upper-case name',
      body: { ...play, name: 'Play' },
      at: ['name'],
      code: 'APPLICATION_COMMAND_INVALID_NAME',
    },
    {
      name: 'a name with a space',
      body: { ...play, name: 'a b' },
      at: ['name'],
      code: 'APPLICATION_COMMAND_INVALID_NAME',
    },
    { name: 'no description', body: { name: 'play' }, at: ['description'], code: 'BASE_TYPE_REQUIRED' },
    {
      name: 'a description over 100 characters',
      body: { ...play, description: 'x'.repeat(101) },
      at: ['description'],
      code: 'BASE_TYPE_BAD_LENGTH',
    },
    {
      name: 'a required option after an optional one',
      body: {
        ...play,
        options: [
          { type: 3, name: 'a', description: 'a' },
          { type: 3, name: 'b', description: 'b', required: true },
        ],
      },
      at: ['options', '1'],
      code: 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
    },
    {
      name: '26 choices',
      body: {
        ...play,
        options: [
          {
            type: 3,
            name: 'a',
            description: 'a',
            choices: Array.from({ length: 26 }, (_, n) => ({ name: `c${n}`, value: `${n}` })),
          },
        ],
      },
      at: ['options', '0', 'choices'],
      code: 'BASE_TYPE_MAX_LENGTH',
    },
  ])('are refused with 50035 for $name', async ({ body, at, code }) => {
    const answer = await rest(`POST ${commands()}`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 50035, message: 'Invalid Form Body' } });
    const { errors } = answer.body as { errors: object };
    expect(errors).toHaveProperty([...at, '_errors', '0', 'code'], code);
  });

  test('are refused beyond the daily number of new ones, and accepted the next day', async () => {
    const six = Array.from({ length: 6 }, (_, n) => ({ ...play, name: `play${n}` }));
    expect((await rest(`PUT ${commands()}`, six)).status).toBe(200);
    expect((await rest(`POST ${commands()}`, play)).body).toMatchObject({ code: 30034 });
    clock.advance(86_400_000);
    expect((await rest(`POST ${commands()}`, play)).status).toBe(201);
  });

  test('belong only to their application', async () => {
    const other = harness.newApplication();
    expect((await harness.rest(other, `GET ${commands()}`)).status).toBe(403);
    const elsewhere = harness.world.guildByName('Quiet Corner')?.id;
    const path = `/applications/${application.id}/guilds/${elsewhere}/commands`;
    expect((await rest(`POST ${path}`, play)).body).toMatchObject({ code: 50001 });
  });
});

describe('messages', () => {
  const messages = () => `/channels/${harness.channel('general')}/messages`;

  test('are written, read, changed and deleted', async () => {
    const written = (await rest(`POST ${messages()}`, { content: 'Hello', embeds: [{ title: 'T' }] })).body;
    const { id } = written as { id: string };
    expect((await rest(`PATCH ${messages()}/${id}`, { content: 'Bye' })).body).toMatchObject({
      content: 'Bye',
      embeds: [{ title: 'T' }],
    });
    expect((await rest(`GET ${messages()}?limit=1`)).body).toMatchObject([{ id }]);
    expect((await rest(`DELETE ${messages()}/${id}`)).status).toBe(204);
    expect((await rest(`GET ${messages()}/${id}`)).body).toMatchObject({ code: 10008 });
  });

  test('of others cannot be changed', async () => {
    const { message } = writeMessage(harness.world, harness.channel('general'), harness.person('Max'), 'Mine');
    expect((await rest(`PATCH ${messages()}/${message.id}`, { content: 'x' })).body).toMatchObject({ code: 50005 });
    expect((await rest(`DELETE ${messages()}/${message.id}`)).body).toMatchObject({ code: 50013 });
  });

  test.each([
    {
      name: 'over 2,000 characters',
      body: { content: 'x'.repeat(2_001) },
      at: ['content'],
      code: 'BASE_TYPE_MAX_LENGTH',
    },
    {
      name: 'with a title over 256 characters',
      body: { embeds: [{ title: 'x'.repeat(257) }] },
      at: ['embeds', '0', 'title'],
      code: 'BASE_TYPE_MAX_LENGTH',
    },
    {
      name: 'with embeds of over 6,000 characters in total',
      body: { embeds: [{ description: 'x'.repeat(4_000) }, { description: 'x'.repeat(2_001) }] },
      at: ['embeds'],
      code: 'MAX_EMBED_SIZE_EXCEEDED',
    },
    {
      name: 'with six buttons in a row',
      body: {
        components: [
          {
            type: 1,
            components: Array.from({ length: 6 }, (_, n) => ({ type: 2, style: 1, label: 'x', custom_id: `${n}` })),
          },
        ],
      },
      at: ['components', '0', 'components'],
      code: 'BASE_TYPE_MAX_LENGTH',
    },
    {
      name: 'with two components with the same custom id',
      body: {
        components: [
          { type: 1, components: ['a', 'a'].map((custom_id) => ({ type: 2, style: 1, label: 'x', custom_id })) },
        ],
      },
      at: ['components'],
      code: 'COMPONENT_CUSTOM_ID_DUPLICATED',
    },
    {
      name: 'with 41 V2 components',
      body: { flags: 1 << 15, components: Array.from({ length: 41 }, () => ({ type: 10, content: 'x' })) },
      at: ['components'],
      code: 'COMPONENT_MAX_COUNT_EXCEEDED',
    },
    {
      name: 'with V2 components and content',
      body: { flags: 1 << 15, content: 'x', components: [{ type: 10, content: 'x' }] },
      at: ['content'],
      code: 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
    },
  ])('are refused $name', async ({ body, at, code }) => {
    const answer = await rest(`POST ${messages()}`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 50035 } });
    expect(answer.body).toHaveProperty(['errors', ...at, '_errors', '0', 'code'], code);
  });

  test('are refused if they are empty or not JSON', async () => {
    expect((await rest(`POST ${messages()}`, {})).body).toMatchObject({ code: 50006 });
    const broken = await fetch(`${harness.sandbox.discord.apiUrl}/v10${messages()}`, {
      method: 'POST',
      headers: { authorization: `Bot ${application.token}`, 'content-type': 'application/json' },
      body: '{',
    });
    expect(await broken.json()).toMatchObject({ code: 50109 });
  });

  test('notify only users whom they mention, may mention and want to', async () => {
    const dana = harness.person('Dana');
    const dj = harness.hall.roles.find((role) => role.name === 'DJ')?.id;
    const content = `@everyone <@${dana}> <@&${dj}>`;
    const free = await rest(`POST ${messages()}`, { content });
    expect(free.body).toMatchObject({ mentions: [{ id: dana }], mention_roles: [dj], mention_everyone: false });
    const quiet = await rest(`POST ${messages()}`, { content, allowed_mentions: { parse: [] } });
    expect(quiet.body).toMatchObject({ mentions: [], mention_roles: [], mention_everyone: false });
    application = harness.newApplication('Loud', Permission.MentionEveryone);
    const loud = await rest(`POST ${messages()}`, { content, allowed_mentions: { parse: ['everyone'] } });
    expect(loud.body).toMatchObject({ mentions: [], mention_roles: [], mention_everyone: true });
  });

  test('require the permissions to see, to write and to embed', async () => {
    const deny = (permission: bigint) =>
      createChannel(harness.world, harness.hall.id, {
        name: 'closed',
        type: 'text',
        overwrites: [{ id: application.botUserId, type: 1, allow: '0', deny: permission.toString() }],
      }).id;
    const post = (channelId: string, body: object) => rest(`POST /channels/${channelId}/messages`, body);
    expect((await post(deny(Permission.ViewChannel), { content: 'x' })).body).toMatchObject({ code: 50001 });
    expect((await post(deny(Permission.SendMessages), { content: 'x' })).body).toMatchObject({ code: 50013 });
    const withoutEmbeds = deny(Permission.EmbedLinks);
    expect((await post(withoutEmbeds, { embeds: [{ title: 'x' }] })).body).toMatchObject({ code: 50013 });
    expect((await post(withoutEmbeds, { content: 'x' })).status).toBe(200);
  });
});

describe('any request', () => {
  test('is answered, but never with an internal server error', async () => {
    const bodies = fc.oneof(
      fc.jsonValue(),
      fc.record({ content: fc.jsonValue(), embeds: fc.jsonValue(), components: fc.jsonValue(), flags: fc.jsonValue() }),
      fc.record({ name: fc.jsonValue(), type: fc.jsonValue(), description: fc.jsonValue(), options: fc.jsonValue() }),
      fc.record({
        components: fc.array(fc.record({ type: fc.integer({ min: 1, max: 18 }), components: fc.jsonValue() })),
      }),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        clock.advance(60_000);
        for (const on of [`POST /channels/${harness.channel('general')}/messages`, `POST ${commands()}`]) {
          expect((await rest(on, body)).status).toBeLessThan(500);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('has its query checked as well', async () => {
    const path = `GET /channels/${harness.channel('general')}/messages`;
    for (const query of ['limit=0', 'limit=x', 'before=x', 'after=-1']) {
      expect((await rest(`${path}?${query}`)).body).toMatchObject({ code: 50035 });
    }
  });
});

describe('guilds', () => {
  test('are shown to bots in them, with channels, roles and members', async () => {
    const guild = `/guilds/${harness.hall.id}`;
    expect((await rest(`GET ${guild}?with_counts=true`)).body).toMatchObject({ name: 'Harmony Hall' });
    expect((await rest(`GET ${guild}/channels`)).body).toHaveLength(harness.hall.channels.length);
    expect((await rest(`GET ${guild}/roles`)).body).toHaveLength(harness.hall.roles.length);
    expect((await rest(`GET ${guild}/members/${harness.person('Max')}`)).body).toMatchObject({
      user: { username: 'max' },
    });
    expect((await rest(`GET ${guild}/members?limit=10`)).status).toBe(403);
    // Searching needs no privileged intent; it matches prefixes and returns one member unless more are requested.
    expect((await rest(`GET ${guild}/members/search?query=MA&limit=10`)).body).toMatchObject([
      { user: { username: 'max' } },
    ]);
    expect((await rest(`GET ${guild}/members/search?query=ax&limit=10`)).body).toEqual([]);
    expect((await rest(`GET ${guild}/members/search?limit=10`)).body).toMatchObject({ code: 50035 });
    expect((await rest('GET /users/@me/guilds')).body).toMatchObject([{ id: harness.hall.id }]);
    expect((await rest('GET /voice/regions')).status).toBe(200);
    expect((await rest(`GET /channels/${harness.channel('Tiny')}`)).body).toMatchObject({ user_limit: 1 });
  });

  test('are hidden from bots outside', async () => {
    const corner = harness.world.guildByName('Quiet Corner')?.id;
    expect((await rest(`GET /guilds/${corner}`)).body).toMatchObject({ code: 50001 });
    expect((await rest('GET /guilds/1')).body).toMatchObject({ code: 10004 });
  });
});

describe('a bot’s own name', () => {
  test('is changed everywhere, and its nickname in one guild', async () => {
    expect((await rest('PATCH /users/@me', { username: 'Renamed' })).body).toMatchObject({ username: 'Renamed' });
    const own = `/guilds/${harness.hall.id}/members`;
    expect((await rest(`PATCH ${own}/@me`, { nick: 'Nick' })).body).toMatchObject({ nick: 'Nick' });
    expect((await rest(`GET ${own}/${application.botUserId}`)).body).toMatchObject({
      nick: 'Nick',
      user: { username: 'Renamed' },
    });
    expect((await rest('PATCH /users/@me', { username: 'x' })).body).toMatchObject({ code: 50035 });
    expect((await rest(`GET /applications/${application.id}/emojis`)).body).toEqual({ items: [] });
  });
});

describe('rate limits', () => {
  test('count down per route in headers, refuse with 429, and reset', async () => {
    const typing = `POST /channels/${harness.channel('general')}/messages`;
    for (let left = 4; left >= 0; left -= 1) {
      const { headers } = await rest(typing, { content: 'x' });
      expect(headers.get('x-ratelimit-remaining')).toBe(String(left));
      expect(headers.get('x-ratelimit-limit')).toBe('5');
    }
    const refused = await rest(typing, { content: 'x' });
    expect(refused).toMatchObject({ status: 429, body: { retry_after: 5, global: false } });
    expect(refused.headers.get('x-ratelimit-scope')).toBe('user');
    const elsewhere = await rest(`POST /channels/${harness.channel('music')}/messages`, { content: 'x' });
    expect(elsewhere.status).toBe(200);
    expect((await harness.rest(harness.newApplication(), typing, { content: 'x' })).status).toBe(200);
    clock.advance(5_000);
    expect((await rest(typing, { content: 'x' })).status).toBe(200);
  });

  test('allow a bot 50 requests a second in total', async () => {
    const paths = ['/users/@me', '/users/@me/guilds', '/voice/regions', '/applications/@me'];
    for (let n = 0; n < 50; n += 1) expect((await rest(`GET ${paths[n % 4]}`)).status).toBe(200);
    const refused = await rest('GET /users/@me');
    expect(refused).toMatchObject({ status: 429, body: { global: true } });
    expect(refused.headers.get('x-ratelimit-global')).toBe('true');
    clock.advance(1_000);
    expect((await rest('GET /users/@me')).status).toBe(200);
  });

  test('block an address after too many refused requests, with every bot behind it', async () => {
    for (let n = 0; n < 20; n += 1) await harness.rest({ ...application, token: 'wrong' }, 'GET /users/@me');
    const refused = await rest('GET /users/@me');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('x-ratelimit-scope')).toBeNull();
    clock.advance(600_000);
    expect((await rest('GET /users/@me')).status).toBe(200);
  });

  test('do not count refusals of the shared scope against an address', async () => {
    harness.sandbox.faults.inject({ rest429: { route: '*', times: 25, scope: 'shared' } });
    for (let n = 0; n < 25; n += 1) expect((await rest('GET /users/@me')).status).toBe(429);
    expect((await rest('GET /users/@me')).status).toBe(200);
  });
});

describe('faults on request', () => {
  test('delay every response by the given time', async () => {
    harness.sandbox.faults.inject({ restDelayMs: 2_000 });
    let answered = false;
    const asked = rest('GET /users/@me').then((answer) => {
      answered = true;
      return answer.status;
    });
    await expect.poll(() => clock.pending).toBeGreaterThan(0);
    clock.advance(1_999);
    expect(answered).toBe(false);
    clock.advance(1);
    expect(await asked).toBe(200);
  });

  test('apply as often as requested, to the given route', async () => {
    harness.sandbox.faults.inject({
      rest429: { route: 'GET /users/@me', times: 1, retryAfterSec: 2 },
      rest5xx: { route: 'GET /voice', times: 1 },
    });
    expect((await rest('GET /applications/@me')).status).toBe(200);
    expect((await rest('GET /users/@me')).body).toMatchObject({ retry_after: 2, global: false });
    expect((await rest('GET /users/@me')).status).toBe(200);
    expect((await rest('GET /voice/regions')).status).toBe(503);
    expect((await rest('GET /voice/regions')).status).toBe(200);
  });
});
