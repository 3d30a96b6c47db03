import { beforeEach, describe, expect, it } from 'vitest';
import { refusedHeader } from '#infra/http/refusals.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { discordError, json, noContent, rateLimited } from '../discord/discord-answers.ts';
import type { DiscordCall } from '../discord/discord-call.ts';
import type { Raw } from '../discord/raw.ts';
import { Answers } from './answers.ts';
import { Interactions } from './interactions.ts';
import { sentences } from './sentences.ts';

const discordEpochMs = 1_420_070_400_000;
const unreachable = () => discordError(503, 0, 'away', { [refusedHeader]: 'discord.unreachable' });
const unknownInteraction = () => discordError(404, 10062, 'Unknown interaction');
const acknowledged = () => discordError(400, 40060, 'Interaction has already been acknowledged.');

let clock: FakeClock;
let sent: string[];
let bodies: Raw[];
let delivered: string[];
let ended: string[];
/** Discord's responses, call by call; the last one repeats. */
let discord: (() => Response)[];
/** Whether Discord shows the content of an answer, and not only that it is to come. */
let isShown: boolean;
let interactions: Interactions;
let answers: Answers;
let made = 0;

beforeEach(() => {
  clock = new FakeClock();
  sent = [];
  bodies = [];
  delivered = [];
  ended = [];
  discord = [];
  isShown = false;
  start();
});

/** An edge, with nothing to begin with. */
function start(): void {
  const send = async ({ method, path, body }: Omit<DiscordCall, 'authorized'>): Promise<Response> => {
    sent.push(`${method} ${path.replace(/\/t-\d+/, '')}`);
    bodies.push((body ?? {}) as Raw);
    const answer = discord.length > 1 ? discord.shift() : discord[0];
    if (answer) return answer();
    if (method === 'GET') return json(200, { id: '9', flags: isShown ? 64 : 64 | 128 });
    return path.startsWith('/webhooks/') && method !== 'DELETE' ? json(200, { id: '9' }) : noContent();
  };
  interactions = new Interactions({
    clock,
    logger: silentLogger(),
    applicationId: 'app',
    send,
    deliver: ({ id }) => delivered.push(id),
    ended: (how) => ended.push(how),
  });
  answers = new Answers({ applicationId: 'app', interactions, send });
}

const settled = async () => {
  for (let count = 0; count < 5; count += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** In steps, so that whatever a timer triggers completes before the next one. */
async function passes(ms: number): Promise<void> {
  for (let rest = ms; rest > 0; rest -= 50) {
    clock.advance(Math.min(rest, 50));
    await settled();
  }
}

/** A command, or a button, that Discord created this many milliseconds ago, by its own clock. */
function typed(ageMs = 0, discordAheadMs = 0, isButton = false): { id: string; token: string } {
  made += 1;
  const madeMs = clock.now() - ageMs + discordAheadMs - discordEpochMs;
  const id = ((BigInt(madeMs) << 22n) + BigInt(made)).toString();
  const token = `t-${made}`;
  interactions.add(isButton ? { id, token, type: 3, message: { id: '8' } } : { id, token, type: 2 }, undefined);
  return { id, token };
}

const tracked = ({ id, token }: { id: string; token: string }) => {
  const found = interactions.byId(id, token);
  if (!found) throw new Error('not tracked');
  return found;
};
const reply = (interaction: { id: string; token: string }, content: string, key?: string) =>
  answers.callback(tracked(interaction), { type: 4, data: { content } }, { key });
const callbacks = () => sent.filter((call) => call.endsWith('/callback'));

describe('the deferral in a bot’s place', () => {
  it('is repeated while Discord waits for it', async () => {
    discord = [() => rateLimited(300, { global: true }), unreachable, noContent];
    const command = typed();
    await passes(2_900);
    expect(callbacks()).toHaveLength(3);
    expect(tracked(command).state).toBe('deferred');
    expect(ended).toEqual([]);
  });

  it('is given up when Discord cannot have heard it in time', async () => {
    discord = [() => discordError(503, 0, 'away', { [refusedHeader]: 'discord.not-sent' })];
    const command = typed();
    await passes(10_000);
    expect(callbacks().length).toBeLessThan(12);
    expect(ended).toEqual(['too-late']);
    expect(interactions.unanswered()).toEqual([]);
    expect((await reply(command, 'hello')).status).toBe(404);
  });

  it('counts as given when only its answer was lost: the bot’s reply is then the edit that Discord waits for', async () => {
    discord = [unreachable, acknowledged, noContent];
    const command = typed();
    await passes(2_500);
    discord = [];
    expect((await reply(command, 'hello')).ok).toBe(true);
    expect(sent.at(-1)).toBe('PATCH /webhooks/app/messages/@original');
  });

  it('counts as given where an earlier edge may have died after it', async () => {
    discord = [acknowledged];
    const command = typed();
    await passes(2_100);
    expect(tracked(command)).toMatchObject({ state: 'deferred', lost: false });
  });
});

describe('an interaction that comes late', () => {
  it('is handed to the bot when Discord has taken the deferral, and not before', async () => {
    const command = typed(2_500);
    expect(delivered).toEqual([]);
    await passes(50);
    expect(callbacks()).toHaveLength(1);
    expect(delivered).toEqual([command.id]);
  });

  it('is not handed over when Discord no longer waits, not to the next bot either, and is counted', async () => {
    discord = [unknownInteraction];
    typed(6_000);
    await passes(100);
    interactions.takeOver();
    expect([delivered, interactions.unanswered(), ended]).toEqual([[], [], ['too-late']]);
  });

  it('waits for the deferral also when another bot attaches in that moment', async () => {
    discord = [unreachable];
    const command = typed(1_400);
    expect(delivered).toEqual([command.id]);
    await passes(200);
    interactions.takeOver();
    expect(interactions.unanswered()).toEqual([]);
    discord = [noContent];
    await passes(600);
    expect(delivered).toEqual([command.id, command.id]);
  });

  it('is told by Discord’s clock, once an answer has shown how far ours is from it', async () => {
    const aheadMs = -5_000;
    const first = typed(100, aheadMs);
    await passes(50);
    expect(delivered).toEqual([first.id]);
    const second = typed(200, aheadMs);
    expect(delivered).toEqual([first.id, second.id]);
    typed(2_500, aheadMs);
    expect(delivered).toHaveLength(2);
  });

  it('is told also when our clock is behind', async () => {
    const early = typed(0, 4_000);
    expect(delivered).toEqual([early.id]);
    await passes(2_100);
    expect(callbacks()).toHaveLength(1);
  });
});

describe('a deferred interaction that no bot answers', () => {
  it('is closed with a sentence, and nobody does it afterwards', async () => {
    const command = typed();
    await passes(74_000);
    expect(sent).toHaveLength(1);
    await passes(2_000);
    expect(sent.at(-1)).toBe('PATCH /webhooks/app/messages/@original');
    expect(bodies.at(-1)).toMatchObject({ content: sentences.en.notFinished });
    expect([interactions.unanswered(), ended]).toEqual([[], ['closed']]);
    expect(await (await reply(command, 'late')).json()).toMatchObject({ code: 10062 });
  });

  it('is closed as soon as Discord can be reached', async () => {
    typed();
    await passes(3_000);
    discord = [unreachable];
    await passes(90_000);
    expect(ended).toEqual([]);
    discord = [];
    await passes(31_000);
    expect(ended).toEqual(['closed']);
  });

  it('is left as it is when Discord shows an answer, which this edge has not seen given', async () => {
    const command = typed();
    await passes(70_000);
    isShown = true;
    await passes(10_000);
    expect(sent.filter((call) => !call.startsWith('GET'))).toHaveLength(1);
    expect([tracked(command).state, ended]).toEqual(['answered', []]);
  });

  it('is left to a bot that attaches for a while', async () => {
    const command = typed();
    await passes(70_000);
    interactions.takeOver();
    expect(interactions.unanswered().map(({ id }) => id)).toEqual([command.id]);
    await passes(20_000);
    expect((await reply(command, 'here')).ok).toBe(true);
    await passes(60_000);
    expect(ended).toEqual([]);
  });

  it('is closed too when a bot has acknowledged it; what that bot says later takes the sentence’s place', async () => {
    const command = typed();
    await answers.callback(tracked(command), { type: 5 }, {});
    await passes(76_000);
    expect(ended).toEqual(['closed']);
    const edit = { method: 'PATCH' as const, message: '@original', body: { content: 'Added.' } };
    expect((await answers.message(tracked(command), edit)).ok).toBe(true);
    expect(sent.slice(-2)).toEqual(Array(2).fill('PATCH /webhooks/app/messages/@original'));
  });

  it('is closed for the member alone when the bot had taken "thinking" away', async () => {
    const command = typed();
    await answers.callback(tracked(command), { type: 5 }, {});
    await answers.message(tracked(command), { method: 'DELETE', message: '@original' });
    await passes(76_000);
    expect(sent.at(-1)).toBe('POST /webhooks/app');
    expect(bodies.at(-1)).toMatchObject({ content: sentences.en.notFinished, flags: 64 });
  });
});

/** Another edge continues with what was saved. */
async function passedOn(): Promise<void> {
  const saved = interactions.save();
  interactions.close();
  delivered = [];
  sent = [];
  start();
  interactions.restore(saved);
  await settled();
}

describe('an answer that its edge did not live to note', () => {
  it('is found where the deferral in the bot’s place is refused: the bot is not asked again, and nothing is closed', async () => {
    const command = typed();
    await passedOn();
    discord = [acknowledged, () => json(200, { id: '9', flags: 64 })];
    await passes(2_000);
    expect(tracked(command).state).toBe('answered');
    await passes(90_000);
    expect([delivered, ended, interactions.unanswered()]).toEqual([[], [], []]);
  });

  it('is found although a deferral had been saved', async () => {
    const command = typed();
    await answers.callback(tracked(command), { type: 5 }, {});
    isShown = true;
    await passedOn();
    expect(sent).toEqual(['GET /webhooks/app/messages/@original']);
    expect([tracked(command).state, delivered]).toEqual(['answered', []]);
  });

  it('is not found where content is still to come: the next bot gives it', async () => {
    const command = typed();
    await answers.callback(tracked(command), { type: 5 }, {});
    await passedOn();
    expect(delivered).toEqual([command.id]);
    expect((await reply(command, 'here')).ok).toBe(true);
    expect(sent.at(-1)).toBe('PATCH /webhooks/app/messages/@original');
  });

  it('counts as given for the bot that gives it again', async () => {
    const command = typed();
    await passedOn();
    discord = [acknowledged, () => json(200, { id: '9', flags: 64 })];
    expect((await reply(command, 'here')).status).toBe(204);
    expect(tracked(command).state).toBe('answered');
    expect(sent.filter((call) => !call.startsWith('GET'))).toHaveLength(1);
  });

  it('below a button is known to the bot alone, which says that it has answered before', async () => {
    const [button, fresh] = [typed(0, 0, true), typed(0, 0, true)];
    await passedOn();
    discord = [acknowledged];
    await passes(1_600);
    expect(tracked(button)).toMatchObject({ state: 'deferred', deferral: { type: 6 } });
    discord = [];
    const own = typed(0, 0, true);
    await passes(1_600);
    for (const { id } of [button, own]) interactions.endedBefore(id);
    await settled();
    // Nobody but this edge has called back for the last one.
    expect([button, fresh, own].map((each) => tracked(each).state)).toEqual(['answered', 'deferred', 'deferred']);
  });
});

describe('an answer that comes twice', () => {
  it('is given once', async () => {
    const command = typed();
    expect((await reply(command, 'hello', 'a')).status).toBe(204);
    expect((await reply(command, 'hello', 'a')).status).toBe(204);
    expect((await reply(command, 'another', 'b')).status).toBe(400);
    await answers.followUp(tracked(command), { content: 'more' }, { key: 'c' });
    const again = await answers.followUp(tracked(command), { content: 'more' }, { key: 'c' });
    expect(await again.json()).toEqual({ id: '9' });
    expect(sent.filter((call) => call === 'POST /webhooks/app')).toHaveLength(1);
  });

  it('is tried anew after a refusal', async () => {
    const command = typed();
    discord = [() => rateLimited(100, { global: true }), noContent];
    expect((await reply(command, 'hello', 'a')).status).toBe(429);
    expect((await reply(command, 'hello', 'a')).status).toBe(204);
  });

  it('is not posted again when Discord may have posted it', async () => {
    const command = typed();
    await reply(command, 'hello');
    discord = [unreachable];
    const more = () => answers.followUp(tracked(command), { content: 'more' }, { key: 'c' });
    expect((await more()).headers.get(refusedHeader)).toBe('discord.outcome-unknown');
    expect((await more()).status).toBe(502);
    expect(sent.filter((call) => call === 'POST /webhooks/app')).toHaveLength(1);
  });
});
