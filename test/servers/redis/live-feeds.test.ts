// @module-tag redis
import { randomBytes } from 'node:crypto';
import { EventEmitter, on } from 'node:events';
import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId, newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { RedisCounts } from '#infra/shared-state/redis-counts.ts';
import type { FanOut } from '#infra/streaming/fan-out.ts';
import { RedisFanOut } from '#infra/streaming/redis-fan-out.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import type { Player } from '#services/contracts/player.ts';
import { createFeedSharing } from '#services/api/src/live/feed-sharing.ts';
import type { TenantEvent } from '#services/api/src/live/tenant-events.ts';
import { createTenantFeeds, type TenantFeedsPorts } from '#services/api/src/live/tenant-feeds.ts';
import { scratchFolder } from '#test/scratch.ts';
import { RedisServer, untilBack } from './redis-server.ts';

/** Replicas of the api tell each other over Redis what happens live: one of them follows the parts, and nobody can read along. */
const installation = installationId('live.example');
const logger = silentLogger();
const soon = { timeout: 20_000, interval: 20 };
const stack = new AsyncDisposableStack();
let redis: RedisServer;
let custodian: ReturnType<typeof createFileCustodian>;
let opened: AsyncDisposableStack;
let tenant: TenantId;
let parts: Parts;

beforeAll(async () => {
  redis = stack.use(await RedisServer.start(installation));
  const folder = await scratchFolder('keys');
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  custodian = createFileCustodian({ folder, keyBase64: randomBytes(32).toString('base64') });
});
afterAll(() => stack.disposeAsync());
beforeEach(() => {
  opened = new AsyncDisposableStack();
  tenant = newTenantId();
  parts = new Parts();
});
afterEach(() => opened.disposeAsync());

/** The parts of the platform, as far as they stream to the api: the players, and nothing of session and instance. */
class Parts {
  readonly #emitter = new EventEmitter();
  readonly #players = new Map<string, Player>();
  #version = 0;
  open = 0;

  play(guild: string, title: string): void {
    this.#version += 1;
    const player = playerOf(guild, title, this.#version);
    this.#players.set(guild, player);
    this.#emitter.emit('line', { kind: 'player', cause: 'queue', player });
  }

  readonly stream: TenantFeedsPorts['caller']['stream'] = ({ to, signal }) => this.#lines(to, signal);

  async *#lines(to: string, signal?: AbortSignal): AsyncGenerator<unknown> {
    this.open += 1;
    try {
      const coming = on(this.#emitter, 'line', signal ? { signal } : {});
      if (to === 'audio') {
        for (const player of this.#players.values()) yield { kind: 'player', cause: 'snapshot', player };
        yield { kind: 'current' };
      }
      for await (const [line] of coming) if (to === 'audio') yield line;
    } finally {
      this.open -= 1;
    }
  }
}

const playerOf = (guild: string, title: string, version: number): Player => ({
  guild: snowflake(guild),
  state: 'playing',
  current: null,
  positionMs: 0,
  asOfMs: 0,
  volume: 100,
  loop: 'off',
  autoplay: false,
  filters: [],
  filterValues: { presets: [], speed: 100, pitch: 100, equaliser: false },
  speed: 1,
  voiceChannel: null,
  textChannel: null,
  queue: [],
  queueLength: 0,
  message: null,
  reason: title,
  why: null,
  version,
});

interface Replica extends AsyncDisposable {
  /** What plays in each server, as somebody who watches the tenant there sees it. */
  readonly seen: Map<string, string | null>;
  readonly events: TenantEvent[];
}

/** What is lost on its way from Redis, as where a connection breaks. */
interface Loss {
  isOn: boolean;
  count: number;
}
const losing = (fanOut: FanOut, loss: Loss): FanOut => ({
  publish: (topic, message) => fanOut.publish(topic, message),
  follow: (topic, listener) =>
    fanOut.follow(topic, {
      ...listener,
      heard(message) {
        if (!loss.isOn) return listener.heard(message);
        loss.count += 1;
      },
    }),
  [Symbol.asyncDispose]: () => fanOut[Symbol.asyncDispose](),
});

/** A replica of the api with somebody who watches. */
function replica(name: string, loss: Loss = { isOn: false, count: 0 }): Replica {
  const own = new AsyncDisposableStack();
  const settings = redis.settingsOf('api');
  const owner = { installation, part: 'api', logger } as const;
  const counts = own.use(new RedisCounts(settings, owner, name));
  const envelope = createEnvelope({ custodian });
  const fanOut = losing(new RedisFanOut(settings, owner), loss);
  const sharing = own.use(createFeedSharing({ fanOut, counts, envelope, clock: systemClock, logger, everyMs: 300 }));
  const caller = { stream: parts.stream } as unknown as TenantFeedsPorts['caller'];
  const feeds = own.use(createTenantFeeds({ caller, clock: systemClock, logger, sharing }));
  const seen = new Map<string, string | null>();
  const events: TenantEvent[] = [];
  own.defer(
    feeds.follow(tenant, (event) => {
      events.push(event);
      if (event.event === 'player') seen.set(event.data.player.guild, event.data.player.reason);
    }),
  );
  return { seen, events, [Symbol.asyncDispose]: () => own.disposeAsync() };
}

/** Each of three parts, followed by one replica. */
const followedOnce = () => expect.poll(() => parts.open, soon).toBe(3);

test('one of several replicas follows the parts, all see the same in its order, and one that comes later sees what there is', async () => {
  parts.play('1', 'Harbour Lights');
  const replicas = [opened.use(replica('a')), opened.use(replica('b')), opened.use(replica('c'))];
  await followedOnce();
  for (let number = 0; number < 30; number += 1) parts.play(String(1 + (number % 3)), `Track ${number}`);
  for (const { seen } of replicas)
    await expect
      .poll(() => Object.fromEntries(seen), soon)
      .toEqual({ '1': 'Track 27', '2': 'Track 28', '3': 'Track 29' });
  for (const { events } of replicas) {
    const versions = events.flatMap((each) => (each.event === 'player' ? [each.data.player.version] : []));
    expect(versions).toEqual(versions.toSorted((one, other) => one - other));
  }
  const later = opened.use(replica('d'));
  await followedOnce();
  await expect.poll(() => later.seen.get('3'), soon).toBe('Track 29');
});

test('when the one that follows the parts has gone, another one does; when Redis has, each does', async () => {
  const replicas = ['a', 'b', 'c'].map((name) => replica(name));
  for (const each of replicas) opened.use(each);
  await followedOnce();
  let number = 0;
  const reaches = async (those: readonly Replica[]) => {
    const title = `Track ${(number += 1)}`;
    parts.play('1', title);
    for (const { seen } of those) await expect.poll(() => seen.get('1'), soon).toBe(title);
  };
  await reaches(replicas);
  // One of them is the one that leads.
  await replicas[0]?.[Symbol.asyncDispose]();
  await replicas[1]?.[Symbol.asyncDispose]();
  await expect.poll(() => parts.open, soon).toBe(3);
  await reaches(replicas.slice(2));
  const again = opened.use(replica('e'));
  await followedOnce();
  await redis.stop();
  await expect.poll(() => parts.open, soon).toBe(6);
  await reaches([...replicas.slice(2), again]);
  await redis.run();
  await followedOnce();
  await reaches([...replicas.slice(2), again]);
});

test('who has missed a message notices, and asks for what there is', async () => {
  const loss = { isOn: false, count: 0 };
  const replicas = [opened.use(replica('a', loss)), opened.use(replica('b', loss))];
  await followedOnce();
  loss.isOn = true;
  parts.play('1', 'Lost');
  // Each hears of it, and once more that the other one is still there.
  await expect.poll(() => loss.count, soon).toBeGreaterThan(3);
  expect(replicas.filter(({ seen }) => seen.get('1') === 'Lost')).toHaveLength(1);
  loss.isOn = false;
  for (const { seen } of replicas) await expect.poll(() => seen.get('1'), soon).toBe('Lost');
});

test('nobody who reads along in Redis learns what plays, and what they send is not believed', async () => {
  const replicas = [opened.use(replica('a')), opened.use(replica('b'))];
  await followedOnce();
  const spy = redis.admin.duplicate();
  opened.defer(() => spy.disconnect());
  const heard: { readonly channel: string; readonly message: Buffer }[] = [];
  spy.on('pmessageBuffer', (_pattern: Buffer, channel: Buffer, message: Buffer) =>
    heard.push({ channel: channel.toString(), message }),
  );
  await spy.psubscribe('*');
  parts.play('1', 'Harbour Lights');
  for (const { seen } of replicas) await expect.poll(() => seen.get('1'), soon).toBe('Harbour Lights');
  await expect.poll(() => heard.length, soon).toBeGreaterThan(0);
  expect(heard.every(({ message }) => !message.toString('latin1').includes('Harbour'))).toBe(true);
  const { user: username, password } = redis.settingsOf('api');
  const other = redis.connect({ username, password });
  opened.defer(() => other.disconnect());
  await untilBack(() => other.time());
  for (const channel of ['*', heard[0]?.channel.replace('live.example', 'live2.example') ?? ''])
    await expect(other.publish(channel, 'x')).rejects.toThrow(/NOPERM/);
  await expect(other.subscribe('anything')).rejects.toThrow(/NOPERM/);
  const [{ channel, message }] = heard as [(typeof heard)[number]];
  const edited = Buffer.from(message);
  edited[edited.length - 1] = (edited.at(-1) ?? 0) ^ 1;
  for (const forged of [edited, Buffer.from(JSON.stringify({ kind: 'still', by: 'x', number: 9 })), message])
    await redis.admin.publish(channel, forged);
  parts.play('1', 'After it');
  for (const { seen } of replicas) await expect.poll(() => seen.get('1'), soon).toBe('After it');
});
