import { API, Client as CoreClient, GatewayDispatchEvents, GatewayIntentBits } from '@discordjs/core';
import type { APIChatInputApplicationCommandInteraction } from '@discordjs/core';
import { REST } from '@discordjs/rest';
import { WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import { once } from 'node:events';
import { Client as OceanicClient } from 'oceanic.js';
import type { AnyInteractionGateway } from 'oceanic.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startHarness } from '../testing/harness.ts';
import type { Harness } from '../testing/harness.ts';
import { createChannel } from '../world/guilds.ts';
import { useCommand } from '../world/acting/person.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness[Symbol.asyncDispose]());

test('@discordjs/core, ws and rest: a command is registered, used and answered, and the bot joins voice', async () => {
  const { token, botUserId, id } = harness.newApplication();
  const rest = new REST({ api: harness.sandbox.discord.apiUrl }).setToken(token);
  const gateway = new WebSocketManager({
    token,
    intents: GatewayIntentBits.Guilds | GatewayIntentBits.GuildVoiceStates,
    rest,
  });
  const api = new API(rest);
  const client = new CoreClient({ rest, gateway });
  const ready = once(client, GatewayDispatchEvents.Ready);
  await gateway.connect();
  await ready;
  await api.applicationCommands.bulkOverwriteGlobalCommands(id, [{ name: 'ping', description: 'Pings' }]);
  const created = once(client, GatewayDispatchEvents.InteractionCreate);
  const record = useCommand(harness.world, harness.seat('Max', 'music'), { command: 'ping' });
  const [{ data }] = (await created) as [{ data: APIChatInputApplicationCommandInteraction }];
  await api.interactions.reply(data.id, data.token, { content: 'Pong' });
  expect(record.state).toBe('answered');
  const server = once(client, GatewayDispatchEvents.VoiceServerUpdate);
  await client.updateVoiceState({
    guild_id: harness.hall.id,
    channel_id: harness.channel('Lounge'),
    self_mute: false,
    self_deaf: true,
  });
  await server;
  expect(harness.world.voiceConnection(botUserId, harness.hall.id)?.channelId).toBe(harness.channel('Lounge'));
  await gateway.destroy();
});

test('@discordjs/ws: a session is resumed by another process, and missed events are replayed', async () => {
  const { token } = harness.newApplication();
  const rest = new REST({ api: harness.sandbox.discord.apiUrl }).setToken(token);
  let kept: { sessionId: string; sequence: number; resumeURL: string; shardId: number; shardCount: number } | null =
    null;
  const manager = () =>
    new WebSocketManager({
      token,
      intents: GatewayIntentBits.Guilds,
      rest,
      retrieveSessionInfo: () => kept,
      updateSessionInfo: (_shard, info) => {
        kept = info;
      },
    });
  const before = manager();
  const guilds = once(before, WebSocketShardEvents.Dispatch);
  await before.connect();
  await guilds;
  // As when a process dies: the socket is lost, the session stays.
  const session = structuredClone(kept);
  await before.destroy({ code: 4_200 });
  kept = session;
  createChannel(harness.world, harness.hall.id, { name: 'meanwhile', type: 'text' });
  const after = manager();
  const replayed: string[] = [];
  after.on(WebSocketShardEvents.Dispatch, (payload) => void replayed.push(payload.t));
  const resumed = once(after, WebSocketShardEvents.Resumed);
  await after.connect();
  await resumed;
  expect(replayed).toContain('CHANNEL_CREATE');
  const entries = harness.sandbox.requestLog.since();
  expect(entries.filter((entry) => entry.kind === 'identify')).toHaveLength(1);
  await after.destroy();
});

test('oceanic.js: a command is registered, used and answered', async () => {
  const { token } = harness.newApplication();
  const client = new OceanicClient({
    auth: `Bot ${token}`,
    rest: { baseURL: `${harness.sandbox.discord.apiUrl}/v10` },
    gateway: { intents: ['GUILDS', 'GUILD_VOICE_STATES'] },
  });
  const ready = new Promise<void>((resolve) => {
    client.once('ready', resolve);
  });
  await client.connect();
  await ready;
  expect(client.guilds.get(harness.hall.id)?.name).toBe('Harmony Hall');
  await client.application.createGlobalCommand({ type: 1, name: 'ping', description: 'Pings' });
  const created = new Promise<AnyInteractionGateway>((resolve) => {
    client.once('interactionCreate', resolve);
  });
  const record = useCommand(harness.world, harness.seat('Max', 'music'), { command: 'ping' });
  const interaction = await created;
  if (!interaction.isCommandInteraction()) throw new Error('Not a command.');
  await interaction.defer();
  await interaction.editOriginal({ content: 'Pong' });
  expect(record.state).toBe('answered');
  client.disconnect(false);
});
