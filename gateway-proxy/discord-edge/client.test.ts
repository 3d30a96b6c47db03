import { Client, Events, GatewayIntentBits, type ChatInputCommandInteraction, type ClientOptions } from 'discord.js';
import { WebSocketShardEvents, WebSocketShardStatus } from '@discordjs/ws';
import { Collection } from '@discordjs/collection';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useCommand } from '#test/sandbox/world/acting/person.ts';
import type { Action } from '#security/identity/actions.ts';
import { TestEdge, type ProxiedCall, type TestTenant } from './test-edge.ts';
import { eventually, type StreamClient } from './test-stream.ts';

let edge: TestEdge;
let tenant: TestTenant;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start();
  tenant = await edge.connected('Library');
});
afterAll(() => edge[Symbol.asyncDispose]());

type BuildStrategy = NonNullable<NonNullable<ClientOptions['ws']>['buildStrategy']>;

/** Dispatches from the edge's stream instead of a gateway connection. */
function strategy(
  manager: Parameters<BuildStrategy>[0],
  attach: () => Promise<StreamClient>,
): ReturnType<BuildStrategy> {
  let stream: StreamClient | undefined;
  return {
    spawn: () => undefined,
    async connect() {
      stream = await attach();
      stream.follow((frame) => {
        if (frame['op'] !== 'dispatch') return;
        const data = { op: 0, t: frame['t'], d: frame['d'], s: frame['seq'] };
        if (frame['t'] === 'READY') manager.emit(WebSocketShardEvents.Ready, { data: frame['d'], shardId: 0 });
        manager.emit(WebSocketShardEvents.Dispatch, { data, shardId: 0 });
      });
    },
    destroy: () => stream?.close(),
    send: () => undefined,
    fetchStatus: () => new Collection([[0, WebSocketShardStatus.Ready]]),
  };
}

function library(): Client {
  const action: Action = 'discord.rest';
  return new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates],
    rest: {
      api: 'https://edge.invalid/api',
      makeRequest: async (url, init) => {
        const { pathname, search } = new URL(url);
        const discordPath = pathname.replace('/api/v10', '');
        const answer = await edge.call({
          method: (init.method ?? 'GET') as ProxiedCall['method'],
          path: `/v1/tenants/${tenant.id}/rest${discordPath}${search}`,
          action,
          tenant: tenant.id,
          from: 'bot',
          ...(typeof init.body === 'string' ? { body: JSON.parse(init.body) as unknown } : {}),
        });
        const headers = Object.entries(answer.headers).map(
          ([name, value]) => [name, String(value)] as [string, string],
        );
        return new Response(answer.status === 204 ? null : JSON.stringify(answer.body), {
          status: answer.status,
          headers: answer.status === 204 ? [] : headers.filter(([name]) => name !== 'content-length'),
        });
      },
    },
    ws: { buildStrategy: (manager) => strategy(manager, () => edge.attach(tenant)) },
  });
}

describe('an unmodified discord.js', () => {
  it('logs in, sees its guilds, registers commands and answers them, with no token and no network', async () => {
    const client = library();
    const ready = new Promise<Client<true>>((resolve) => {
      client.once(Events.ClientReady, resolve);
    });
    await client.login('nothing');
    const self = await ready;
    expect(self.user.id).toBe(tenant.application.botUserId);
    expect(self.guilds.cache.get(tenant.guild.id)?.channels.cache.get(tenant.voice)?.isVoiceBased()).toBe(true);
    await self.application.commands.set([{ name: 'queue', description: 'Queue' }]);

    const seen = new Promise<ChatInputCommandInteraction>((resolve) => {
      client.once(Events.InteractionCreate, (interaction) => {
        if (interaction.isChatInputCommand()) resolve(interaction);
      });
    });
    const seat = { guildId: tenant.guild.id, channelId: tenant.text, userId: tenant.member };
    const record = useCommand(edge.sandbox.world, seat, { command: 'queue' });
    const interaction = await seen;
    await interaction.deferReply();
    await interaction.editReply({ content: 'nothing is queued' });
    await eventually(() => record.state === 'answered');
    expect(edge.sandbox.world.messages.get(record.originalMessageId ?? '')?.message.content).toBe('nothing is queued');

    const channel = await client.channels.fetch(tenant.text);
    if (!channel?.isSendable()) throw new Error('no channel');
    const sent = await channel.send('now playing');
    await sent.edit('paused');
    await sent.delete();

    // To the library, a refusal by the edge is an error like any other, and it continues.
    await expect(self.guilds.cache.get(tenant.guild.id)?.members.ban(tenant.member)).rejects.toMatchObject({
      code: 50001,
    });
    await channel.send('still here');
    await client.destroy();
  });
});
