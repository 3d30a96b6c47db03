import { beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { trackedInteraction, type TrackedInteraction } from '../interactions/interaction.ts';
import { InteractionWindow } from './interaction-window.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

let clock: FakeClock;
let window: InteractionWindow;
let delivered: string[];
let told: string[];
/** Whether members can currently be told. */
let telling: 'at once' | 'not now' | Promise<boolean>;
let made: number;

beforeEach(() => {
  clock = new FakeClock();
  delivered = [];
  told = [];
  telling = 'at once';
  made = 0;
  window = new InteractionWindow({
    clock,
    logger: silentLogger(),
    deliver: ({ interaction }) => delivered.push(interaction.id),
    refuse: async (interaction) => {
      if (telling === 'not now') return false;
      if (telling !== 'at once') await telling;
      told.push(interaction.id);
      interaction.state = 'answered';
      window.changed(interaction);
      return true;
    },
  });
});

function typed(): TrackedInteraction {
  made += 1;
  const interaction = trackedInteraction({ id: String(made), token: `t${made}`, type: 2 }, undefined, clock.now());
  if (!interaction) throw new Error('no interaction');
  window.offer({ interaction, txn: undefined });
  return interaction;
}
const many = (count: number) => Array.from({ length: count }, typed);
const attach = (unanswered: readonly TrackedInteraction[]) =>
  window.open(unanswered, new Map(unanswered.map(({ id }) => [id, undefined])));
const becomes = (interaction: TrackedInteraction | undefined, state: TrackedInteraction['state']) => {
  if (!interaction) throw new Error('no interaction');
  interaction.state = state;
  window.changed(interaction);
};
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => String(first + index));

describe('a bot', () => {
  test('gets sixteen interactions, and the next in their order as it answers', () => {
    attach([]);
    const all = many(20);
    expect(delivered).toEqual(upTo(16));
    becomes(all[3], 'answered');
    becomes(all[0], 'answered');
    expect(delivered).toEqual(upTo(18));
  });

  test('that waits for others itself goes on with up to 64', () => {
    attach([]);
    const all = many(80);
    for (const each of all) if (delivered.includes(each.id)) becomes(each, 'acknowledged');
    expect(delivered).toEqual(upTo(64));
    becomes(all[0], 'answered');
    expect(delivered).toEqual(upTo(65));
  });

  test('that never answers holds a place for 20 s', async () => {
    attach([]);
    many(16);
    clock.advance(19_999);
    typed();
    expect(delivered).toHaveLength(16);
    clock.advance(1);
    expect(delivered).toEqual(upTo(17));
  });
});

describe('a member', () => {
  test('who waited 1.5 s is told, and the command is not carried out after that', async () => {
    attach([]);
    const all = many(18);
    clock.advance(1_499);
    expect(told).toEqual([]);
    clock.advance(1);
    becomes(all[0], 'answered');
    await turn();
    expect(told).toEqual(['17', '18']);
    attach([]);
    expect(delivered.filter((id) => id === '17' || id === '18')).toEqual([]);
  });

  test('who sees that the bot is thinking has ten seconds', async () => {
    const all = many(17);
    for (const each of all) each.state = 'deferred';
    attach(all);
    clock.advance(9_999);
    await turn();
    expect(told).toEqual([]);
    clock.advance(1);
    await turn();
    expect(told).toEqual(['17']);
  });

  test('for whom there is no room to wait is told at once, whether or not a bot is there', async () => {
    const all = many(257);
    await turn();
    expect(told).toEqual(['257']);
    attach(all);
    expect(delivered).toEqual(upTo(16));
    many(17);
    await turn();
    expect(told).toEqual(['257', '274']);
  });

  test('who cannot be told now is told a second later', async () => {
    attach([]);
    many(17);
    telling = 'not now';
    clock.advance(1_500);
    await turn();
    telling = 'at once';
    expect(told).toEqual([]);
    clock.advance(1_000);
    await turn();
    // Discord's first three seconds are over: it has been deferred, and waits as such.
    clock.advance(10_000);
    await turn();
    expect(told).toEqual(['17']);
  });

  test('is told by no more than 48 calls at once', async () => {
    attach([]);
    const gate = Promise.withResolvers<boolean>();
    telling = gate.promise;
    many(16 + 256 + 60);
    await turn();
    gate.resolve(true);
    telling = 'at once';
    await turn();
    expect(told).toHaveLength(60);
  });
});

describe('the next bot', () => {
  test('gets what the one before it had and did not answer, at its own pace, and nothing twice', () => {
    attach([]);
    const all = many(120);
    becomes(all[0], 'answered');
    window.close();
    const later = typed();
    delivered = [];
    attach([...all.slice(1), later]);
    expect(delivered).toEqual(upTo(17, 2));
    for (const each of [...all, later]) becomes(each, 'answered');
    attach([]);
    expect(delivered).toEqual(upTo(121, 2));
  });

  test('does not get what a member is just being told of', async () => {
    attach([]);
    const all = many(17);
    const gate = Promise.withResolvers<boolean>();
    telling = gate.promise;
    clock.advance(1_500);
    await turn();
    attach(all);
    for (const each of all.slice(0, 16)) becomes(each, 'answered');
    gate.resolve(true);
    await turn();
    expect(told).toEqual(['17']);
    expect(delivered).not.toContain('17');
  });
});
