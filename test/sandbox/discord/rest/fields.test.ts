import { PermissionFlagsBits as Permission } from 'discord-api-types/v10';
import type { APIMessage } from 'discord-api-types/v10';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../clock.ts';
import { startHarness } from '../../testing/harness.ts';
import type { Harness } from '../../testing/harness.ts';
import { useCommand } from '../../world/acting/person.ts';
import { putCommand } from '../../world/commands.ts';
import type { Application } from '../../world/types.ts';

let harness: Harness;
let application: Application;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  harness = await startHarness({ clock });
  application = harness.newApplication('Fields', Permission.ViewChannel | Permission.MentionEveryone);
  putCommand(harness.world, application.id, null, { name: 'play', type: 1, description: 'Plays' });
});
afterEach(() => harness[Symbol.asyncDispose]());

const messages = () => `/channels/${harness.channel('general')}/messages`;
const write = async (body: object) => {
  clock.advance(5_000);
  const { status, body: answer } = await harness.rest(application, `POST ${messages()}`, body);
  return { status, message: answer as APIMessage, faults: JSON.stringify(answer) };
};
const use = () => {
  const typed = { command: 'play', applicationId: application.id };
  return useCommand(harness.world, harness.seat('Max', 'music'), typed);
};
const callback = (query: string, body: object) => {
  const record = use();
  return harness.rest(null, `POST /interactions/${record.id}/${record.token}/callback${query}`, body);
};
const emoji = '🎵';

describe('a nonce that is enforced', () => {
  test('brings back the message that was sent with it, for five minutes', async () => {
    const [first, again, other] = [
      await write({ content: 'One', nonce: 'a', enforce_nonce: true }),
      await write({ content: 'Two', nonce: 'a', enforce_nonce: true }),
      await write({ content: 'Three', nonce: 'a' }),
    ];
    expect(again.message).toMatchObject({ id: first.message.id, content: 'One' });
    expect(other.message.content).toBe('Three');
    clock.advance(5 * 60_000);
    expect((await write({ content: 'Four', nonce: 'a', enforce_nonce: true })).message.content).toBe('Four');
  });
});

describe('a boolean in a query', () => {
  test.each(['true', 'True', '1'])('is true as %s', async (value) => {
    const answer = await callback(`?with_response=${value}`, { type: 4, data: { content: 'Done' } });
    expect(answer).toMatchObject({ status: 200, body: { resource: { type: 4, message: { content: 'Done' } } } });
    const guild = await harness.rest(application, `GET /guilds/${harness.hall.id}?with_counts=${value}`);
    expect(guild.body).toHaveProperty('approximate_member_count');
  });

  test.each(['?with_response=false', '?with_response=False', '?with_response=0', ''])(
    'is false as “%s”',
    async (query) => {
      expect(await callback(query, { type: 5 })).toMatchObject({ status: 204, body: '' });
    },
  );

  test('is refused otherwise, without any effect', async () => {
    const record = use();
    const path = `POST /interactions/${record.id}/${record.token}/callback`;
    const refused = await harness.rest(null, `${path}?with_response=yes`, { type: 5 });
    expect(refused).toMatchObject({ status: 400, body: { code: 50035 } });
    expect(JSON.stringify(refused.body)).toContain('BOOLEAN_TYPE_CONVERT');
    expect((await harness.rest(null, path, { type: 5 })).status).toBe(204);
  });
});

describe('an id in a body', () => {
  test('may be a number, and keeps every digit', async () => {
    const { message } = await write({ content: 'First' });
    // A double would round it: adjacent ids are other messages.
    expect(Number.isSafeInteger(Number(message.id))).toBe(false);
    const reply = await write({ content: 'Second', message_reference: { message_id: BigInt(message.id) } });
    expect(reply.message.message_reference?.message_id).toBe(message.id);
    const max = harness.person('Max');
    const robin = harness.person('Robin');
    const named = await write({
      content: `<@${max}> <@${robin}>`,
      allowed_mentions: { parse: [], users: [BigInt(max)] },
      nonce: 9007199254740993n,
    });
    expect(named.message.mentions.map(({ id }) => id)).toEqual([max]);
    expect(named.message.nonce).toBe('9007199254740993');
  });

  test.each([-1, 1.5, '18446744073709551616', 'abc', ''])('is refused as %s', async (id) => {
    const { status, faults } = await write({ content: 'Reply', message_reference: { message_id: id } });
    expect(status).toBe(400);
    expect(faults).toContain('NUMBER_TYPE_COERCE');
  });

  test('beyond 2^53 in place of a small number is refused with an error', async () => {
    const asText = await write({ content: 9007199254740993n });
    expect(asText.status).toBe(400);
    expect(asText.faults).toContain('Could not interpret 9007199254740993 as string.');
    const asFlags = await write({ flags: 9007199254740993n });
    expect(asFlags.status).toBe(400);
    expect(asFlags.faults).toContain('Value 9007199254740993 is not int.');
  });
});

describe('a length', () => {
  test.each([
    { what: 'the content of a message', most: 2_000, body: (text: string) => ({ content: text }) },
    { what: 'a title', most: 256, body: (text: string) => ({ embeds: [{ title: text }] }) },
    { what: 'a description', most: 4_096, body: (text: string) => ({ embeds: [{ description: text }] }) },
    {
      what: 'all embeds of a message',
      most: 6_000,
      body: (text: string) => ({
        embeds: [
          { description: text.slice(0, 4_000 * emoji.length), author: { name: emoji } },
          { description: text.slice(4_002 * emoji.length), footer: { text: emoji } },
        ],
      }),
    },
  ])('of $what is counted in code points: $most', async ({ most, body }) => {
    expect((await write(body(emoji.repeat(most)))).status).toBe(200);
    const refused = await write(body(emoji.repeat(most + 1)));
    expect(refused.status).toBe(400);
    expect(refused.faults).toMatch(/BASE_TYPE_MAX_LENGTH|MAX_EMBED_SIZE_EXCEEDED/);
  });

  test('of the whole text of a components message is counted in the same way', async () => {
    const body = (length: number) => ({
      flags: 1 << 15,
      components: [
        { type: 10, content: emoji },
        { type: 10, content: emoji.repeat(length - 1) },
      ],
    });
    expect((await write(body(4_000))).status).toBe(200);
    expect((await write(body(4_001))).status).toBe(400);
  });

  test('of the texts of an embed excludes surrounding whitespace', async () => {
    const { status, message } = await write({ embeds: [{ title: `  ${'a'.repeat(256)}\n`, description: ' b ' }] });
    expect(status).toBe(200);
    expect(message.embeds).toMatchObject([{ title: 'a'.repeat(256), description: 'b' }]);
    expect((await write({ embeds: [{ title: ' \n ' }] })).status).toBe(400);
  });
});

describe('allowed mentions', () => {
  test.each([
    [{ parse: ['users'], users: ['123'] }, 'parse:[\\"users\\"] and users: [ids...] are mutually exclusive.'],
    [{ parse: ['everyone', 'roles'], roles: ['124'] }, 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE'],
    [{ parse: ['all'] }, 'BASE_TYPE_CHOICES'],
    [{ users: Array.from({ length: 101 }, (_, id) => String(id)) }, 'BASE_TYPE_MAX_LENGTH'],
    [{ roles: Array.from({ length: 101 }, (_, id) => String(id)) }, 'BASE_TYPE_MAX_LENGTH'],
  ])('are refused where they are ambiguous, unknown or too many: %j', async (allowed, fault) => {
    const { status, faults } = await write({ content: 'Hello', allowed_mentions: allowed });
    expect(status).toBe(400);
    expect(faults).toContain(fault);
  });

  test.each([
    { parse: ['users', 'roles'], users: [], roles: null },
    { parse: ['everyone'], users: ['123'], roles: ['124'] },
    { users: Array.from({ length: 100 }, (_, id) => String(id)) },
  ])('are taken where they are not: %j', async (allowed) => {
    expect((await write({ content: 'Hello', allowed_mentions: allowed })).status).toBe(200);
  });

  test('default to everybody in a message, and to users only in the answer to an interaction', async () => {
    const role = harness.hall.roles.find(({ name }) => name === 'DJ')?.id ?? '';
    const max = harness.person('Max');
    const content = `@everyone <@&${role}> <@${max}>`;
    const { message } = await write({ content });
    expect(message).toMatchObject({ mention_everyone: true, mention_roles: [role], mentions: [{ id: max }] });
    const record = use();
    const path = `/interactions/${record.id}/${record.token}/callback?with_response=1`;
    const { body } = await harness.rest(null, `POST ${path}`, { type: 4, data: { content } });
    const onlyUsers = { mention_everyone: false, mention_roles: [], mentions: [{ id: max }] };
    expect((body as { resource: { message: APIMessage } }).resource.message).toMatchObject(onlyUsers);
    const edited = await harness.rest(null, `PATCH /webhooks/${application.id}/${record.token}/messages/@original`, {
      content: `${content}!`,
    });
    expect(edited.body).toMatchObject(onlyUsers);
  });
});

describe('a URL', () => {
  const button = (url: string) => ({ type: 1, components: [{ type: 2, style: 5, label: 'Open', url }] });

  test.each(['https://example.com/', 'http://example.com/', 'HTTPS://example.com/', 'discord://-/settings'])(
    'of a link button may be %s',
    async (url) => {
      expect((await write({ content: 'Link', components: [button(url)] })).status).toBe(200);
    },
  );

  test.each([
    ['javascript:alert(1)', 'URL_TYPE_INVALID_SCHEME'],
    [' javascript:alert(1)', 'URL_TYPE_INVALID_SCHEME'],
    ['data:text/html,x', 'URL_TYPE_INVALID_SCHEME'],
    ['attachment://song.png', 'URL_TYPE_INVALID_SCHEME'],
    ['example.com', 'URL_TYPE_INVALID_URL'],
    [`https://example.com/${'a'.repeat(512)}`, 'BASE_TYPE_MAX_LENGTH'],
  ])('of a link button may not be %s', async (url, fault) => {
    const classic = await write({ content: 'Link', components: [button(url)] });
    expect(classic).toMatchObject({ status: 400, faults: expect.stringContaining(fault) as string });
    const layout = await write({ flags: 1 << 15, components: [{ type: 17, components: [button(url)] }] });
    expect(layout).toMatchObject({ status: 400, faults: expect.stringContaining(fault) as string });
  });

  test('of an embed must lead to a page, and only its pictures may be files of the message', async () => {
    const embeds = (embed: object) => write({ embeds: [{ title: 'Song', ...embed }] });
    expect((await embeds({ image: { url: 'attachment://cover.png' } })).status).toBe(200);
    for (const embed of [
      { url: 'attachment://cover.png' },
      { author: { name: 'Somebody', url: 'attachment://cover.png' } },
      { thumbnail: { url: 'javascript:alert(1)' } },
    ]) {
      expect(await embeds(embed)).toMatchObject({
        status: 400,
        faults: expect.stringContaining('URL_TYPE_INVALID_SCHEME') as string,
      });
    }
  });
});
