import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import { createEnvelope, keyVersionOf } from '#security/keyring/envelope.ts';
import { rotateTenantKey } from '#security/keyring/rotation.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { ada, eventually, guild, lounge, member } from '../testing/audio-rig.ts';
import { twoAudios, type AudioReplica, type TwoAudios } from '../testing/two-audios.ts';

/* Two audio services share the tenants' players: who holds a tenant's lease plays, and nothing is done twice. */
let world: TwoAudios;
let stack: AsyncDisposableStack;
let tenant: TenantId;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  world = stack.use(await twoAudios());
  [tenant] = world.tenants as [TenantId];
});
afterEach(() => stack.disposeAsync());

const start = async (number: 1 | 2, options?: { readonly cutsOff?: boolean }) =>
  stack.use(await world.start(number, options));
const key = (of = tenant) => ({ tenant: of, guild });
const play = (by: AudioReplica, query = 'overnight express', of = tenant) =>
  by.audio.commands.enqueue(key(of), member(), query);
const sessions = () =>
  world.node.control.view().sessions.filter(({ userId }) => userId === world.players(tenant)[0]?.userId);
const stored = async (of = tenant) =>
  (await world.admin.query<{ version: number }>('select version from music_session where tenant_id = $1', [of])).rows[0]
    ?.version;
const holds = (replica: AudioReplica, of = tenant) => replica.leases.of(of) !== undefined;
/** One holds everything, and plays for the first tenant; then there is another. */
async function playingBesideAnother(options?: { readonly cutsOff?: boolean }): Promise<[AudioReplica, AudioReplica]> {
  const one = await start(1, options);
  await play(one);
  await eventually(() => world.players(tenant)[0]?.positionMs).toBe(0);
  world.clock.advance(5_000);
  const other = await start(2, options);
  await eventually(() => [one.leases.size, other.leases.size].toSorted()).toEqual([2, 2]);
  const [holder, next] = holds(one) ? [one, other] : [other, one];
  await reachesNode(holder);
  return [holder, next];
}
/** It has the tenant's session on the node. */
const reachesNode = ({ audio }: AudioReplica) =>
  eventually(async () => (await audio.commands.sound(key())) !== null).toBe(true);
/** The lease moves to `other`, whose process alone renews. */
async function takenOver(stopped: AudioReplica, other: AudioReplica): Promise<void> {
  stopped.stop();
  await eventually(() => holds(other)).toBe(true);
}
/** As another process does it. */
async function rotateTo(version: number): Promise<void> {
  const { custodian, database } = world;
  const envelope = createEnvelope({ custodian });
  const columns = sealedColumnsOf('audio');
  await rotateTenantKey({ custodian, database, envelope, columns, done: () => Promise.resolve() }, tenant, version);
}
/** How often it got another session of the node than it asked for. */
const begun = ({ told }: AudioReplica) => told.filter((message) => message.includes('"resumed":false')).length;
const isElsewhere = { code: expect.stringMatching(/^lease\.(lost|elsewhere)$/), status: 421 };

describe('a planned hand-over', () => {
  it('goes on in the same session of the node, at the same position, and with the same track once', async () => {
    const [one, other] = await playingBesideAnother();
    const [session] = sessions();
    const [before] = world.players(tenant);
    const events = other.told.length;
    await one.leases.leave();
    await eventually(() => holds(other)).toBe(true);
    await reachesNode(other);
    expect(sessions()).toEqual([{ ...session, attached: true }]);
    expect(world.players(tenant)).toEqual([before]);
    expect(other.told.slice(events).join('\n')).not.toContain('TrackStartEvent');
    world.clock.advance(3_000);
    expect(world.players(tenant)[0]?.positionMs).toBe((before?.positionMs ?? 0) + 3_000);
    await expect(other.audio.commands.read(key())).resolves.toMatchObject({ state: 'playing' });
  });

  it('continues with the next track at the next holder, and lists the one before in the history once', async () => {
    const [one, other] = await playingBesideAnother();
    await play(one, 'night shift');
    await one.leases.leave();
    await reachesNode(other);
    // To its end.
    world.clock.advance(356_000);
    await eventually(() => world.players(tenant).map(({ title }) => title)).toEqual(['Night Shift']);
    const history = () => other.audio.library.part(key(), member(), 'history.read', { from: 0, limit: 25 });
    await eventually(async () => (await history()).tracks.map(({ title }) => title)).toEqual([
      'Night Shift',
      'Overnight Express',
    ]);
  });

  it('waits for what is under way, and refuses what comes then without doing it', async () => {
    const [one, other] = await playingBesideAnother();
    const before = await stored();
    await world.node.control.fault({ slowMs: 100 });
    const underWay = one.audio.commands.pause(key(), member());
    await eventually(() => stored()).toBe((before ?? 0) + 1);
    const ended: string[] = [];
    const leaving = one.leases.leave().then(() => ended.push('passed on'));
    void underWay.then(() => ended.push('paused'));
    await eventually(() => holds(one)).toBe(false);
    const late = expect(one.audio.commands.skip(key(), member())).rejects.toMatchObject(isElsewhere);
    expect(holds(other)).toBe(false);
    // The node answers by the clock of the music.
    await eventually(() => {
      world.clock.advance(100);
      return world.players(tenant)[0]?.paused;
    }).toBe(true);
    await world.node.control.fault({ slowMs: 0 });
    await late;
    await expect(underWay).resolves.toMatchObject({ state: 'paused' });
    await leaving;
    expect(ended).toEqual(['paused', 'passed on']);
    await eventually(() => holds(other)).toBe(true);
    await expect(other.audio.commands.read(key())).resolves.toMatchObject({ state: 'paused', queueLength: 0 });
  });

  it('takes the timers along: the bot that is alone leaves by the next holder, a minute later', async () => {
    const [one, other] = await playingBesideAnother();
    world.voice.setListeners(lounge, 0);
    await expect.poll(async () => (await one.audio.commands.read(key())).state).toBe('waiting');
    world.clock.advance(40_000);
    await one.leases.leave();
    await reachesNode(other);
    world.clock.advance(40_000);
    await expect(other.audio.commands.read(key())).resolves.toMatchObject({ state: 'waiting' });
    expect(world.voice.where(key())).toBe(lounge);
    world.clock.advance(21_000);
    await eventually(() => world.voice.where(key())).toBeUndefined();
    expect(world.voice.sent.filter(({ channel }) => channel === null)).toHaveLength(1);
  });
});

describe('a hand-over while the last listener leaves', () => {
  it('makes the music wait as it does for one holder, and whoever comes back hears it', async () => {
    const [one, other] = await playingBesideAnother();
    const before = await stored();
    await world.node.control.fault({ slowMs: 100 });
    const underWay = one.audio.commands.setVolume(key(), member(), 90);
    await eventually(() => stored()).toBe((before ?? 0) + 1);
    const leaving = one.leases.leave();
    await eventually(() => holds(one)).toBe(false);
    // Nobody acts for the tenant when they leave.
    expect(holds(other)).toBe(false);
    world.voice.setListeners(lounge, 0);
    await eventually(() => {
      world.clock.advance(100);
      return world.players(tenant)[0]?.volume;
    }).toBe(90);
    await world.node.control.fault({ slowMs: 0 });
    await Promise.all([underWay, leaving]);
    await eventually(() => holds(other)).toBe(true);
    await eventually(() => world.players(tenant)[0]?.paused).toBe(true);
    await expect(other.audio.commands.read(key())).resolves.toMatchObject({ state: 'waiting' });
    world.clock.advance(20_000);
    world.voice.setListeners(lounge, 1);
    await eventually(() => world.players(tenant)[0]?.paused).toBe(false);
    await expect(other.audio.commands.read(key())).resolves.toMatchObject({ state: 'playing' });
  });
});

describe('one that was replaced without knowing', () => {
  it('stores nothing, plays nothing, and its connection to the node is gone', async () => {
    const [one, other] = await playingBesideAnother();
    const [session] = sessions();
    await takenOver(one, other);
    await reachesNode(other);
    expect(sessions()).toEqual([{ ...session, attached: true }]);
    const version = await stored();
    await expect(one.audio.commands.pause(key(), member())).rejects.toMatchObject(isElsewhere);
    await expect(play(one, 'night shift')).rejects.toMatchObject(isElsewhere);
    await expect(one.audio.commands.stop(key(), member())).rejects.toMatchObject(isElsewhere);
    await expect(one.audio.commands.deleteSessions(tenant)).rejects.toMatchObject(isElsewhere);
    expect(await stored()).toBe(version);
    expect(world.players(tenant)).toMatchObject([{ paused: false, title: 'Overnight Express' }]);
    await expect(other.audio.commands.pause(key(), member())).resolves.toMatchObject({ state: 'paused' });
  });

  it('changes nothing of what members keep, so that who is erased stays erased', async () => {
    const [one, other] = await playingBesideAnother();
    const keep = (by: AudioReplica) =>
      by.audio.library.change(
        key(),
        { ...member(), idempotencyKey: 'txn_1 favourite.add' },
        'favourite.add',
        undefined,
      );
    await keep(one);
    await takenOver(one, other);
    await other.audio.commands.eraseMember(tenant, ada);
    await expect(keep(one)).rejects.toMatchObject(isElsewhere);
    await expect(one.audio.commands.eraseMember(tenant, ada)).rejects.toMatchObject(isElsewhere);
    const { rows } = await world.admin.query('select owner from track_list where tenant_id = $1 and owner = $2', [
      tenant,
      ada,
    ]);
    expect(rows).toEqual([]);
  });

  it('gets its share again when it goes on, and what it plays for the others goes on meanwhile', async () => {
    const [one, other] = await playingBesideAnother();
    await takenOver(one, other);
    one.goOn();
    await eventually(() => [one.leases.size, other.leases.size]).toEqual([2, 2]);
    await eventually(() => sessions().map(({ attached }) => attached)).toEqual([true]);
    expect(world.players(tenant)).toMatchObject([{ title: 'Overnight Express', paused: false, connected: true }]);
  });
});

describe('a session of the node whose socket is still open', () => {
  it('is asked for again until it can be resumed, instead of playing beside it', async () => {
    const [one, other] = await playingBesideAnother({ cutsOff: false });
    const [session] = sessions();
    await takenOver(one, other);
    await eventually(() => begun(other)).toBeGreaterThan(0);
    expect(world.players(tenant)).toHaveLength(1);
    // It learns of its end.
    one.goOn();
    await eventually(() => sessions()).toEqual([{ ...session, attached: true }]);
    expect(world.players(tenant)).toMatchObject([{ sessionId: session?.id, title: 'Overnight Express' }]);
  });

  it('is not given up because the node cannot be asked about it', async () => {
    const [one, other] = await playingBesideAnother({ cutsOff: false });
    const [session] = sessions();
    await world.node.control.fault({ restStatus: 503 });
    await takenOver(one, other);
    await eventually(() => begun(other)).toBeGreaterThan(1);
    await world.node.control.fault({ restStatus: 0 });
    one.goOn();
    await eventually(() => sessions()).toEqual([{ ...session, attached: true }]);
    expect(world.players(tenant)).toMatchObject([{ sessionId: session?.id, title: 'Overnight Express' }]);
  });

  it('is emptied in the end, and the music goes on in another at its position', async () => {
    const [one, other] = await playingBesideAnother({ cutsOff: false });
    const [session] = sessions();
    const [before] = world.players(tenant);
    await takenOver(one, other);
    await eventually(() => begun(other)).toBe(5);
    await eventually(() => world.players(tenant).some(({ sessionId }) => sessionId !== session?.id)).toBe(true);
    expect(world.players(tenant)).toMatchObject([{ title: 'Overnight Express' }]);
    expect(Math.abs((world.players(tenant)[0]?.positionMs ?? 0) - (before?.positionMs ?? 0))).toBeLessThan(10_000);
  });
});

it('a key that was rotated and destroyed meanwhile is not used again by one that still had it in memory', async () => {
  const [one, other] = await playingBesideAnother();
  // Sealed with a key that it remembers.
  await one.audio.commands.setVolume(key(), member(), 90);
  const before = one.leases.of(tenant)?.token ?? Number.NaN;
  await takenOver(one, other);
  await other.audio.recovered;
  await rotateTo(2);
  one.goOn();
  await other.leases.leave();
  // Not the lease of which it does not know yet that it is over.
  await eventually(() => (one.leases.of(tenant)?.token ?? 0) > before).toBe(true);
  await one.audio.commands.pause(key(), member());
  const { rows } = await world.admin.query<{ sealed: Buffer }>(
    "select decode(document ->> 'sealed', 'base64') as sealed from music_session where tenant_id = $1",
    [tenant],
  );
  expect(rows.map(({ sealed }) => keyVersionOf(sealed))).toEqual([2]);
  // The node's connection may still be on its way.
  await eventually(async () => (await one.audio.commands.read(key()))?.state).toBe('paused');
});
