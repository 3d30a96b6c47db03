import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyTransactionToken } from '#security/identity/transaction-token.ts';
import { updateMember } from '#test/sandbox/world/guilds.ts';
import { useCommand } from '#test/sandbox/world/acting/person.ts';
import { changeVoice } from '#test/sandbox/world/voice.ts';
import { optionsDigest } from './witness/options-digest.ts';
import { TestEdge, type TestTenant } from './test-edge.ts';

let edge: TestEdge;
let tenant: TestTenant;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start();
  tenant = await edge.connected('Round');
});
afterAll(() => edge[Symbol.asyncDispose]());

const commands = [
  { name: 'play', description: 'Play', options: [{ type: 3, name: 'query', description: 'What', required: true }] },
  { name: 'volume', description: 'Volume' },
  { name: 'mystery', description: 'Not one of ours' },
];

describe('the whole round', () => {
  it('goes from the gateway to the bot and back to Discord, witnessed', async () => {
    const bot = await edge.attach(tenant);
    expect(await bot.next(({ op }) => op === 'attached')).toMatchObject({ applicationId: tenant.application.id });
    await bot.dispatch('READY');
    expect((await bot.dispatch('GUILD_CREATE')).d).toMatchObject({ id: tenant.guild.id });

    const put = await edge.rest(tenant, 'PUT', `/applications/${tenant.application.id}/commands`, commands);
    expect(put.status).toBe(200);

    const { world } = edge.sandbox;
    updateMember(world, tenant.guild.id, tenant.member, { roles: [] });
    changeVoice(world, tenant.guild.id, tenant.member, { channelId: tenant.voice, sessionId: 'of-the-member' });
    await bot.dispatch('VOICE_STATE_UPDATE', (d) => d['user_id'] === tenant.member);
    const seat = { guildId: tenant.guild.id, channelId: tenant.text, userId: tenant.member };
    const record = useCommand(world, seat, { command: 'play', options: { query: 'a song' } });

    const frame = await bot.dispatch('INTERACTION_CREATE', (d) => d['id'] === record.id);
    const agent = await edge.installation.agentFor('gateway-proxy');
    const verdict = await verifyTransactionToken(String(frame['txn']), {
      installation: edge.installation.installation,
      keys: agent.keys,
      revocations: agent.revocations,
      nowMs: Date.now(),
    });
    expect(verdict).toMatchObject({
      ok: true,
      value: {
        tenant: tenant.id,
        scope: ['player.enqueue', 'player.search', 'player.read', 'favourite.list', 'top.mine'],
        member: {
          kind: 'discord',
          user: tenant.member,
          guild: tenant.guild.id,
          channel: tenant.text,
          voiceChannel: tenant.voice,
          command: 'play',
        },
        interaction: { id: record.id, optionsDigest: optionsDigest(frame.d ?? {}), callDigests: expect.any(Object) },
      },
    });

    const reply = await edge.rest(tenant, 'POST', `/interactions/${record.id}/${record.token}/callback`, {
      type: 4,
      data: { content: 'Now playing' },
    });
    expect(reply.status).toBe(204);
    expect(record).toMatchObject({ state: 'answered', callbackType: 4 });
    expect(world.messages.get(record.originalMessageId ?? '')?.message.content).toBe('Now playing');
    bot.close();
  });

  it('witnesses nothing for a command that leads to nothing', async () => {
    const bot = await edge.attach(tenant);
    const seat = { guildId: tenant.guild.id, channelId: tenant.text, userId: tenant.member };
    const record = useCommand(edge.sandbox.world, seat, { command: 'mystery' });
    const frame = await bot.dispatch('INTERACTION_CREATE', (d) => d['id'] === record.id);
    expect(frame).not.toHaveProperty('txn');
    bot.close();
  });
});

describe('presence', () => {
  const send = (d: object, op = 3) =>
    edge.call({
      method: 'POST',
      path: `/v1/tenants/${tenant.id}/gateway/send`,
      action: 'gateway.send',
      tenant: tenant.id,
      from: 'bot',
      body: { op, d },
    });
  const listening = { status: 'online', activities: [{ name: 'music', type: 2 }] };

  it('is passed on, and one that would close the session is not', async () => {
    expect((await send(listening)).status).toBe(204);
    expect(await send({ status: 'online', activities: 'music' })).toMatchObject({ body: { code: 'gateway.presence' } });
    expect(await send({ ...listening, activities: [{ name: 'x'.repeat(5_000), type: 2 }] })).toMatchObject({
      status: 400,
    });
    expect(await send({ guild_id: tenant.guild.id, channel_id: tenant.voice }, 4)).toMatchObject({ status: 400 });
    expect((await edge.session(tenant, 'GET')).body).toMatchObject({ status: 'connected' });
  });

  it('changes at most five times in twenty seconds', async () => {
    const answers = [];
    for (let number = 0; number < 6; number += 1) answers.push((await send(listening)).status);
    expect(answers).toContain(204);
    expect(answers.at(-1)).toBe(429);
  });
});
