import { afterEach, describe, expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import type { LavalinkServer, PlayerView } from '#test/sandbox/lavalink/index.ts';
import { asTimePasses, audioRig, eventually, lounge, member, type AudioRig } from '../testing/audio-rig.ts';
import { migrationLimits } from './application/migrations.ts';

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

const lights = 'https://music.sandbox.test/playlist/harbour-lights';

async function rigOf(...nodes: string[]): Promise<AudioRig> {
  const rig = await audioRig({ nodes, answerWithinMs: 10_000 });
  open.push(rig);
  return rig;
}

const play = (rig: AudioRig, guildKey = rig.guildKey) => rig.audio.commands.enqueue(guildKey, member(), lights);
const playersAt = (rig: AudioRig, node: string): readonly PlayerView[] => at(rig, node).control.view().players;
const read = ({ audio, guildKey }: AudioRig) => audio.commands.read(guildKey);

function at(rig: AudioRig, node: string): LavalinkServer {
  const found = rig.nodes.get(node);
  if (!found) throw new Error(`there is no node ${node}`);
  return found;
}

/** Guilds of both tenants, each with music at a node. */
async function manyGuilds(rig: AudioRig, ofEach: number) {
  const guilds = rig.tenants.flatMap((tenant) =>
    Array.from({ length: ofEach }, (_, index) => ({
      tenant,
      guild: snowflake(`${100_000_000_000_001_000n + BigInt(index)}`),
    })),
  );
  for (const guildKey of guilds) await rig.audio.commands.enqueue(guildKey, member(), 'golden hour');
  return guilds;
}

describe('a new player goes', () => {
  test('to the node that has the least to do', async () => {
    const rig = await rigOf('one', 'two', 'three');
    await at(rig, 'one').control.fault({ busy: { systemLoad: 0.9, deficit: 0, nulled: 0 } });
    await at(rig, 'three').control.fault({ busy: { systemLoad: 0.4, deficit: 0, nulled: 0 } });
    await play(rig);
    await eventually(() => playersAt(rig, 'two')).toMatchObject([{ title: 'Harbour Lights', connected: true }]);
  });

  test('to the one near its voice server', async () => {
    const rig = await rigOf('america', 'anywhere', 'europe');
    rig.directory.set([
      { id: 'america', regions: ['us-east'] },
      { id: 'anywhere' },
      { id: 'europe', regions: ['rotterdam', 'frankfurt'] },
    ]);
    rig.voice.region = 'rotterdam';
    await play(rig);
    await eventually(() => playersAt(rig, 'europe')).toHaveLength(1);
    rig.voice.region = 'us-east';
    await play(rig, { ...rig.guildKey, tenant: rig.tenants[1] });
    await eventually(() => playersAt(rig, 'america')).toHaveLength(1);
  });

  test('to another if the one that it had has its socket and fails all requests', async () => {
    const rig = await rigOf('one', 'two');
    await at(rig, 'two').control.fault({ busy: { systemLoad: 0.5, deficit: 0, nulled: 0 } });
    await play(rig);
    await eventually(() => playersAt(rig, 'one')).toMatchObject([{ title: 'Harbour Lights' }]);
    await at(rig, 'one').control.fault({ restStatus: 503 });
    await rig.audio.commands.skip(rig.guildKey, member()).catch(() => undefined);
    await asTimePasses(rig.clock, () => playersAt(rig, 'two')).toMatchObject([{ title: 'Salt on the Window' }]);
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', current: { title: 'Salt on the Window' } });
  });
});

test('the players of a lost node move a few at a time, to where there is room, from where they were, and once', async () => {
  const rig = await rigOf('one', 'two', 'three');
  for (const other of ['two', 'three'])
    await at(rig, other).control.fault({ busy: { systemLoad: 0.9, deficit: 0, nulled: 0 } });
  const guilds = await manyGuilds(rig, 15);
  await eventually(() => playersAt(rig, 'one')).toHaveLength(guilds.length);
  // The position of a track whose start has not been reported yet stays 0.
  const leastMs = async () =>
    Math.min(
      ...(await Promise.all(guilds.map((guildKey) => rig.audio.commands.read(guildKey)))).map(
        (read) => read.positionMs,
      ),
    );
  await asTimePasses(rig.clock, leastMs).toBeGreaterThan(0);
  for (const other of ['two', 'three'])
    await at(rig, other).control.fault({ busy: { systemLoad: 0, deficit: 0, nulled: 0 } });
  rig.clock.advance(60_000);
  await eventually(() => rig.told.filter((message) => message.includes('"systemLoad":0')).length).toBeGreaterThan(3);
  let underway = 0;
  let most = 0;
  const held = Promise.withResolvers<undefined>();
  const orders = new Map<string, number>();
  rig.faults.refuse = async ({ method, path, body }) => {
    if (method !== 'PATCH' || !body?.includes('"encoded"')) return undefined;
    orders.set(path, (orders.get(path) ?? 0) + 1);
    underway += 1;
    most = Math.max(most, underway);
    await held.promise;
    underway -= 1;
    return undefined;
  };
  await at(rig, 'one').control.fault({ dead: true });
  const moved = () => [...playersAt(rig, 'two'), ...playersAt(rig, 'three')];
  const atOnce = 2 * migrationLimits.ofTenant;
  await asTimePasses(rig.clock, () => underway).toBe(atOnce);
  // Time enough for another one to begin, if it could.
  for (const guildKey of guilds) await rig.audio.commands.read(guildKey);
  expect(most).toBe(atOnce);
  held.resolve(undefined);
  await asTimePasses(rig.clock, () => moved().length).toBe(guilds.length);
  for (const player of moved()) {
    expect(player.title).toBe('Golden Hour');
    expect(player.positionMs).toBeGreaterThanOrEqual(60_000);
  }
  expect(most).toBe(atOnce);
  expect(Math.abs(playersAt(rig, 'two').length - playersAt(rig, 'three').length)).toBeLessThanOrEqual(2);
  // What came back late has nothing to do, and what moved stays.
  await at(rig, 'one').control.fault({ dead: false });
  await eventually(() => playersAt(rig, 'one')).toEqual([]);
  rig.clock.advance(10_000);
  await eventually(() => underway).toBe(0);
  expect(moved()).toHaveLength(guilds.length);
  expect([...orders.values()].every((count) => count === 1)).toBe(true);
});

describe('a node that is being drained', () => {
  const drained = (rig: AudioRig, ...going: string[]) =>
    rig.directory.set([...rig.nodes.keys()].map((id) => ({ id, draining: going.includes(id) })));
  const kept = async (rig: AudioRig, id: string) => {
    const { facts } = await rig.health.report();
    const nodes = facts['lavalink'] as { node: string; kept: number }[];
    return nodes.find(({ node }) => node === id)?.kept;
  };

  test('hands its music over where it is, and is empty then', async () => {
    const rig = await rigOf('one', 'two');
    await at(rig, 'two').control.fault({ busy: { systemLoad: 0.5, deficit: 0, nulled: 0 } });
    await play(rig);
    await eventually(() => playersAt(rig, 'one')).toMatchObject([{ title: 'Harbour Lights' }]);
    await eventually(() => read(rig)).toMatchObject({ state: 'playing' });
    expect(await kept(rig, 'one')).toBe(1);
    rig.clock.advance(40_000);
    drained(rig, 'one');
    await eventually(() => playersAt(rig, 'two')).toMatchObject([{ title: 'Harbour Lights', connected: true }]);
    // By the node's own account, although audio may not have heard of the start yet.
    expect(playersAt(rig, 'two')[0]?.positionMs).toBe(40_000);
    await eventually(() => playersAt(rig, 'one')).toEqual([]);
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', reason: null, queueLength: 3 });
    await eventually(() => kept(rig, 'one')).toBe(0);
    expect(await kept(rig, 'two')).toBe(1);
  });

  test('gets no new players; without another node they wait, and what it has plays on', async () => {
    const rig = await rigOf('one', 'two');
    drained(rig, 'two');
    await play(rig);
    await eventually(() => playersAt(rig, 'one')).toHaveLength(1);
    drained(rig, 'one', 'two');
    const second = { ...rig.guildKey, tenant: rig.tenants[1] };
    await play(rig, second);
    await eventually(() => rig.audio.commands.read(second)).toMatchObject({ state: 'waiting' });
    rig.clock.advance(30_000);
    expect(playersAt(rig, 'one')).toMatchObject([{ title: 'Harbour Lights', positionMs: 30_000 }]);
    drained(rig, 'one');
    await asTimePasses(rig.clock, () => playersAt(rig, 'two').length).toBe(2);
    await eventually(() => playersAt(rig, 'one')).toEqual([]);
  });

  test('lets go of music that waits for listeners, which goes on elsewhere when somebody is back', async () => {
    const rig = await rigOf('one', 'two');
    await at(rig, 'two').control.fault({ busy: { systemLoad: 0.5, deficit: 0, nulled: 0 } });
    await play(rig);
    await eventually(() => read(rig)).toMatchObject({ state: 'playing' });
    rig.clock.advance(40_000);
    rig.voice.setListeners(lounge, 0);
    await eventually(() => read(rig)).toMatchObject({ state: 'waiting', why: { code: 'nobody' } });
    drained(rig, 'one');
    await eventually(() => kept(rig, 'one')).toBe(0);
    await eventually(() => playersAt(rig, 'one')).toEqual([]);
    rig.clock.advance(20_000);
    expect(playersAt(rig, 'two')).toEqual([]);
    rig.voice.setListeners(lounge, 1);
    await eventually(() => playersAt(rig, 'two')).toMatchObject([
      { title: 'Harbour Lights', connected: true, paused: false },
    ]);
    await eventually(() => read(rig)).toMatchObject({ state: 'playing', reason: null, queueLength: 3 });
    expect(playersAt(rig, 'two')[0]?.positionMs).toBe(40_000);
    expect(await kept(rig, 'two')).toBe(1);
  });

  test('can be removed while music plays, and another added, which gets the next player', async () => {
    const rig = await rigOf('one', 'two');
    rig.directory.set([{ id: 'one' }]);
    await play(rig);
    await eventually(() => playersAt(rig, 'one')).toHaveLength(1);
    rig.directory.set([{ id: 'one', draining: true }, { id: 'two' }]);
    await eventually(() => playersAt(rig, 'two')).toMatchObject([{ title: 'Harbour Lights', connected: true }]);
    await eventually(() => playersAt(rig, 'one')).toEqual([]);
    rig.directory.set([{ id: 'two' }]);
    await eventually(() =>
      at(rig, 'one')
        .control.view()
        .sessions.every(({ attached }) => !attached),
    ).toBe(true);
    await play(rig, { ...rig.guildKey, tenant: rig.tenants[1] });
    await eventually(() => playersAt(rig, 'two')).toHaveLength(2);
  });

  test('removed with music loses none of it', async () => {
    const rig = await rigOf('one', 'two');
    await at(rig, 'two').control.fault({ busy: { systemLoad: 0.5, deficit: 0, nulled: 0 } });
    await play(rig);
    await eventually(() => playersAt(rig, 'one')).toHaveLength(1);
    await asTimePasses(rig.clock, async () => (await read(rig)).positionMs).toBeGreaterThan(0);
    rig.clock.advance(20_000);
    rig.directory.set([{ id: 'two' }]);
    await asTimePasses(rig.clock, () => playersAt(rig, 'two')).toMatchObject([{ title: 'Harbour Lights' }]);
    expect(playersAt(rig, 'two')[0]?.positionMs).toBeGreaterThanOrEqual(20_000);
  });
});
