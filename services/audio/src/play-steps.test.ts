import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { EnqueueResponse } from '#services/contracts/player.ts';
import { isElsewhere } from './application/held-tenants.ts';
import type { Asker } from './application/member-rules.ts';
import { audioRig, eventually, guild, lounge, member, otherLounge, type AudioRig } from '../testing/audio-rig.ts';
import { twoAudios, type AudioReplica, type TwoAudios } from '../testing/two-audios.ts';

/*
 * The steps of a /play (README.md): each fails, or the process that carries it out ends there and another takes over. What
 * is stored is played, and of what is not stored nothing is left.
 */
let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(async () => {
  for (const release of released.splice(0)) release();
  await stack.disposeAsync();
});

const asker: Asker = { ...member(), idempotencyKey: 'a request' };
const isOrder = ({ method, body }: { method?: string | undefined; body?: string | undefined }) =>
  method === 'PATCH' && body?.includes('"encoded":"') === true;

describe('a step that fails', () => {
  let rig: AudioRig;
  beforeEach(async () => {
    rig = stack.use(await audioRig({ answerWithinMs: 500 }));
  });

  const play = (query = 'overnight express', by: Asker = member()) =>
    rig.audio.commands.enqueue(rig.guildKey, by, query);
  const read = () => rig.audio.commands.read(rig.guildKey);
  /** Where the bot is, what the node plays, and what is stored. */
  const found = async () => {
    const { state, voiceChannel, current, queue } = await read();
    const sounds = rig.playing()?.title ?? null;
    const waits = queue.map(({ title }) => title);
    return { where: rig.voice.where(rig.guildKey), sounds, state, voiceChannel, current: current?.title, waits };
  };
  const nothing = { where: undefined, sounds: null, state: 'idle', voiceChannel: null, current: undefined, waits: [] };
  const inTime = (ms = 1_000) =>
    eventually(async () => {
      rig.clock.advance(ms);
      return found();
    });
  /** The database refuses to store sessions like these. */
  const storing = async (refused: string | null) => {
    const admin = stack.adopt(new pg.Client(rig.database.adminUrl), (client) => client.end());
    await admin.connect();
    await admin.query(
      refused === null
        ? 'drop trigger refuse on music_session'
        : `create or replace function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
           create trigger refuse before insert or update on music_session for each row when (${refused}) execute function refuse()`,
    );
  };
  const inTheLounge = { where: lounge, state: 'playing', voiceChannel: lounge };

  it('the search: the bot joins nothing', async () => {
    rig.faults.refuse = ({ path }) => (path.includes('/loadtracks') ? 500 : undefined);
    await expect(play()).rejects.toMatchObject({ code: 'player.node-failed' });
    expect(await found()).toEqual(nothing);
    expect(rig.voice.sent).toEqual([]);
  });

  it.each(['voice.full', 'voice.not-allowed', 'voice.unknown-channel'])(
    'the join, by %s: nothing is added',
    async (code) => {
      rig.voice.refusing.set(lounge, code);
      await expect(play()).rejects.toMatchObject({ code });
      expect(await found()).toEqual(nothing);
    },
  );

  it('the join, of which the edge has not answered, but which it has done: the bot leaves again', async () => {
    const send = rig.voice.send.bind(rig.voice);
    rig.voice.send = async (...sent) => {
      rig.voice.send = send;
      await send(...sent);
      throw new Error('no answer');
    };
    await expect(play()).rejects.toThrow('no answer');
    expect(rig.voice.where(rig.guildKey)).toBe(lounge);
    await inTime().toEqual(nothing);
  });

  it('the join of another channel: the bot is back where it was, with what others had added there', async () => {
    await play();
    await play('harbour lights');
    await inTime().toMatchObject({ ...inTheLounge, sounds: 'Overnight Express' });
    rig.voice.setListeners(lounge, 0);
    await inTime(0).toMatchObject({ state: 'waiting' });
    rig.voice.full.add(otherLounge);
    const { length } = rig.voice.sent;
    const answer = expect(play('low water', member(otherLounge))).rejects.toMatchObject({
      code: 'player.voice-unavailable',
    });
    await eventually(() => rig.voice.sent.length).toBe(length + 1);
    rig.clock.advance(5_000);
    await answer;
    expect(rig.voice.sent.at(-1)?.channel).toBe(lounge);
    rig.voice.setListeners(lounge, 1);
    await inTime().toMatchObject({ ...inTheLounge, sounds: 'Overnight Express', waits: ['Harbour Lights'] });
  });

  it('storing it: the bot leaves again', async () => {
    await storing('true');
    await expect(play()).rejects.toThrow('refused');
    expect(rig.voice.where(rig.guildKey)).toBe(lounge);
    await inTime().toEqual(nothing);
  });

  it('storing it, and the repeated request stores it: the bot stays', async () => {
    await storing('true');
    await expect(play('overnight express', asker)).rejects.toThrow('refused');
    await storing(null);
    rig.clock.advance(5_000);
    await play('overnight express', asker);
    for (let second = 0; second < 12; second += 1) rig.clock.advance(1_000);
    await inTime().toMatchObject({ ...inTheLounge, sounds: 'Overnight Express' });
    expect(rig.voice.sent.map(({ channel }) => channel)).toEqual([lounge]);
  });

  it('the order, which the node refuses: the member is told so, the track is gone, and the bot with it', async () => {
    rig.faults.refuse = (request) => (isOrder(request) ? 400 : undefined);
    const { refused, player } = await play();
    expect(refused).toBe('“Overnight Express” was skipped: the music server refused it.');
    expect(player).toMatchObject({ state: 'idle', queueLength: 0, voiceChannel: null });
    await inTime(0).toEqual(nothing);
  });

  it('the order, which the node refuses: what others have added plays on, and the bot stays', async () => {
    await play();
    await play('harbour lights');
    let orders = 0;
    // It is tried twice.
    rig.faults.refuse = (request) => (isOrder(request) && (orders += 1) <= 2 ? 400 : undefined);
    const { refused } = await rig.audio.commands.enqueue(rig.guildKey, member(), 'low water', { placement: 'now' });
    expect(refused).toContain('the music server refused it');
    await inTime(100).toMatchObject({ ...inTheLounge, sounds: 'Harbour Lights', waits: [] });
  });

  it.each([
    ['is away', { dead: true }, { dead: false }],
    ['does not answer', { restSilent: 'lost' }, { restSilent: null }],
  ] as const)(
    'the order, as the node %s: the music waits, says so, and plays when it is back',
    async (_name, away, back) => {
      // What was found a moment ago is not looked for again.
      await play();
      await rig.audio.commands.stop(rig.guildKey, member());
      await inTime(0).toEqual(nothing);
      await rig.node.control.fault(away);
      const answer = play();
      const passing = setInterval(() => rig.clock.advance(100), 20);
      stack.defer(() => clearInterval(passing));
      expect(await answer).toMatchObject({ addedCount: 1, refused: null, player: { state: 'waiting' } });
      clearInterval(passing);
      expect(await found()).toMatchObject({ where: lounge, sounds: null, current: 'Overnight Express' });
      await rig.node.control.fault(back);
      await inTime().toMatchObject({ ...inTheLounge, sounds: 'Overnight Express', waits: [] });
    },
  );

  it('noting which node has taken it: it is found again, plays once, and does what members ask for', async () => {
    await storing('new.version = 2');
    await expect(play('overnight express', asker)).rejects.toThrow('refused');
    await storing(null);
    expect(await play('overnight express', asker)).toMatchObject({ addedCount: 1, player: { queueLength: 0 } });
    await inTime(100).toMatchObject({ ...inTheLounge, sounds: 'Overnight Express', waits: [] });
    await rig.audio.commands.pause(rig.guildKey, member());
    await eventually(() => {
      rig.clock.advance(500);
      return rig.playing()?.paused;
    }).toBe(true);
  });

  it('the answer, and the music was ended before the member asked for it again: they are told why', async () => {
    await play('overnight express', asker);
    rig.voice.kick(rig.guildKey);
    await inTime(0).toEqual(nothing);
    expect(await play('overnight express', asker)).toMatchObject({
      refused: 'The bot was disconnected from the voice channel.',
      player: { state: 'idle' },
    });
  });
});

const released: (() => void)[] = [];
/** A place in which the work of a process stays for good. */
function trap() {
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  released.push(held.resolve);
  return {
    reached: reached.promise,
    stay: async () => {
      reached.resolve();
      await held.promise;
    },
  };
}

const steps = [
  'while it searches',
  'in the channel, before it is stored',
  'stored, before the node is told',
  'the node has been told, and nobody knows',
] as const;

let world: TwoAudios;
let tenant: TenantId;
const key = () => ({ tenant, guild });
const play = ({ audio }: AudioReplica) => audio.commands.enqueue(key(), asker, 'overnight express');
const sounding = () => world.players(tenant).filter(({ title, paused }) => title !== null && !paused);

/** As gateway-proxy asks until somebody acts for the tenant. */
async function repeated(by: AudioReplica): Promise<EnqueueResponse> {
  for (;;) {
    try {
      return await play(by);
    } catch (error) {
      if (!isElsewhere(error)) throw error;
      await delay(20);
    }
  }
}

/** The first process stays in this step, and no longer renews its leases. */
async function killedAt(step: (typeof steps)[number]): Promise<AudioReplica> {
  const { reached, stay } = trap();
  const one = stack.use(
    await world.start(1, {
      async refuse(request) {
        if (step === 'while it searches' && request.path.includes('/loadtracks')) await stay();
        if (step === 'stored, before the node is told' && isOrder(request)) {
          await stay();
          return 500;
        }
        return undefined;
      },
      async answered(request) {
        if (step === 'the node has been told, and nobody knows' && isOrder(request)) await stay();
      },
    }),
  );
  const send = world.voice.send.bind(world.voice);
  if (step === 'in the channel, before it is stored')
    world.voice.send = async (...sent) => {
      world.voice.send = send;
      await send(...sent);
      await stay();
    };
  void play(one).catch(() => undefined);
  await reached;
  const other = stack.use(await world.start(2));
  one.stop();
  await eventually(() => other.leases.of(tenant) !== undefined).toBe(true);
  return other;
}

const passes = (ms: number) => world.clock.advance(ms);

describe('an audio that ends in the middle of a /play', () => {
  beforeEach(async () => {
    world = stack.use(await twoAudios());
    [tenant] = world.tenants as [TenantId];
  });

  it.each(steps)('%s: the repeated request makes it whole, once', async (step) => {
    const other = await killedAt(step);
    const answer = await repeated(other);
    expect(answer.added.map(({ title }) => title)).toEqual(['Overnight Express']);
    await eventually(async () => {
      passes(500);
      return [sounding().map(({ title }) => title), await other.audio.commands.read(key())];
    }).toEqual([
      ['Overnight Express'],
      expect.objectContaining({ state: 'playing', queueLength: 0, voiceChannel: lounge }),
    ]);
    // The node has been found: it does what members ask for.
    await other.audio.commands.pause(key(), member());
    await eventually(() => world.players(tenant).map(({ paused }) => paused)).toEqual([true]);
  });

  it.each(steps)('%s, and nobody asks again: it plays, or nothing is left', async (step) => {
    const other = await killedAt(step);
    const isStored = step.startsWith('stored') || step.startsWith('the node');
    await eventually(async () => {
      passes(1_000);
      const { state, queueLength, voiceChannel } = await other.audio.commands.read(key());
      return { sounding: sounding().length, where: world.voice.where(key()), state, queueLength, voiceChannel };
    }).toEqual(
      isStored
        ? { sounding: 1, where: lounge, state: 'playing', queueLength: 0, voiceChannel: lounge }
        : { sounding: 0, where: undefined, state: 'idle', queueLength: 0, voiceChannel: null },
    );
  });
});
