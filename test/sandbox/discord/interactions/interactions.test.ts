import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../clock.ts';
import { startHarness, waitFor } from '../../testing/harness.ts';
import type { Harness } from '../../testing/harness.ts';
import { pressButton, submitModal, useCommand } from '../../world/acting/person.ts';
import { putCommand } from '../../world/commands.ts';
import type { InteractionRecord } from '../../world/interactions.ts';
import type { Application } from '../../world/types.ts';

let harness: Harness;
let clock: ManualClock;
let application: Application;

beforeEach(async () => {
  clock = new ManualClock();
  harness = await startHarness({ clock });
  application = harness.newApplication();
  putCommand(harness.world, application.id, null, {
    name: 'play',
    type: 1,
    description: 'Plays',
    options: [
      { type: 3, name: 'query', description: 'What', autocomplete: true },
      { type: 4, name: 'volume', description: 'How loud', min_value: 0, max_value: 150 },
      { type: 3, name: 'mode', description: 'How', choices: [{ name: 'Loop', value: 'loop' }] },
    ],
  });
});
afterEach(() => harness[Symbol.asyncDispose]());

const use = (options: Record<string, string | number> = {}, focused?: string) =>
  useCommand(harness.world, harness.seat('Max', 'music'), {
    command: 'play',
    applicationId: application.id,
    options,
    focused,
  });

// An application answers without its bot's token: the one in the path is enough.
const call = (on: string, body?: unknown) => harness.rest(null, on, body);
const callback = (record: InteractionRecord, body: unknown) =>
  call(`POST /interactions/${record.id}/${record.token}/callback`, body);
const webhook = (record: InteractionRecord) => `/webhooks/${record.applicationId}/${record.token}`;

describe('an interaction', () => {
  test('fails for the person after 3 seconds, and can no longer be answered then', async () => {
    const record = use();
    clock.advance(2_999);
    expect(record.state).toBe('pending');
    clock.advance(1);
    expect(record).toMatchObject({ state: 'failed', failure: { code: 'no-answer' } });
    expect((await callback(record, { type: 5 })).body).toMatchObject({ code: 10062 });
  });

  test('can be answered only once', async () => {
    const record = use();
    expect((await callback(record, { type: 4, data: { content: 'Hi' } })).status).toBe(204);
    expect(await callback(record, { type: 5 })).toMatchObject({ status: 400, body: { code: 40060 } });
  });

  test('is unknown under another id or token', async () => {
    const [record, other] = [use(), use()];
    const path = `POST /interactions/${other.id}/${record.token}/callback`;
    expect((await call(path, { type: 5 })).body).toMatchObject({ code: 10062 });
  });

  test('has a token that expires after 15 minutes', async () => {
    const record = use();
    await callback(record, { type: 5 });
    clock.advance(15 * 60_000 - 1);
    expect((await call(`PATCH ${webhook(record)}/messages/@original`, { content: 'In time' })).status).toBe(200);
    clock.advance(1);
    const late = await call(`POST ${webhook(record)}`, { content: 'Late' });
    expect(late).toMatchObject({ status: 401, body: { code: 50027 } });
  });

  test('has no webhook before its callback', async () => {
    const record = use();
    expect((await call(`POST ${webhook(record)}`, { content: 'x' })).body).toMatchObject({ code: 10015 });
  });

  test('is ephemeral only if it was deferred as such, whatever the edit says', async () => {
    const record = use();
    await callback(record, { type: 5, data: { flags: 64 } });
    const edited = await call(`PATCH ${webhook(record)}/messages/@original`, { content: 'Psst', flags: 0 });
    expect(edited.body).toMatchObject({ content: 'Psst', flags: 64 });
    expect(record).toMatchObject({ state: 'answered', ephemeral: true });
  });

  test.each([
    { name: 'an update without a message', type: 7 },
    { name: 'choices for a command', type: 8 },
    { name: 'a type that does not exist', type: 99 },
  ])('refuses $name', async ({ type }) => {
    const answer = await callback(use(), { type, data: {} });
    expect(answer.body).toMatchObject({ code: 50035, errors: { type: {} } });
  });

  test('accepts at most 25 choices', async () => {
    const choices = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `${n}`, value: `${n}` }));
    const record = use({ query: 'a' }, 'query');
    const many = await callback(record, { type: 8, data: { choices: choices(26) } });
    expect(many.body).toMatchObject({ code: 50035, errors: { choices: {} } });
    expect((await callback(record, { type: 8, data: { choices: choices(25) } })).status).toBe(204);
    expect(record.choices).toHaveLength(25);
  });

  test('reads follow-ups back by their id, but not those of others', async () => {
    const [mine, theirs] = [use(), use()];
    for (const record of [mine, theirs]) await callback(record, { type: 4, data: { content: 'x' } });
    const followup = (await call(`POST ${webhook(mine)}`, { content: 'more' })).body as { id: string };
    expect((await call(`GET ${webhook(mine)}/messages/${followup.id}`)).body).toMatchObject({ content: 'more' });
    expect((await call(`GET ${webhook(theirs)}/messages/${followup.id}`)).body).toMatchObject({ code: 10008 });
  });

  test('opens a modal that only its person can submit, once, filled in', async () => {
    const record = use();
    const input = { type: 4, custom_id: 'name', label: 'Name', style: 1, min_length: 3, required: true };
    const data = { custom_id: 'form', title: 'Form', components: [{ type: 1, components: [input] }] };
    expect((await callback(record, { type: 9, data })).status).toBe(204);
    const submit = (person: string, name: string) =>
      submitModal(harness.world, harness.seat(person, 'music'), { customId: 'form', fields: { name } });
    expect(() => submit('Dana', 'Evening')).toThrow('no such modal');
    expect(() => submit('Max', '')).toThrow('required');
    expect(() => submit('Max', 'x')).toThrow('too short');
    expect(submit('Max', 'Evening').payload.data).toMatchObject({
      custom_id: 'form',
      components: [{ components: [{ custom_id: 'name', value: 'Evening' }] }],
    });
    expect(() => submit('Max', 'Evening')).toThrow('no such modal');
  });

  test('lets only its recipient use the buttons of an ephemeral answer', async () => {
    const record = use();
    const button = { type: 2, style: 1, label: 'Go', custom_id: 'go' };
    const off = { ...button, custom_id: 'off', disabled: true };
    await callback(record, { type: 4, data: { flags: 64, components: [{ type: 1, components: [button, off] }] } });
    const messageId = record.originalMessageId ?? '';
    const press = (person: string, customId: string) =>
      pressButton(harness.world, harness.seat(person, 'music'), { messageId, customId });
    expect(() => press('Dana', 'go')).toThrow('no such message');
    expect(() => press('Max', 'off')).toThrow('disabled');
    expect(press('Max', 'go').payload).toMatchObject({
      type: 3,
      data: { custom_id: 'go' },
      message: { id: messageId },
    });
  });
});

describe('a typed command', () => {
  test.each([
    { name: 'an unknown option', options: { nope: 'x' } },
    { name: 'a number that is too large', options: { volume: 151 } },
    { name: 'a number that is not one', options: { volume: 'loud' } },
    { name: 'a value that is not among the choices', options: { mode: 'backwards' } },
  ] as { name: string; options: Record<string, string | number> }[])('is refused with $name', ({ options }) => {
    expect(() => use(options)).toThrow();
    expect(harness.world.interactions.size).toBe(0);
  });

  test('arrives with typed values', () => {
    expect(use({ query: 'a song', volume: '80', mode: 'loop' }).payload.data).toMatchObject({
      name: 'play',
      options: [
        { name: 'query', type: 3, value: 'a song' },
        { name: 'volume', type: 4, value: 80 },
        { name: 'mode', type: 3, value: 'loop' },
      ],
    });
  });
});

describe('an endpoint URL', () => {
  /** An application that listens over HTTP, and may or may not check signatures. */
  async function endpoint(checks: boolean) {
    const der = Buffer.concat([
      Buffer.from('302a300506032b6570032100', 'hex'),
      Buffer.from(application.verifyKey, 'hex'),
    ]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        const signed = Buffer.concat([Buffer.from(String(request.headers['x-signature-timestamp'])), body]);
        const signature = Buffer.from(String(request.headers['x-signature-ed25519']), 'hex');
        if (checks && !verify(null, signed, key, signature)) {
          response.writeHead(401).end();
          return;
        }
        const { type } = JSON.parse(body.toString()) as { type: number };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(type === 1 ? { type: 1 } : { type: 4, data: { content: 'Over HTTP' } }));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return { url, [Symbol.asyncDispose]: async () => void server.close() };
  }

  const set = (url: string | null) =>
    harness.rest(application, 'PATCH /applications/@me', { interactions_endpoint_url: url });

  test('is accepted if it answers a PING and refuses a forged one, and then gets the interactions', async () => {
    await using careful = await endpoint(true);
    expect((await set(careful.url)).body).toMatchObject({ interactions_endpoint_url: careful.url });
    const record = use();
    await waitFor(harness.world, () => record.state === 'answered');
    expect(harness.world.messages.get(record.originalMessageId ?? '')?.message.content).toBe('Over HTTP');
  });

  test('is refused if it accepts any signature', async () => {
    await using careless = await endpoint(false);
    expect((await set(careless.url)).body).toMatchObject({ code: 50035, errors: { interactions_endpoint_url: {} } });
    expect(application.interactionsEndpointUrl).toBeNull();
  });
});
