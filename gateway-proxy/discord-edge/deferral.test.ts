import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pressButton, submitModal, useCommand } from '#test/sandbox/world/acting/person.ts';
import type { InteractionRecord } from '#test/sandbox/world/interactions.ts';
import { TestEdge, type Answer, type TestTenant } from './test-edge.ts';
import { eventually, type StreamClient } from './test-stream.ts';

let edge: TestEdge;
let tenant: TestTenant;
let bot: StreamClient;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start({ deferAfterMs: 60 });
  tenant = await edge.connected('Slow bot');
  bot = await edge.attach(tenant);
  await edge.rest(tenant, 'PUT', `/applications/${tenant.application.id}/commands`, [
    {
      name: 'play',
      description: 'Play',
      options: [{ type: 3, name: 'query', description: 'What', required: true, autocomplete: true }],
    },
    { name: 'queue', description: 'Queue' },
  ]);
});
afterAll(() => edge[Symbol.asyncDispose]());

const seat = () => ({ guildId: tenant.guild.id, channelId: tenant.text, userId: tenant.member });
const message = (id: string | null | undefined) => edge.sandbox.world.messages.get(id ?? '');
const text = (id: string | null | undefined) => message(id)?.message.content;

/** A command that the bot has not answered when the edge steps in. */
const deferredCommand = async (): Promise<InteractionRecord> => {
  const record = useCommand(edge.sandbox.world, seat(), { command: 'queue' });
  await eventually(() => record.callbackAt !== null);
  expect(record).toMatchObject({ callbackType: 5, ephemeral: false });
  return record;
};

const postedButton = async (): Promise<string> => {
  const posted = await edge.rest(tenant, 'POST', `/channels/${tenant.text}/messages`, {
    content: 'now playing',
    components: [{ type: 1, components: [{ type: 2, style: 1, label: 'Skip', custom_id: 'bw:skip' }] }],
  });
  expect(posted.status).toBe(200);
  return (posted.body as { id: string }).id;
};

const deferredButton = async (): Promise<InteractionRecord> => {
  const messageId = await postedButton();
  const record = pressButton(edge.sandbox.world, seat(), { messageId, customId: 'bw:skip' });
  await eventually(() => record.callbackAt !== null);
  expect(record).toMatchObject({ callbackType: 6 });
  return record;
};

const callback = (record: InteractionRecord, type: number, data?: object, query = ''): Promise<Answer> =>
  edge.rest(tenant, 'POST', `/interactions/${record.id}/${record.token}/callback${query}`, { type, data });
const webhook = (record: InteractionRecord) => `/webhooks/${tenant.application.id}/${record.token}`;
const editOriginal = (record: InteractionRecord, body: object): Promise<Answer> =>
  edge.rest(tenant, 'PATCH', `${webhook(record)}/messages/@original`, body);

describe('a command that the edge has deferred', () => {
  it('takes a reply as the edit that Discord expects', async () => {
    const record = await deferredCommand();
    expect((await callback(record, 4, { content: 'the queue', tts: false })).status).toBe(204);
    expect(text(record.originalMessageId)).toBe('the queue');
    expect(record).toMatchObject({ state: 'answered', followupIds: [] });
  });

  it('tells a bot that asks for the response what it made', async () => {
    const record = await deferredCommand();
    const answer = await callback(record, 4, { content: 'told' }, '?with_response=true');
    expect(answer).toMatchObject({
      status: 200,
      body: {
        interaction: {
          id: record.id,
          response_message_id: record.originalMessageId,
          response_message_ephemeral: false,
        },
        resource: { type: 4, message: { content: 'told' } },
      },
    });
  });

  it('takes a deferral as done, and the content after it', async () => {
    const record = await deferredCommand();
    expect((await callback(record, 5)).status).toBe(204);
    expect((await editOriginal(record, { content: 'at last' })).status).toBe(200);
    expect(text(record.originalMessageId)).toBe('at last');
  });

  it('shows an ephemeral reply to the member alone, and leaves nothing public behind', async () => {
    const record = await deferredCommand();
    const publicId = record.originalMessageId;
    expect((await callback(record, 4, { content: 'for your eyes', flags: 64 })).status).toBe(204);
    expect(message(publicId)).toBeUndefined();
    const shown = message(record.followupIds[0]);
    expect(shown).toMatchObject({ ephemeralFor: tenant.member, message: { content: 'for your eyes' } });
    // From now on that message is `@original` to the bot.
    expect((await editOriginal(record, { content: 'edited' })).status).toBe(200);
    expect(text(record.followupIds[0])).toBe('edited');
    expect((await edge.rest(tenant, 'GET', `${webhook(record)}/messages/@original`)).body).toMatchObject({
      id: record.followupIds[0],
    });
    expect((await edge.rest(tenant, 'DELETE', `${webhook(record)}/messages/@original`)).status).toBe(204);
    expect(message(record.followupIds[0])).toBeUndefined();
  });

  it('makes the content after an ephemeral deferral ephemeral', async () => {
    const record = await deferredCommand();
    const publicId = record.originalMessageId;
    expect((await callback(record, 5, { flags: 64 })).status).toBe(204);
    expect((await editOriginal(record, { content: 'secret' })).status).toBe(200);
    expect(message(publicId)).toBeUndefined();
    expect(message(record.followupIds[0])).toMatchObject({
      ephemeralFor: tenant.member,
      message: { content: 'secret' },
    });
  });

  it('makes a first follow-up after an ephemeral deferral ephemeral, too', async () => {
    const record = await deferredCommand();
    await callback(record, 5, { flags: 64 });
    expect((await edge.rest(tenant, 'POST', webhook(record), { content: 'secret' })).status).toBe(200);
    expect(message(record.followupIds[0])).toMatchObject({ ephemeralFor: tenant.member });
  });

  it('refuses a modal in Discord’s words', async () => {
    const record = await deferredCommand();
    expect(await callback(record, 9, { custom_id: 'x', title: 'x', components: [] })).toMatchObject({
      status: 400,
      body: { code: 40060 },
    });
  });

  it('refuses a second answer', async () => {
    const record = await deferredCommand();
    await callback(record, 4, { content: 'first' });
    expect(await callback(record, 4, { content: 'second' })).toMatchObject({ status: 400, body: { code: 40060 } });
    expect(text(record.originalMessageId)).toBe('first');
  });

  it('lets the bot try again after a reply that Discord refuses', async () => {
    const record = await deferredCommand();
    expect(await callback(record, 4, { content: '' })).toMatchObject({ status: 400 });
    expect(await callback(record, 4, { content: 'x'.repeat(2_001), flags: 64 })).toMatchObject({ status: 400 });
    expect((await callback(record, 4, { content: 'better', flags: 64 })).status).toBe(204);
    expect(message(record.followupIds.at(-1))).toMatchObject({ ephemeralFor: tenant.member });
  });
});

describe('a button that the edge has acknowledged', () => {
  it('takes an update as an edit of its message', async () => {
    const record = await deferredButton();
    expect((await callback(record, 7, { content: 'skipped', components: [] })).status).toBe(204);
    expect(text(record.sourceMessageId)).toBe('skipped');
  });

  it('takes a silent acknowledgement as done', async () => {
    const record = await deferredButton();
    expect((await callback(record, 6)).status).toBe(204);
    expect(await callback(record, 6)).toMatchObject({ status: 400, body: { code: 40060 } });
  });

  it('takes a reply as a message of its own, which is then `@original`', async () => {
    const record = await deferredButton();
    expect((await callback(record, 4, { content: 'not you', flags: 64 })).status).toBe(204);
    expect(text(record.sourceMessageId)).toBe('now playing');
    expect(message(record.followupIds[0])).toMatchObject({ ephemeralFor: tenant.member });
    await editOriginal(record, { content: 'really not you' });
    expect(text(record.followupIds[0])).toBe('really not you');
    expect(text(record.sourceMessageId)).toBe('now playing');
  });

  it('gives the content after a deferred reply a message of its own', async () => {
    const record = await deferredButton();
    expect((await callback(record, 5, { flags: 64 })).status).toBe(204);
    expect((await editOriginal(record, { content: 'done' })).status).toBe(200);
    expect(text(record.sourceMessageId)).toBe('now playing');
    expect(message(record.followupIds[0])).toMatchObject({ ephemeralFor: tenant.member, message: { content: 'done' } });
  });
});

describe('autocompletion that the edge has answered', () => {
  it('shows no choices in time, and drops those that come too late', async () => {
    const record = useCommand(edge.sandbox.world, seat(), {
      command: 'play',
      options: { query: 'so' },
      focused: 'query',
    });
    await eventually(() => record.callbackAt !== null);
    expect(record).toMatchObject({ callbackType: 8, choices: [] });
    expect((await callback(record, 8, { choices: [{ name: 'song', value: 'song' }] })).status).toBe(204);
    expect(record.choices).toEqual([]);
    expect(await callback(record, 4, { content: 'x' })).toMatchObject({ body: { code: 40060 } });
  });
});

describe('an answer in time', () => {
  it('goes to Discord as it is, and the edge keeps out of it', async () => {
    const record = useCommand(edge.sandbox.world, seat(), { command: 'queue' });
    await bot.dispatch('INTERACTION_CREATE', (d) => d['id'] === record.id);
    const modal = { custom_id: 'bw:queue', title: 'Which', components: [textInput] };
    expect((await callback(record, 9, modal)).status).toBe(204);
    expect(record).toMatchObject({ callbackType: 9, state: 'answered' });

    const submitted = submitModal(edge.sandbox.world, seat(), { customId: 'bw:queue', fields: { page: '2' } });
    await eventually(() => submitted.callbackAt !== null);
    expect(submitted).toMatchObject({ callbackType: 5 });
    expect((await callback(submitted, 4, { content: 'page 2' })).status).toBe(204);
    expect(text(submitted.originalMessageId)).toBe('page 2');
  });

  it('is not overtaken by the edge while Discord is slow', async () => {
    edge.sandbox.faults.inject({ restDelayMs: 300 });
    const record = useCommand(edge.sandbox.world, seat(), { command: 'queue' });
    await bot.dispatch('INTERACTION_CREATE', (d) => d['id'] === record.id);
    expect((await callback(record, 4, { content: 'slow' })).status).toBe(204);
    edge.sandbox.faults.clear();
    expect(record).toMatchObject({ callbackType: 4, state: 'answered' });
  });
});

const textInput = {
  type: 1,
  components: [{ type: 4, custom_id: 'page', label: 'Page', style: 1 }],
};
