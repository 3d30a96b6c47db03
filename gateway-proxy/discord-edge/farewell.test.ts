import { Locale } from 'discord-api-types/v10';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useCommand } from '#test/sandbox/world/acting/person.ts';
import { commandsOf } from '#test/sandbox/world/commands.ts';
import type { InteractionRecord } from '#test/sandbox/world/interactions.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { describeLeft, lastAnswer, takeLeave } from './farewell.ts';
import { Answers } from './interactions/answers.ts';
import { Interactions } from './interactions/interactions.ts';
import { Controls } from './rest/controls.ts';
import { discordError, json, rateLimited } from './discord/discord-answers.ts';
import { TestEdge, type TestTenant } from './test-edge.ts';
import { eventually } from './test-stream.ts';

let edge: TestEdge;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start();
});
afterAll(() => edge[Symbol.asyncDispose]());

const button = [{ type: 1, components: [{ type: 2, style: 1, label: 'Skip', custom_id: 'bw:skip' }] }];
const commandsAt = ({ application }: TestTenant) => commandsOf(edge.sandbox.world, application.id, null);
const message = (id: string | null | undefined) => edge.sandbox.world.messages.get(id ?? '')?.message;
const use = (tenant: TestTenant, locale?: Locale): InteractionRecord =>
  useCommand(
    edge.sandbox.world,
    { guildId: tenant.guild.id, channelId: tenant.text, userId: tenant.member, locale },
    { command: 'queue' },
  );

/** A bot with registered commands, a now-playing message, and an answer with buttons. */
async function busy(name: string) {
  const tenant = await edge.connected(name);
  const bot = await edge.attach(tenant);
  await edge.rest(tenant, 'PUT', `/applications/${tenant.application.id}/commands`, [
    { name: 'queue', description: 'Queue' },
  ]);
  const posted = await edge.rest(tenant, 'POST', `/channels/${tenant.text}/messages`, {
    content: 'now playing',
    components: button,
  });
  const card = await edge.rest(tenant, 'POST', `/channels/${tenant.text}/messages`, {
    flags: 1 << 15,
    components: [{ type: 17, components: [{ type: 10, content: 'a card' }, ...button] }],
  });
  const answered = use(tenant);
  await bot.dispatch('INTERACTION_CREATE', (d) => d['id'] === answered.id);
  const answer = await edge.rest(tenant, 'POST', `/interactions/${answered.id}/${answered.token}/callback`, {
    type: 4,
    data: { content: 'the queue', components: button },
  });
  expect(answer).toMatchObject({ status: 204, body: '' });
  const [first, second] = [posted, card].map(({ body }) => (body as { id: string }).id);
  return { tenant, bot, posted: first, card: second, answered };
}

const become = (tenant: TestTenant, status: string) =>
  edge.admin('update tenant set status = $2 where id = $1', [tenant.id, status]);

describe('a bot that is suspended', () => {
  it('answers what is open, takes its buttons and commands away, and only then ends its session', async () => {
    const { tenant, posted, card, answered } = await busy('Suspended');
    const open = use(tenant, Locale.German);
    await become(tenant, 'suspended');
    expect((await edge.session(tenant, 'DELETE')).status).toBe(204);

    expect(message(open.originalMessageId)?.content).toBe('Dieser Bot ist gesperrt.');
    for (const id of [posted, answered.originalMessageId])
      expect(message(id)).toMatchObject({ content: 'This bot is suspended.', components: [] });
    expect(message(card)?.components).toMatchObject([{ type: 10, content: 'This bot is suspended.' }]);
    expect(commandsAt(tenant)).toEqual([]);
    expect(await edge.session(tenant, 'GET')).toMatchObject({ body: { status: 'none' } });

    await become(tenant, 'active');
    expect((await edge.session(tenant, 'PUT')).status).toBe(200);
    const put = await edge.rest(tenant, 'PUT', `/applications/${tenant.application.id}/commands`, [
      { name: 'queue', description: 'Queue' },
    ]);
    expect(put.status).toBe(200);
  });

  it('takes its leave when the edge comes back, if no edge was there', async () => {
    const { tenant, posted } = await busy('Suspended meanwhile');
    await edge.stop();
    await become(tenant, 'suspended');
    await edge.start();
    await eventually(() => commandsAt(tenant).length === 0);
    await eventually(() => message(posted)?.content === 'This bot is suspended.');
    await eventually(
      async () => (await edge.admin('select 1 from gateway_session where tenant_id = $1', [tenant.id])).length === 0,
    );
  });
});

describe('a bot that is deleted', () => {
  it('says so', async () => {
    const { tenant, posted } = await busy('Deleted');
    await become(tenant, 'deleting');
    await edge.session(tenant, 'DELETE');
    expect(message(posted)?.content).toBe('This bot has been removed.');
    expect(commandsAt(tenant)).toEqual([]);
  });
});

describe('what is left', () => {
  const leave = async (answer: () => Promise<Response>) => {
    const clock = new FakeClock();
    const controls = new Controls();
    controls.sent({ components: button }, { id: '1', channel_id: '2' });
    const interactions = new Interactions({
      clock,
      logger: silentLogger(),
      applicationId: '4',
      send: answer,
      deliver: () => undefined,
      ended: () => undefined,
    });
    const id = String((BigInt(clock.now()) - 1_420_070_400_000n) << 22n);
    interactions.add({ id, token: 'a-token-of-16-chars', type: 2 }, undefined);
    const left = takeLeave(
      {
        applicationId: '4',
        rest: { call: answer },
        interactions,
        answers: new Answers({ applicationId: '4', interactions, send: answer }),
        controls,
        localeIn: () => 'fr',
        clock,
      },
      'deleted',
    );
    for (let second = 0; second < 5; second += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      clock.advance(1_000);
    }
    return left;
  };
  const all = { commands: true, answers: 1, messages: 1 };
  const nothing = { commands: false, answers: 0, messages: 0 };

  it.each([
    ['hangs', () => new Promise<Response>(() => undefined)],
    ['is away', () => Promise.resolve(discordError(503, 0, 'away'))],
    ['cannot be reached', () => Promise.reject(new Error('reset'))],
    ['knows no token of the bot any more', () => Promise.resolve(discordError(403, 40_001, 'dead'))],
  ])('is everything when Discord %s, and it ends in five seconds all the same', async (_what, answer) => {
    expect(await leave(answer)).toEqual(all);
  });

  it('is nothing when Discord was too busy at first', async () => {
    let asked = 0;
    const answer = () => Promise.resolve((asked += 1) <= 3 ? rateLimited(900, { global: true }) : json(200, {}));
    expect(await leave(answer)).toEqual(nothing);
  });

  it('is told in words, and not when there is nothing', () => {
    expect(describeLeft({ commands: false, answers: 0, messages: 0 })).toBeUndefined();
    expect(describeLeft({ commands: true, answers: 2, messages: 1 })).toBe(
      'Not removed from Discord: its commands, 2 unanswered interaction(s), 1 message(s) with buttons.',
    );
  });

  it('is no choice for somebody who types', () => {
    expect(lastAnswer({ type: 4, payload: undefined }, 'suspended')).toEqual({ type: 8, data: { choices: [] } });
  });
});

describe('the messages with buttons', () => {
  const body = { components: button };
  it('are remembered newest first, until their buttons or they are gone, and 500 at most', () => {
    const controls = new Controls();
    for (let id = 0; id < 501; id += 1) controls.sent(body, { id: String(id), channel_id: '1' });
    expect(controls.messages()).toHaveLength(500);
    expect(controls.messages()[0]).toEqual({ id: '500', channel: '1' });
    controls.sent({ components: [{ type: 17, components: [{ type: 10 }] }] }, { id: '500', channel_id: '1' });
    controls.gone('499');
    controls.sent(body, { id: 'quiet', channel_id: '1', flags: 64 });
    expect(controls.messages()[0]?.id).toBe('498');
    const restored = new Controls();
    restored.restore(controls.messages());
    expect(restored.messages()).toEqual(controls.messages());
  });
});
