import { Client, Events, GatewayIntentBits } from 'discord.js';
import type { Interaction } from 'discord.js';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHarness } from '../testing/harness.ts';
import type { Harness } from '../testing/harness.ts';

let harness: Harness;
let client: Client<true>;
let application: { id: string; token: string; bot: { id: string; username: string } };

/** Calls the control API as another process would. */
async function call<T = Record<string, unknown>>(on: string, body?: unknown): Promise<{ status: number; body: T }> {
  const [method = 'GET', path = ''] = on.split(' ');
  const response = await fetch(`${harness.sandbox.discord.chatUrl}sandbox${path}`, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
}

beforeAll(async () => {
  harness = await startHarness();
  application = (await call<typeof application>('POST /applications', { name: 'Controlled' })).body;
  await call(`POST /guilds/${harness.hall.id}/install`, { applicationId: application.id });
  client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
    rest: { api: harness.sandbox.discord.apiUrl },
  });
  const ready = once(client, Events.ClientReady);
  await client.login(application.token);
  await ready;
  await client.application.commands.set([
    {
      name: 'say',
      description: 'Says it',
      options: [{ type: 3, name: 'what', description: 'What', required: true, autocomplete: true }],
    },
    { name: 'manage', description: 'For managers', defaultMemberPermissions: 'ManageGuild' },
  ]);
  client.on(Events.InteractionCreate, (interaction) => void answer(interaction));
});

async function answer(interaction: Interaction): Promise<void> {
  if (interaction.isAutocomplete()) await interaction.respond([{ name: 'Hello', value: 'hello' }]);
  if (!interaction.isChatInputCommand()) return;
  const what = interaction.options.getString('what', true);
  if (what === 'nothing') return;
  await interaction.deferReply({ flags: what === 'secret' ? 64 : undefined });
  await interaction.editReply(what);
}

afterAll(async () => {
  await client.destroy();
  await harness[Symbol.asyncDispose]();
});

const inMusic = () => `/guilds/${harness.hall.id}/channels/${harness.channel('music')}/interactions`;
const use = (person: string, what: string) =>
  call<{ interactionId: string }>(`POST ${inMusic()}`, {
    user: harness.person(person),
    kind: 'command',
    applicationId: application.id,
    command: 'say',
    options: { what },
  });

describe('the control API', () => {
  test('shows the whole state, but no secrets', async () => {
    const { body } = await call<{
      guilds: { name: string; members: { user: { globalName: string } }[] }[];
      applications: { id: string; name: string; connected: boolean }[];
    }>('GET /state');
    expect(body.guilds.map((guild) => guild.name)).toEqual(['Harmony Hall', 'Quiet Corner']);
    expect(body.guilds[0]?.members.map((member) => member.user.globalName)).toContain('Dana');
    expect(body.applications.find(({ id }) => id === application.id)).toMatchObject({ connected: true });
    expect(body.applications.find(({ name }) => name === 'Melody')).toMatchObject({ connected: false });
    const text = JSON.stringify(body);
    for (const { token, clientSecret, signingKeyPem } of harness.world.applications.values()) {
      for (const secret of [token, clientSecret, signingKeyPem]) expect(text).not.toContain(secret);
    }
  });

  test('lets a person use a command, and waits for its answer', async () => {
    const { body } = await use('Max', 'Good evening');
    const outcome = await call(`GET /interactions/${body.interactionId}?waitMs=4000&for=answered`);
    expect(outcome.body).toMatchObject({
      state: 'answered',
      ephemeral: false,
      message: { content: 'Good evening' },
      followups: [],
    });
    const { timings } = outcome.body as { timings: Record<'createdAt' | 'callbackAt' | 'answeredAt', number> };
    expect(timings.callbackAt).toBeGreaterThanOrEqual(timings.createdAt);
    expect(timings.answeredAt).toBeGreaterThanOrEqual(timings.callbackAt);
  });

  test('reports an application that did not respond', async () => {
    const { body } = await use('Max', 'nothing');
    const outcome = await call(`GET /interactions/${body.interactionId}?waitMs=5000`);
    expect(outcome.body).toMatchObject({ state: 'failed', failure: { code: 'no-answer' } });
  });

  test('shows an ephemeral answer only to its recipient', async () => {
    const { body } = await use('Max', 'secret');
    await call(`GET /interactions/${body.interactionId}?waitMs=4000`);
    const seenBy = async (person: string) => {
      const path = `/channels/${harness.channel('music')}/messages?user=${harness.person(person)}`;
      return (await call<{ content: string }[]>(`GET ${path}`)).body.map((message) => message.content);
    };
    expect(await seenBy('Max')).toContain('secret');
    expect(await seenBy('Dana')).not.toContain('secret');
  });

  test('completes options', async () => {
    const { body } = await call(`POST ${inMusic()}`, {
      user: harness.person('Max'),
      kind: 'autocomplete',
      applicationId: application.id,
      command: 'say',
      options: { what: 'h' },
      focused: 'what',
    });
    const outcome = await call(`GET /interactions/${body['interactionId']}?waitMs=4000`);
    expect(outcome.body).toMatchObject({ state: 'answered', choices: [{ name: 'Hello', value: 'hello' }] });
  });

  test('shows a member the commands that they may use', async () => {
    const namesFor = async (person: string) => {
      const query = `user=${harness.person(person)}&channel=${harness.channel('music')}`;
      const { body } = await call<{ name: string }[]>(`GET /guilds/${harness.hall.id}/commands?${query}`);
      return body.map((command) => command.name);
    };
    expect(await namesFor('Max')).toEqual(['say']);
    expect(await namesFor('Ada')).toEqual(['say', 'manage']);
  });

  test('builds guilds, and gives their members roles', async () => {
    const guild = `/guilds/${(await call('POST /guilds', { name: 'New' })).body['id']}`;
    const role = (await call(`POST ${guild}/roles`, { name: 'DJ', permissions: '8' })).body['id'];
    const channel = await call(`POST ${guild}/channels`, { name: 'Hall', type: 'voice', userLimit: 2 });
    const member = await call<{ user: { id: string } }>(`POST ${guild}/members`, { name: 'Vera' });
    const user = member.body.user.id;
    const changed = await call(`PATCH ${guild}/members/${user}`, { roles: [role] });
    expect(changed.body).toMatchObject({ roles: [role] });
    expect((await call(`POST ${guild}/voice`, { user, channel: channel.body['id'] })).status).toBe(204);
    expect((await call(`PATCH ${guild}/roles/${String(role)}`, { permissions: '0' })).status).toBe(200);
    expect((await call(`PATCH ${guild}/channels/${String(channel.body['id'])}`, { userLimit: 1 })).status).toBe(200);
    expect((await call(`DELETE ${guild}/members/${user}`)).status).toBe(204);
    const { body } = await call<{ guilds: { name: string; members: unknown[]; voiceStates: unknown[] }[] }>(
      'GET /state',
    );
    const built = body.guilds.find((candidate) => candidate.name === 'New');
    expect(built).toMatchObject({ voiceStates: [], channels: [{ userLimit: 1 }] });
    expect(built?.members).toHaveLength(1);
    expect((await call(`POST ${guild}/install`, { applicationId: application.id })).status).toBe(204);
    expect((await call(`DELETE ${guild}/install/${application.id}`)).status).toBe(204);
  });

  test.each([
    { name: 'an unknown guild', on: 'POST /guilds/1/voice', body: { user: '1', channel: null }, status: 404 },
    { name: 'a body that makes no sense', on: 'POST /guilds', body: { title: 'x' }, status: 400 },
    { name: 'an unknown fault', on: 'POST /faults', body: { earthquake: true }, status: 400 },
    { name: 'an unknown interaction', on: 'GET /interactions/1', body: undefined, status: 404 },
  ])('refuses $name with $status and says why', async ({ on, body, status }) => {
    const answer = await call(on, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  });

  test('refuses requests of pages from other origins', async () => {
    const post = (origin: string) =>
      fetch(`${harness.sandbox.discord.chatUrl}sandbox/applications/${application.id}/reset-token`, {
        method: 'POST',
        headers: { origin },
      });
    const { token } = harness.world.application(application.id);
    expect((await post('https://evil.example')).status).toBe(403);
    expect((await post('null')).status).toBe(403);
    expect(harness.world.application(application.id).token).toBe(token);
    const own = new URL(harness.sandbox.discord.chatUrl).origin;
    const state = await fetch(`${harness.sandbox.discord.chatUrl}sandbox/state`, { headers: { origin: own } });
    expect(state.status).toBe(200);
  });

  test('keeps people out of full channels, and says why', async () => {
    const enter = (person: string, channel: string | null) =>
      call(`POST /guilds/${harness.hall.id}/voice`, {
        user: harness.person(person),
        channel: channel && harness.channel(channel),
      });
    expect((await enter('Max', 'Tiny')).status).toBe(204);
    expect((await enter('Robin', 'Tiny')).body).toMatchObject({ code: 'sandbox.voice-full' });
    expect((await enter('Max', null)).status).toBe(204);
  });

  test('reports changes to listeners, without secrets', async () => {
    const response = await fetch(`${harness.sandbox.discord.chatUrl}sandbox/events`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    await call(`POST /guilds/${harness.hall.id}/voice`, {
      user: harness.person('Robin'),
      channel: harness.channel('Lounge'),
    });
    await call(`POST /channels/${harness.channel('general')}/messages`, { user: harness.person('Max'), content: 'Hi' });
    let heard = '';
    while (!heard.includes('message.created')) heard += (await reader?.read())?.value ?? '';
    expect(heard).toContain('"type":"voice.state"');
    expect(heard).toContain(harness.channel('general'));
    await reader?.cancel();
  });

  test('resets a token, which ends the session, and logs the actions of applications without their tokens', async () => {
    const closed = once(client, Events.ShardDisconnect);
    const { body } = await call<{ token: string }>(`POST /applications/${application.id}/reset-token`);
    const [{ code }] = (await closed) as [{ code: number }];
    expect(code).toBe(4004);
    expect(body.token).not.toBe(application.token);
    const log = await call<{ entries: { kind: string; applicationId: string; code?: number }[] }>('GET /log?since=0');
    const own = log.body.entries.filter((entry) => entry.applicationId === application.id);
    expect(own.map((entry) => entry.kind)).toEqual(expect.arrayContaining(['identify', 'rest', 'gateway-close']));
    const text = JSON.stringify(log.body);
    for (const { token } of harness.world.interactions.values()) expect(text).not.toContain(token);
  });
});
