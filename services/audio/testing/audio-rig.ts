import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { expect } from 'vitest';
import { openDatabase } from '#infra/database/pool.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId, snowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Lease } from '#infra/leases/lease.ts';
import type { LeaseEvents } from '#infra/leases/tenant-leases.ts';
import type { Health } from '#infra/observability/health.ts';
import { keyringFaults, type Custodian } from '#security/keyring/custodian.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { scratchFolder } from '#test/scratch.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { startLavalink, type LavalinkServer, type PlayerView } from '#test/sandbox/lavalink/index.ts';
import type { PlayerEvent } from '#services/contracts/player.ts';
import type { Asker } from '../src/application/member-rules.ts';
import type { GuildKey } from '../src/application/ports.ts';
import type { RequestChannels } from '../src/application/request-channels.ts';
import type { Audio } from '../src/build.ts';
import { NodeDirectory } from '../src/infrastructure/lavalink/node-directory.ts';
import { directTransport, type Refuse } from './direct-transport.ts';
import { launchAudio } from './launch-audio.ts';
import { VoiceWorld } from './voice-world.ts';

const password = 'a-node-password-for-tests';

export const guild = snowflake('100000000000000001');
export const lounge = snowflake('300000000000000001');
export const otherLounge = snowflake('300000000000000002');
export const text = snowflake('400000000000000001');
export const ada = snowflake('500000000000000001');

/** Ada, in a voice channel, as the caller. */
export const member = (voiceChannel: Snowflake | null = lounge): Asker => ({
  kind: 'discord',
  user: ada,
  channel: text,
  voiceChannel,
});

/** Reports from a node or a stream take time: polls until it holds, for at most ten seconds. */
export const eventually = <Value>(look: () => Value) => expect.poll(look, { timeout: 60_000, interval: 20 });

/** The same while a second passes between two looks. Not more often: a track must not end meanwhile. */
export const asTimePasses = <Value>(clock: FakeClock, look: () => Value) =>
  expect.poll(
    () => {
      clock.advance(1_000);
      return look();
    },
    { timeout: 15_000, interval: 150 },
  );

export interface AudioRig extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly database: TestDatabase;
  readonly voice: VoiceWorld;
  readonly nodes: ReadonlyMap<string, LavalinkServer>;
  /** What audio knows of them. */
  readonly directory: NodeDirectory;
  /** The first node. */
  readonly node: LavalinkServer;
  readonly tenants: readonly [TenantId, TenantId];
  readonly guildKey: GuildKey;
  /** Of the service that runs now. */
  readonly audio: Audio;
  readonly health: Health;
  readonly seen: PlayerEvent[];
  /** Every message of the nodes that audio has read. */
  readonly told: readonly string[];
  /** How often a socket to a node was attempted. */
  readonly tries: number;
  /** What happens to requests on their way to a node. */
  readonly faults: { refuse?: Refuse; keysAway?: boolean };
  readonly custodian: Custodian;
  /** By default every channel can be one. */
  readonly requestChannels: { -readonly [Call in keyof RequestChannels]: RequestChannels[Call] };
  /** Replaces the stored session of the guild by another, unsealed, as an early release would have stored it. */
  edit(change: (document: Readonly<Record<string, unknown>>) => object): Promise<void>;
  /** The guild's player as reported by a node. */
  playing(node?: string): PlayerView | undefined;
  /** Stops the service as a restart would, and starts it again on the same database. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/**
 * The audio service over a real database and the sandbox's real Lavalink nodes, with one manual clock for all. Only the
 * path through gateway-proxy and discord-edge is shortened.
 */
export async function audioRig(
  options: { nodes?: readonly string[]; clock?: FakeClock; answerWithinMs?: number } = {},
): Promise<AudioRig> {
  await using starting = new AsyncDisposableStack();
  const clock = options.clock ?? new FakeClock(Date.now());
  const tenants = [newTenantId(), newTenantId()] as const;
  const bots = tenants.map((tenant, index) => [tenant, snowflake(`20000000000000000${index + 1}`)] as const);
  const voice = new VoiceWorld(new Map(bots));
  const within = options.answerWithinMs;
  const answerWithinMs = within === undefined ? undefined : { load: within, other: within };
  const ids = options.nodes ?? ['main'];
  const directory = new NodeDirectory(ids.map((id) => ({ id })));
  const nodes = new Map<string, LavalinkServer>();
  for (const id of ids) {
    const server = await startLavalink({
      password,
      clock: { now: () => clock.now(), after: (ms, run) => ({ cancel: clock.after(ms, run) }) },
      voice: voice.lookup,
    });
    nodes.set(id, starting.use(server));
  }
  voice.changed = (userId, guildId) => {
    for (const node of nodes.values()) node.control.voiceChanged(userId, guildId);
  };
  const database = starting.use(await testDatabase('audio'));
  const keyring = await scratchFolder('keys');
  starting.defer(() => rm(keyring, { recursive: true, force: true }));
  const keyBase64 = randomBytes(32).toString('base64');
  const guildKey: GuildKey = { tenant: tenants[0], guild };
  const seen: PlayerEvent[] = [];
  const told: string[] = [];
  let tries = 0;
  const faults: AudioRig['faults'] = {};
  const requestChannels: AudioRig['requestChannels'] = {
    check: async () => undefined,
    changed: async () => undefined,
  };
  const custodian = awayAtTimes(createFileCustodian({ folder: keyring, keyBase64 }, clock), faults);
  const ports = new Map([...nodes].map(([id, { port }]) => [id, { port, password }]));
  const leases = starting.use(testLeases(database.adminUrl));
  const launch = async () => {
    const launched = await launchAudio({
      nodes: directory,
      answerWithinMs,
      databaseUrl: database.url,
      custodian,
      transport: directTransport(ports, {
        refuse: (request, node) => faults.refuse?.(request, node),
        told: (message) => told.push(message),
        connecting: () => (tries += 1),
      }),
      voiceLink: voice,
      requestChannels,
      clock,
      leasesOf: (_pool, audio) => ({ claim: (tenant) => leases.hold(tenant, audio().tenants) }),
    });
    const { audio } = launched;
    leases.begin();
    for (const tenant of tenants) await leases.hold(tenant, audio.tenants);
    audio.events.subscribe(guildKey.tenant, (event) => seen.push(event));
    return launched;
  };
  let running: Awaited<ReturnType<typeof launch>> | undefined = await launch();
  const current = () => {
    if (!running) throw new Error('the service is stopped');
    return running;
  };
  const stop = async () => {
    await running?.[Symbol.asyncDispose]();
    running = undefined;
  };
  const start = async () => {
    running = await launch();
    await running.audio.recovered;
  };
  starting.defer(stop);
  const resources = starting.move();
  const first = nodes.get(ids[0] ?? '');
  if (!first) throw new Error('a rig needs a node');
  await current().audio.recovered;
  return {
    clock,
    database,
    voice,
    nodes,
    directory,
    node: first,
    tenants,
    guildKey,
    seen,
    told,
    faults,
    custodian,
    requestChannels,
    get tries() {
      return tries;
    },
    get audio() {
      return current().audio;
    },
    get health() {
      return current().health;
    },
    playing: (node = ids[0] ?? '') =>
      nodes
        .get(node)
        ?.control.view()
        .players.find(({ guildId }) => guildId === guild),
    async edit(change) {
      await using admin = openDatabase({ url: database.adminUrl, maxConnections: 1 });
      const { tenant } = guildKey;
      const location = { tenant, table: 'music_session', column: 'document', row: guild };
      const envelope = createEnvelope({ custodian });
      await admin.inTenant(tenant, async (transaction) => {
        const { rows } = await transaction.query<{ document: { sealed: string } }>(
          'select document from music_session where tenant_id = $1 and guild_id = $2',
          [tenant, guild],
        );
        const opened = await envelope.open(Buffer.from(rows[0]?.document.sealed ?? '', 'base64'), location);
        const document = JSON.parse(Buffer.from(opened).toString('utf8')) as Readonly<Record<string, unknown>>;
        await transaction.query('update music_session set document = $3 where tenant_id = $1 and guild_id = $2', [
          tenant,
          guild,
          JSON.stringify(change(document)),
        ]);
      });
    },
    stop,
    start,
    async restart() {
      await stop();
      await start();
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Leases of the real table, which the service that runs now holds until the next one begins. */
function testLeases(adminUrl: string) {
  const admin = openDatabase({ url: adminUrl, maxConnections: 1 });
  let held = new Map<TenantId, Lease>();
  return {
    begin: () => void (held = new Map()),
    async hold(tenant: TenantId, events: LeaseEvents): Promise<Lease> {
      const known = held.get(tenant);
      if (known) return known;
      const [row] = await admin.acrossTenants(async (transaction) => {
        await transaction.query("insert into tenant (id, name) values ($1, 'A tenant') on conflict do nothing", [
          tenant,
        ]);
        await transaction.query(
          "insert into replica values ('rep_rig', 'audio', 'https://127.0.0.1:1', now() + interval '1 day') on conflict do nothing",
        );
        const { rows } = await transaction.query<{ token: number }>(
          `update tenant_lease set replica_id = 'rep_rig', token = token + 1 where part = 'audio' and tenant_id = $1
             returning token::int`,
          [tenant],
        );
        return rows;
      });
      const lease: Lease = { tenant, part: 'audio', token: row?.token ?? 0 };
      held.set(tenant, lease);
      events.taken(lease);
      return lease;
    },
    [Symbol.asyncDispose]: () => admin[Symbol.asyncDispose](),
  };
}

/** Real keys, which cannot be reached while the fault says so. */
const awayAtTimes = (custodian: Custodian, faults: AudioRig['faults']): Custodian =>
  new Proxy(custodian, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return faults.keysAway
        ? () => Promise.reject(keyringFaults.unavailable('as the test wants', undefined))
        : method.bind(target);
    },
  });
