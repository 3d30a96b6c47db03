import { afterEach, expect, test } from 'vitest';
import pg from 'pg';
import { asTimePasses, audioRig, eventually, member, type AudioRig } from '../testing/audio-rig.ts';

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

async function rig(): Promise<AudioRig> {
  const made = await audioRig();
  open.push(made);
  return made;
}

const titled = ({ node }: AudioRig) => node.control.view().players.map(({ title }) => title);

test("one tenant's flood of searches is bounded and does not delay another's", async () => {
  const { audio, tenants, node, clock } = await rig();
  await node.control.fault({ slowMs: 1_000 });
  let done = 0;
  // Each looks for something else: those that look for the same share one load.
  const flood = Array.from({ length: 20 }, async (_, index) => {
    await audio.commands.search(tenants[0], `golden hour ${index}`).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'player.nothing-found' });
    });
    done += 1;
  });
  await expect(audio.commands.search(tenants[0], 'golden hour')).rejects.toMatchObject({
    code: 'player.busy',
    status: 429,
  });
  let other = 0;
  const search = audio.commands.search(tenants[1], 'low water').then(({ tracks }) => {
    other = tracks.length;
  });
  await eventually(() => {
    clock.advance(200);
    return other;
  }).toBeGreaterThan(0);
  expect(done).toBeLessThanOrEqual(8);
  await node.control.fault({ slowMs: 0 });
  await asTimePasses(clock, () => done).toBe(20);
  await Promise.all([...flood, search]);
});

test('a node that fails is left alone, and asked again when it has had its rest', async () => {
  const { audio, guildKey, node, health } = await rig();
  await node.control.fault({ restStatus: 503 });
  for (let failures = 0; failures < 6; failures += 1) {
    await expect(audio.commands.search(guildKey.tenant, 'golden hour')).rejects.toMatchObject({
      code: 'player.node-unavailable',
      status: 424,
    });
  }
  const report = await health.report();
  expect(report.causes).toContainEqual(expect.objectContaining({ name: 'lavalink', status: 'degraded' }));
  expect(report.facts).toMatchObject({ lavalink: [{ node: 'main', breaker: 'open' }] });
  await node.control.fault({ restStatus: 0 });
  await expect(audio.commands.search(guildKey.tenant, 'golden hour')).rejects.toMatchObject({
    code: 'player.node-unavailable',
  });
  await eventually(async () => {
    try {
      return (await audio.commands.search(guildKey.tenant, 'golden hour')).tracks.length;
    } catch {
      return 0;
    }
  }).toBeGreaterThan(0);
});

test.each([500, 400])('a track over which a node answers %s is tried once more, then passed over', async (status) => {
  const made = await rig();
  const { audio, guildKey, seen, faults } = made;
  await audio.commands.enqueue(guildKey, member(), 'https://music.sandbox.test/playlist/low-water');
  await eventually(() => titled(made)).toEqual(['Low Water']);
  let orders = 0;
  faults.refuse = ({ method, body }) => {
    if (method !== 'PATCH' || !body?.includes('"encoded"')) return undefined;
    orders += 1;
    return orders <= 2 ? status : undefined;
  };
  expect((await audio.commands.skip(guildKey, member())).player).toMatchObject({
    current: { title: 'Driftwood Choir' },
  });
  expect(titled(made)).toEqual(['Driftwood Choir']);
  const details = seen.flatMap((event) => (event.kind === 'player' && event.detail ? [event.detail] : []));
  expect(details.slice(-2)).toEqual([expect.stringContaining('once more'), expect.stringContaining('was skipped')]);
});

test.each([429, 403, 503])('an order that is answered %s on its way waits, and is given again', async (status) => {
  const made = await rig();
  const { audio, guildKey, faults, clock } = made;
  await audio.commands.enqueue(guildKey, member(), 'https://music.sandbox.test/playlist/low-water');
  await eventually(() => titled(made)).toEqual(['Low Water']);
  faults.refuse = ({ method }) => (method === 'PATCH' ? status : undefined);
  expect((await audio.commands.skip(guildKey, member())).player).toMatchObject({
    state: 'waiting',
    current: { title: 'The Gull and the Miller' },
  });
  delete faults.refuse;
  await asTimePasses(clock, () => titled(made)[0]).toBe('The Gull and the Miller');
  await eventually(async () => (await audio.commands.read(guildKey)).state).toBe('playing');
});

test('music that ends while the database is away goes on when it is back', async () => {
  const made = await rig();
  const { audio, guildKey, clock, database } = made;
  await audio.commands.enqueue(guildKey, member(), 'https://music.sandbox.test/playlist/short-bells');
  await eventually(() => titled(made)).toEqual(['Eight Second Bell']);
  await eventually(() => made.playing()?.connected).toBe(true);
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  try {
    await admin.query('revoke update on music_session from bailiwick_audio');
    clock.advance(8_000);
    await expect(audio.commands.pause(guildKey, member())).rejects.toThrow();
    expect(titled(made)).toEqual([null]);
    await admin.query('grant update on music_session to bailiwick_audio');
  } finally {
    await admin.end();
  }
  await asTimePasses(clock, () => titled(made)[0]).toBe('Ten Second Bell');
});

test('a change that could not be stored was not made and is not told', async () => {
  const { audio, guildKey, database, seen } = await rig();
  await audio.commands.enqueue(guildKey, member(), 'golden hour');
  await eventually(() => seen.at(-1)).toMatchObject({ cause: 'track-start' });
  const before = await audio.commands.read(guildKey);
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  try {
    await admin.query('revoke update on music_session from bailiwick_audio');
    await expect(audio.commands.stop(guildKey, member())).rejects.toThrow();
    await admin.query('grant update on music_session to bailiwick_audio');
  } finally {
    await admin.end();
  }
  expect(await audio.commands.read(guildKey)).toMatchObject({ version: before.version, current: before.current });
  expect(seen.at(-1)).toMatchObject({ cause: 'track-start' });
});
