import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { openPool } from '#infra/database/connections.ts';
import type { TlsMaterial } from '#infra/http/service.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { installationId, type InstallationId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger, type Logger } from '#infra/logger/logger.ts';
import { enrol, type Agent, type EnrolSettings } from '#security/identity/agent.ts';
import { createCertificateRequest } from '#security/identity/certificate-request.ts';
import { OwnCertificate } from '#security/identity/own-certificate.ts';
import {
  bot,
  isServiceName,
  service,
  spiffeId,
  type Audience,
  type ServiceName,
  type Workload,
} from '#security/identity/spiffe.ts';
import { enrolmentHash, type Enrolments } from '#security/identity/token-service/enrolments.ts';
import {
  lifetimesSchema,
  tokenServiceSettingsSchema,
  type Lifetimes,
} from '#security/identity/token-service/settings.ts';
import { buildTokenService } from '#security/identity/token-service/token-service.ts';
import type { KeysSettings } from '#security/keyring/open-custodian.ts';
import { testDatabase, type TestDatabase } from './database.ts';

/** A bot's identity once its supervisor has vouched for it. */
export interface BotIdentity {
  readonly tenant: TenantId;
  readonly spiffeId: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly trustBundlePem: string;
  /** x5t#S256 of the certificate. */
  readonly thumbprint: string;
  readonly tls: TlsMaterial;
  /** Under the lease of the supervisor that runs, if one does. */
  callToken(audience: Audience): Promise<string>;
}

/** A real token service in this process, and real identities issued by it; all are closed with the installation. */
export interface TestInstallation extends AsyncDisposable {
  readonly installation: InstallationId;
  readonly tokenServiceUrl: string;
  readonly opsUrl: string;
  readonly trustBundlePem: string;
  readonly database: TestDatabase;
  readonly enrolments: Enrolments;
  /** An enrolled agent; the same one on every call. */
  agentFor(workload: Workload | ServiceName): Promise<Agent>;
  /** The settings that a separate process would get: `{ installation, identity }` with a fresh enrolment token. */
  enrolmentFor(workload: Workload | ServiceName): EnrolSettings;
  botIdentity(tenant: TenantId): Promise<BotIdentity>;
  /** A second token service of the same installation, on the same database and with the same keys. */
  another(): Promise<TestInstallation>;
}

export interface TestInstallationOptions {
  /** By default a new database, removed at the end. */
  readonly database?: TestDatabase;
  readonly installation?: string;
  readonly lifetimes?: Partial<Lifetimes>;
  readonly logger?: Logger;
  /** For the token service; agents use it too. */
  readonly clock?: Clock;
}

export async function testInstallation(options: TestInstallationOptions = {}): Promise<TestInstallation> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-identity-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const keys = { kind: 'file', folder, keyBase64: randomBytes(32).toString('base64') } as const;
  const installation = await start(options, keys);
  starting.use(installation);
  const resources = starting.move();
  return Object.assign(installation, { [Symbol.asyncDispose]: () => resources.disposeAsync() });
}

async function start(options: TestInstallationOptions, keys: KeysSettings): Promise<TestInstallation> {
  const { logger = silentLogger(), clock = systemClock } = options;
  await using starting = new AsyncDisposableStack();
  const database = options.database ?? starting.use(await testDatabase('identity'));
  const installation = installationId(options.installation ?? 'test');
  const settings = tokenServiceSettingsSchema.parse({
    installation,
    listen: { host: '127.0.0.1', port: 0 },
    ops: { host: '127.0.0.1', port: 0 },
    database: { url: database.urlOf('identity'), maxConnections: 4 },
    keys,
    lifetimes: lifetimesSchema.parse(options.lifetimes ?? {}),
  });
  const tokenService = await buildTokenService(settings, { logger, clock }, starting);
  const agents = new Map<string, Promise<Agent>>();
  const admin = starting.adopt(openPool({ url: database.adminUrl, maxConnections: 1 }), (pool) => pool.end());

  const enrolmentFor = (who: Workload | ServiceName): EnrolSettings => {
    const enrolment = randomBytes(32).toString('base64url');
    const announced = tokenService.enrolments.expect(enrolmentHash(enrolment), workloadOf(who), clock.now() + 60_000);
    // Who enrols waits for it, and is refused if it failed.
    announced.catch((error: unknown) => logger.error({ err: error }, 'an enrolment could not be announced'));
    const trustBundlePem = tokenService.trustBundlePem();
    return { installation, identity: { url: tokenService.url, trustBundlePem, enrolment } };
  };
  const agentFor = (who: Workload | ServiceName): Promise<Agent> => {
    const workload = workloadOf(who);
    const id = spiffeId(installation, workload);
    let agent = agents.get(id);
    if (!agent) {
      agent = enrol(enrolmentFor(workload), { workload, logger, clock });
      agents.set(id, agent);
    }
    return agent;
  };
  starting.defer(async () => {
    for (const agent of await Promise.allSettled(agents.values()))
      if (agent.status === 'fulfilled') await agent.value[Symbol.asyncDispose]();
  });
  const resources = starting.move();
  return {
    installation,
    tokenServiceUrl: tokenService.url,
    opsUrl: `http://127.0.0.1:${tokenService.opsPort}`,
    get trustBundlePem() {
      return tokenService.trustBundlePem();
    },
    database,
    enrolments: tokenService.enrolments,
    enrolmentFor,
    agentFor,
    another: () => start({ ...options, database }, keys),
    botIdentity: async (tenant) => vouchFor(await agentFor('supervisor'), tenant, () => leaseOf(admin, tenant)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const workloadOf = (who: Workload | ServiceName): Workload =>
  typeof who === 'string' && isServiceName(who) ? service(who) : who;

const takenWithinMs = 10_000;
const lookEveryMs = 20;

/** The fencing token of a tenant's lease, which a supervisor takes soon, if one runs; undefined if nobody ever had it. */
async function leaseOf(admin: pg.Pool, tenant: TenantId): Promise<number | undefined> {
  const untilMs = Date.now() + takenWithinMs;
  for (;;) {
    const { rows } = await admin.query<{ token: number; isFree: boolean }>(
      `select token::int, replica_id is null and exists (select from replica) as "isFree" from tenant_lease
         where tenant_id = $1 and part = 'supervisor'`,
      [tenant],
    );
    const [lease] = rows;
    if (!lease?.isFree || Date.now() > untilMs) return lease && lease.token > 0 ? lease.token : undefined;
    await delay(lookEveryMs);
  }
}

async function vouchFor(
  supervisor: Agent,
  tenant: TenantId,
  lease: () => Promise<number | undefined>,
): Promise<BotIdentity> {
  const id = spiffeId(supervisor.installation, bot(tenant));
  const { csrPem, privateKeyPem } = createCertificateRequest();
  const issued = await supervisor.tokenService.vouchCertificate(id, csrPem);
  const tls = new OwnCertificate(issued, privateKeyPem);
  return {
    tenant,
    spiffeId: id,
    certificatePem: issued.certificatePem,
    privateKeyPem,
    trustBundlePem: issued.trustBundlePem,
    thumbprint: tls.thumbprint,
    tls,
    async callToken(audience) {
      const { token } = await supervisor.tokenService.vouchCallToken(id, audience, tls.thumbprint, await lease());
      return token;
    },
  };
}
