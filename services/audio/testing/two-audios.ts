import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import pg from 'pg';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { TenantLeases } from '#infra/leases/tenant-leases.ts';
import { ProcessClock, timing } from '#infra/leases/testing/replica.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { scratchFolder } from '#test/scratch.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { startLavalink, type LavalinkServer, type PlayerView } from '#test/sandbox/lavalink/index.ts';
import type { Audio } from '../src/build.ts';
import { NodeDirectory } from '../src/infrastructure/lavalink/node-directory.ts';
import { directTransport, Fence, type Hooks } from './direct-transport.ts';
import { launchAudio, type LaunchedAudio } from './launch-audio.ts';
import { VoiceWorld } from './voice-world.ts';

const password = 'a-node-password-for-tests';

/** One of several audio services, with leases and a clock of its own. */
export interface AudioReplica extends AsyncDisposable {
  readonly audio: Audio;
  readonly library: LaunchedAudio['library'];
  readonly leases: TenantLeases;
  /** Messages of nodes that it has read. */
  readonly told: readonly string[];
  /** As SIGSTOP does to the renewal of its leases: it acts on, and knows of nothing. */
  stop(): void;
  goOn(): void;
}

interface HowToStart extends Pick<Hooks, 'refuse' | 'answered'> {
  /** False: the sockets of one that was replaced stay open, as if nothing lay between. */
  readonly cutsOff?: boolean;
}

export interface TwoAudios extends AsyncDisposable {
  /** Of the music. Leases have the real one. */
  readonly clock: FakeClock;
  readonly tenants: readonly TenantId[];
  readonly voice: VoiceWorld;
  readonly node: LavalinkServer;
  readonly custodian: Custodian;
  readonly admin: pg.Pool;
  /** As the audio service's role. */
  readonly database: Database;
  /** Starts a service. */
  start(number: 1 | 2, options?: HowToStart): Promise<AudioReplica>;
  /** Players that the node has for a tenant's bot, in all sessions. */
  players(tenant: TenantId): PlayerView[];
}

/**
 * The audio service, twice, on a real database and the sandbox's Lavalink, for four tenants.
 * @param given by default a new database, removed at the end
 */
export async function twoAudios(given?: TestDatabase): Promise<TwoAudios> {
  await using starting = new AsyncDisposableStack();
  const clock = new FakeClock(Date.now());
  const tenants = Array.from({ length: 4 }, () => newTenantId());
  const bots = new Map(tenants.map((tenant, index) => [tenant, snowflake(`20000000000000000${index + 1}`)]));
  const voice = new VoiceWorld(bots);
  const node = starting.use(
    await startLavalink({
      password,
      clock: { now: () => clock.now(), after: (ms, run) => ({ cancel: clock.after(ms, run) }) },
      voice: voice.lookup,
    }),
  );
  voice.changed = (userId, guildId) => node.control.voiceChanged(userId, guildId);
  const database = given ?? starting.use(await testDatabase('audio'));
  const admin = starting.adopt(new pg.Pool({ connectionString: database.adminUrl, max: 2 }), (pool) => pool.end());
  // The database may end before its connections.
  admin.on('error', () => undefined);
  for (const tenant of tenants) await admin.query('insert into tenant (id, name) values ($1, $1)', [tenant]);
  const pool = starting.use(openDatabase({ url: database.url, maxConnections: 1 }));
  const folder = await scratchFolder('keys');
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const keyBase64 = randomBytes(32).toString('base64');
  const custodian = createFileCustodian({ folder, keyBase64 }, clock);
  const fence = new Fence();
  const resources = starting.move();
  return {
    clock,
    tenants,
    voice,
    node,
    custodian,
    admin,
    database: pool,
    players: (tenant) => node.control.view().players.filter(({ userId }) => userId === bots.get(tenant)),
    async start(number, { cutsOff = true, refuse, answered } = {}) {
      const told: string[] = [];
      const processClock = new ProcessClock(0);
      let made: TenantLeases | undefined;
      const launched = await launchAudio({
        nodes: new NodeDirectory([{ id: 'main' }]),
        databaseUrl: database.url,
        custodian,
        transport: directTransport(new Map([['main', { port: node.port, password }]]), {
          told: (message) => told.push(message),
          refuse,
          answered,
          ...(cutsOff ? { fence } : {}),
        }),
        voiceLink: voice,
        clock,
        leasesOf: (pool) =>
          (made = new TenantLeases({
            database: pool,
            part: 'audio',
            replicas: number,
            machine: `machine-${number}`,
            clock: processClock,
            logger: silentLogger(),
            timing,
          })),
      });
      const leases = made as TenantLeases;
      await leases.join(`https://127.0.0.1:${number}`, launched.audio.tenants);
      await launched.audio.recovered;
      return {
        audio: launched.audio,
        library: launched.library,
        leases,
        told,
        stop: () => processClock.stop(),
        goOn: () => processClock.goOn(),
        async [Symbol.asyncDispose]() {
          await leases.leave();
          await leases[Symbol.asyncDispose]();
          await launched[Symbol.asyncDispose]();
        },
      };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
