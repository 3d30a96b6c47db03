import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { inOrder, voiceRegionOf, type Candidate } from './choose-node.ts';
import { NodeLoads } from './node-loads.ts';

const node = (id: string, change: Partial<Candidate> = {}): Candidate => ({
  id,
  able: true,
  failing: false,
  draining: false,
  regions: [],
  penalty: 0,
  ...change,
});
const order = (nodes: Candidate[], preferred: string | null = null, region?: string) =>
  inOrder(nodes, { preferred, region }).map(({ id }) => id);

test('the node with the least load comes first', () => {
  expect(order([node('busy', { penalty: 40 }), node('idle'), node('usual', { penalty: 7 })])).toEqual([
    'idle',
    'usual',
    'busy',
  ]);
});

test('music stays at its node, however busy, unless that fails, is being drained or lacks what the track needs', () => {
  const busy = { penalty: 3_000 };
  expect(order([node('idle'), node('own', busy)], 'own')).toEqual(['own', 'idle']);
  for (const trouble of [{ failing: true }, { draining: true }, { able: false }])
    expect(order([node('idle'), node('own', trouble)], 'own')).toEqual(['idle', 'own']);
});

test('a node that is being drained gets no new player, even if it is the only one', () => {
  expect(order([node('going', { draining: true })])).toEqual([]);
  expect(order([node('going', { draining: true })], 'going')).toEqual(['going']);
});

test('a node near the voice server is preferred until it has hundreds of players more', () => {
  const far = node('far', { regions: ['us-east'] });
  const any = node('any');
  const near = (penalty: number) => node('near', { regions: ['rotterdam', 'frankfurt'], penalty });
  expect(order([far, any, near(90)], null, 'rotterdam')).toEqual(['near', 'any', 'far']);
  expect(order([far, any, near(300)], null, 'rotterdam')).toEqual(['any', 'near', 'far']);
  expect(order([far, any, near(600)], null, 'rotterdam')).toEqual(['any', 'far', 'near']);
  expect(order([far, any, near(90)], null, 'us-east')[0]).toBe('far');
  expect(order([far, any, near(90)])).toEqual(['far', 'any', 'near']);
});

test.each([
  ['rotterdam1234.discord.media:443', 'rotterdam'],
  ['US-East42.discord.media', 'us-east'],
  ['c-ams06-0a1b2c3d.discord.media:2087', 'ams'],
  ['10.0.0.1:443', undefined],
  ['', undefined],
])('the region of the voice server %s is %s', (endpoint, region) => {
  expect(voiceRegionOf(endpoint)).toBe(region);
});

const stats = (playingPlayers: unknown, systemLoad: unknown, frameStats: unknown = null) => ({
  op: 'stats',
  playingPlayers,
  cpu: { systemLoad },
  frameStats,
});

test('a busy processor and missing frames weigh more than players, and missing frames are forgotten', () => {
  const clock = new FakeClock(0);
  const loads = new NodeLoads(clock);
  loads.note('players', stats(50, 0));
  loads.note('processor', stats(0, 0.9));
  loads.note('frames', stats(0, 0, { sent: 2_000, nulled: 0, deficit: 1_000 }));
  expect(loads.penaltyOf('players')).toBe(50);
  expect(loads.penaltyOf('processor')).toBeGreaterThan(700);
  expect(loads.penaltyOf('frames')).toBeGreaterThan(50_000);
  // Another session on the same node has no players, and so no frames.
  loads.note('frames', stats(0, 0));
  expect(loads.penaltyOf('frames')).toBeGreaterThan(50_000);
  clock.advance(120_000);
  expect(loads.penaltyOf('frames')).toBe(0);
});

test('what a node has been given since its last report counts', () => {
  const loads = new NodeLoads(new FakeClock(0));
  loads.note('one', stats(3, 0));
  for (let player = 0; player < 5; player += 1) loads.given('one');
  loads.given('new');
  expect([loads.penaltyOf('one'), loads.penaltyOf('new')]).toEqual([8, 1]);
  loads.note('one', stats(8, 0));
  expect(loads.penaltyOf('one')).toBe(8);
});

test.each([['nonsense'], [Number.NaN], [-4], [Number.POSITIVE_INFINITY], [null]])(
  'a node that reports %s is no better than an idle one',
  (value) => {
    const loads = new NodeLoads(new FakeClock(0));
    loads.note('odd', stats(value, value, { sent: value, nulled: value, deficit: value }));
    expect(loads.penaltyOf('odd')).toBe(0);
  },
);

test('a node that exaggerates has a finite penalty', () => {
  const loads = new NodeLoads(new FakeClock(0));
  loads.note('odd', stats(1e9, 1e9, { deficit: 1e300, nulled: 1e300 }));
  expect(Number.isFinite(loads.penaltyOf('odd'))).toBe(true);
});
