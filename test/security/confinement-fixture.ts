import { tmpdir } from 'node:os';
import pg from 'pg';
import { buildBot } from '#services/gateway/build.ts';
import { Turns } from '#infra/http/addresses.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { TenantLeases } from '#infra/leases/tenant-leases.ts';
import { silentLogger, type Logger } from '#infra/logger/logger.ts';
import { openDatabase } from '#infra/database/pool.ts';
import { prepareBotImage } from '#tenants/supervisor/bot-image.ts';
import { probeConfinement, type Confinement } from '#tenants/confinement/confinement.ts';
import { createInstanceStore } from '#tenants/supervisor/instance-store.ts';
import type { Launcher } from '#tenants/supervisor/launcher.ts';
import { createProcessLauncher } from '#tenants/supervisor/process-launcher.ts';
import { Supervisor } from '#tenants/supervisor/supervisor.ts';
import { createUserPool } from '#tenants/supervisor/user-pool.ts';
import { testInstallation, type TestInstallation, type TestInstallationOptions } from '#test/installation.ts';
import { startEdgeOfTests, type EdgeOfTests } from './confinement-edge.ts';

export interface ConfinementFixture extends AsyncDisposable {
  readonly installation: TestInstallation;
  readonly edge: EdgeOfTests;
  readonly confinement: Confinement;
  /** Creates an active tenant in the database, with an application. */
  tenant(): Promise<TenantId>;
  setStatus(tenant: TenantId, status: string): Promise<void>;
  /** A supervisor that runs the given bundle, by default the real bot. The one before it ends, and this one takes over. */
  supervisor(options?: SupervisorOptionsOfTests): Promise<Supervisor>;
  /** Ends the supervisor, so that another process can take over. */
  endSupervisor(): Promise<void>;
}

export interface SupervisorOptionsOfTests {
  readonly bundleFile?: string;
  readonly extraNodeFlags?: readonly string[];
  readonly memoryMiB?: number;
  readonly logger?: Logger;
  /** Replaces the launcher of confined processes. */
  readonly launcher?: Launcher;
}

/** Real identities, a real database, a server in the proxy's place, and supervisors with real, confined processes. */
export async function startConfinementFixture(options: TestInstallationOptions = {}): Promise<ConfinementFixture> {
  await using starting = new AsyncDisposableStack();
  const installation = starting.use(await testInstallation(options));
  const edge = starting.use(await startEdgeOfTests(installation));
  const database = starting.use(openDatabase({ url: installation.database.urlOf('supervisor'), maxConnections: 4 }));
  const admin = new pg.Client({ connectionString: installation.database.adminUrl });
  await admin.connect();
  starting.defer(() => admin.end());
  const users = createUserPool({ first: 42_000, count: 1_000 });
  const limitsOf = (memoryMiB = 256) => ({ heapMiB: Math.min(96, memoryMiB / 2), memoryMiB });
  const confinement = await probeConfinement(limitsOf(), 42_000);
  let replica = new AsyncDisposableStack();
  let replicas = 0;
  const endSupervisor = () => replica.disposeAsync();
  starting.defer(endSupervisor);
  const resources = starting.move();
  let applications = 0;
  return {
    installation,
    edge,
    confinement,
    async tenant() {
      const tenant = newTenantId();
      applications += 1;
      await admin.query(
        'insert into tenant (id, name, status, application_id, updated_at) values ($1, $2, $3, $4, now())',
        [tenant, 'A tenant', 'active', `200000000000000${String(applications).padStart(4, '0')}`],
      );
      return tenant;
    },
    async setStatus(tenant, status) {
      await admin.query('update tenant set status = $2 where id = $1', [tenant, status]);
    },
    async supervisor({ bundleFile, extraNodeFlags = [], logger = silentLogger(), memoryMiB, launcher } = {}) {
      const confined = async () => {
        const limits = limitsOf(memoryMiB);
        const layers = await probeConfinement(limits, 42_000);
        const bundle = bundleFile ?? (await buildBot()).file;
        const image = await prepareBotImage({ bundleFile: bundle, copiesIn: tmpdir(), ownUser: layers.ownUser });
        return createProcessLauncher({
          image,
          confinement: layers,
          limits,
          users,
          logger,
          clock: systemClock,
          extraNodeFlags,
        });
      };
      const { tokenService } = await installation.agentFor('supervisor');
      const usedLauncher = launcher ?? (await confined());
      await endSupervisor();
      replica = new AsyncDisposableStack();
      // As in the product: the bots end before the leases are given back.
      const leases = replica.use(
        new TenantLeases({
          database,
          part: 'supervisor',
          replicas: 1,
          machine: 'one',
          clock: systemClock,
          logger: silentLogger(),
        }),
      );
      const supervisor = new Supervisor({
        installation: installation.installation,
        store: createInstanceStore(database, Date.now),
        leases,
        launcher: usedLauncher,
        vouching: {
          certificate: (id, csr) => tokenService.vouchCertificate(id, csr),
          callToken: (id, audience, thumbprint, lease) => tokenService.vouchCallToken(id, audience, thumbprint, lease),
        },
        proxies: new Turns([{ host: '127.0.0.1', port: edge.port }]),
        botLogLevel: 'info',
        maxInstances: 100,
        logger,
        clock: systemClock,
      });
      replica.use(supervisor);
      replicas += 1;
      await leases.join(`https://127.0.0.1:${replicas}`, supervisor);
      return supervisor;
    },
    endSupervisor,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
