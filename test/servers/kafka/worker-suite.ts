import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { openDatabase } from '#infra/database/pool.ts';
import { openJobs } from '#infra/jobs/jobs.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { openPostgresCarrier } from '#infra/streaming/postgres-carrier.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { tellOfRotation } from '#security/keyring/key-events.ts';
import { checkLive } from '#services/cli/src/doctor/outside.ts';
import { playWindows } from '#services/worker/src/statistics/play-windows.ts';
import { minute, tellOf } from '#services/worker/src/statistics/session-events.fixture.ts';
import { createEndpoints } from '#services/worker/src/webhooks/endpoints.ts';
import { workerProcesses, type WorkerProcess, type WorkerProcesses } from '#services/worker/testing/worker-process.ts';
import { createAuthority } from '#test/authority.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { startReceiver, type Receiver } from '#test/https-receiver.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import type { Bus } from './kafka-bus.ts';
import { readBySchema } from './schema-reader.ts';

const hourMs = 60 * minute;

/** The worker as the launcher starts it, and what `bailiwick doctor` says about its Kafka. */
export function workerSuite(bus: Bus): void {
  const stack = new AsyncDisposableStack();
  let server: TestDatabase;
  let installation: TestInstallation;
  let receiver: Receiver;
  let folder: string;
  let processes: WorkerProcesses;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-kafka-worker-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    server = stack.use(await testDatabase('worker'));
    installation = stack.use(await testInstallation({ database: server }));
    receiver = stack.use(await startReceiver());
    processes = stack.use(await workerProcesses(server, installation));
  });
  afterAll(() => stack.disposeAsync());

  const startWorker = () =>
    processes.start({
      webhooks: { privateHosts: ['localhost'], trustPem: receiver.trustPem },
      events: bus.settings(),
    });
  /** Over Kafka. */
  let running: WorkerProcess | undefined;

  test('a webhook is told of what happens over Kafka, once for each event, also if worker and broker are killed', async () => {
    const tenant = newTenantId();
    await using database = openDatabase({ url: server.url, maxConnections: 2 });
    const admin = new pg.Pool({ connectionString: server.adminUrl, max: 1 });
    stack.defer(() => admin.end());
    await admin.query('insert into tenant (id, name) values ($1, $1)', [tenant]);
    const envelope = createEnvelope({ custodian: createFileCustodian(processes.keys), clock: systemClock });
    await using _jobs = await openJobs({ url: server.url, maxConnections: 1 }, { database, logger: silentLogger() });
    const endpoints = createEndpoints({ envelope, privateHosts: ['localhost'], now: () => Date.now() });
    await database.inTenant(tenant, (transaction) =>
      endpoints.create(transaction, tenant, { url: receiver.url, description: '', events: ['key.rotated'] }),
    );
    const rotated = (version: number) =>
      database.inTenant(tenant, (transaction) =>
        tellOfRotation(
          transaction,
          tenant,
          { purpose: 'data', version },
          { actor: { type: 'service', id: 'api' } },
          Date.now(),
        ),
      );
    const told = () =>
      receiver.received
        .map(({ body }) => (JSON.parse(body) as { data: { version: number } }).data.version)
        .toSorted((one, other) => one - other);
    const soon = { timeout: 60_000, interval: 100 };

    const first = await startWorker();
    await rotated(1);
    await expect.poll(told, soon).toEqual([1]);
    const { rows } = await admin.query<{ on_kafka: boolean }>(
      "select exists (select from event_subscription where name = 'event-relay') as on_kafka",
    );
    expect(rows).toEqual([{ on_kafka: true }]);

    await bus.kafka().kill();
    await rotated(2);
    await expect
      .poll(async () => JSON.stringify(await (await fetch(`${first.opsUrl}/health`)).json()), soon)
      .toMatch(/events wait since/);
    first.child.kill('SIGKILL');
    await rotated(3);
    await bus.kafka().run();
    running = await startWorker();
    await rotated(4);
    await expect.poll(told, soon).toEqual([1, 2, 3, 4]);
  });

  test('plays are counted in windows over Kafka as over PostgreSQL, and a client that is not ours reads them by their schemas', async () => {
    await using audio = openDatabase({ url: server.urlOf('audio'), maxConnections: 2 });
    await using admin = openDatabase({ url: server.adminUrl, maxConnections: 2 });
    await using database = openDatabase({ url: server.url, maxConnections: 4 });
    await using stopped = new AsyncDisposableStack();
    const followPostgres = async () => {
      const { child } = running ?? (await startWorker());
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      running = undefined;
      const ports = { database, consumers: ['webhooks', 'play-windows'], clock: systemClock, logger: silentLogger() };
      const carrier = stopped.use(await openPostgresCarrier(ports));
      stopped.use(await carrier.follow(playWindows(systemClock)));
    };
    const tell = tellOf(audio);
    const at = Math.floor(Date.now() / hourMs) * hourMs - 5 * hourMs;
    const panes = async (tenant: TenantId) => {
      const rows = await admin.queryAcrossTenants<{ minutes: number; key: string; value: number }>({
        text: `select extract(epoch from at - $2)::int / 60 as minutes, key, value::int from window_pane
                 where tenant_id = $1 order by 1, 2`,
        values: [tenant, new Date(at)],
      });
      return rows.map(({ minutes, key, value }) => `${minutes} ${key} ${value}`);
    };
    const played = { entryId: 'e', positionMs: 0, asOfMs: at };
    const counted: Record<string, string[]> = {};
    let onKafka = '';
    for (const [name, follow] of [
      ['kafka', async () => (running ??= await startWorker())],
      ['postgres', followPostgres],
    ] as const) {
      const tenant = newTenantId();
      await admin.queryAcrossTenants({ text: 'insert into tenant (id, name) values ($1, $1)', values: [tenant] });
      await follow();
      for (const guild of ['1', '2', '3'])
        await tell(
          [
            ['TrackOrdered', at],
            ['TrackStarted', at + 1_000, played],
            ['Paused', at + 61_000],
            ['Resumed', at + 121_000],
            ['TrackEnded', at + 161_000, { ending: 'skipped' }],
            ['TrackOrdered', at + 6 * minute],
            ['TrackStarted', at + 6 * minute, played],
            ['TrackEnded', at + 9 * minute, { ending: guild === '3' ? 'failed' : 'finished' }],
          ],
          { of: tenant, guild },
        );
      await expect.poll(() => panes(tenant)).toHaveLength(6);
      counted[name] = await panes(tenant);
      if (name === 'kafka') onKafka = tenant;
    }
    expect(counted['kafka']).toEqual(counted['postgres']);
    expect(counted['kafka']).toEqual([
      `0 heard ${3 * (60_000 + 40_000 + 3 * minute)}`,
      '0 played 3',
      '2 skipped 3',
      '6 played 3',
      '9 failed 1',
      '9 finished 2',
    ]);
    const read = await readBySchema(bus.settings(), 'music-session', onKafka, 12);
    expect(read.filter(({ partitionkey }) => partitionkey === `${onKafka}/3`)).toMatchObject([
      { type: 'bailiwick.TrackStarted', time: new Date(at + 1_000).toISOString(), data: played },
      { type: 'bailiwick.TrackEnded', data: { ending: 'skipped' } },
      { type: 'bailiwick.TrackStarted', data: played },
      { type: 'bailiwick.TrackEnded', data: { ending: 'failed' } },
    ]);
  });

  const write = (name: string, text: string) => writeFile(path.join(folder, name), text, { mode: 0o600 });

  /** The findings about Kafka; Discord and Lavalink are not there. */
  async function found(changes: object = {}) {
    const { brokers, trustPem, signIn } = bus.settings();
    await write('authority.pem', trustPem ?? '');
    await write('password', signIn.kind === 'sasl' ? signIn.password : '');
    await write('lavalink', 'youshallnotpass');
    const nobody = 'https://localhost:9';
    await write(
      'live.yaml',
      stringify({
        publicUrl: `https://${installation.installation}`,
        listen: { host: '127.0.0.1', port: 8080 },
        discord: { apiUrl: nobody },
        lavalink: { nodes: [{ id: 'main', url: nobody, passwordFile: './lavalink' }] },
        events: { carrier: 'kafka', brokers, passwordFile: './password', trustFile: './authority.pem', ...changes },
      }),
    );
    const { findings } = await checkLive(path.join(folder, 'live.yaml'));
    return findings.filter(({ about }) => about === 'Kafka');
  }

  test('doctor finds nothing to fix where everything is as described', async () => {
    expect(await found()).toEqual([{ about: 'Kafka', status: 'ok', says: 'answers' }]);
  });

  test('doctor finds what is wrong, and tells no password', async () => {
    await write('wrong', 'another password');
    await write('other.pem', (await createAuthority()).certPem);
    const cases: [object, RegExp][] = [
      [{ passwordFile: './wrong' }, /^\/events\/passwordFile: Kafka does not accept this user and password$/],
      [{ passwordFile: './none' }, /^\/events\/passwordFile: .*cannot be read/],
      [{ trustFile: './other.pem' }, /^\/events\/trustFile: the broker's certificate is of an unknown authority$/],
      [{ brokers: ['localhost:1'] }, /^\/events\/brokers: no broker answers$/],
      [{ user: 'nobody' }, /^\/events\/passwordFile: Kafka does not accept/],
      [{ passwordFile: undefined }, /^\/events\/passwordFile: is missing/],
      [{ certificateFile: './other.pem' }, /^\/events\/passwordFile: must not be beside a certificate/],
      [{ brokers: ['localhost'] }, /^\/events\/brokers\/0: must be host:port/],
    ];
    for (const [changes, says] of cases) {
      const findings = await found(changes);
      expect(findings, String(says)).toContainEqual(
        expect.objectContaining({ status: 'fault', says: expect.stringMatching(says) }),
      );
      expect(JSON.stringify(findings)).not.toContain('another password');
    }
  });
}
