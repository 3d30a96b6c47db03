import { Registry } from 'prom-client';
import { tryToLead } from '#infra/database/leadership.ts';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { startHttpService, type HttpService } from '#infra/http/service.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { Health } from '#infra/observability/health.ts';
import { createEnvelope, type Envelope } from '#security/keyring/envelope.ts';
import { custodianCause, watchCustodian, type CustodianWatch } from '#security/keyring/custodian-watch.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import { watchPlatformKeyAge } from '#security/keyring/platform-key-age.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { createCertificateRequest } from '../certificate-request.ts';
import { keepRenewed, OwnCertificate } from '../own-certificate.ts';
import { service, spiffeId } from '../spiffe.ts';
import { createKnownApiKeys } from './api-keys.ts';
import {
  authorityMaker,
  certificateIssuer,
  checkRequest,
  type Authority,
  type CertificateIssuer,
} from './authority.ts';
import { Delegations } from './delegations.ts';
import { Enrolments } from './enrolments.ts';
import { Issuance } from './issuance.ts';
import { KeyRotation } from './key-rotation.ts';
import { RevocationLog } from './revocation-log.ts';
import { keysChannel, RotatingKeys } from './rotating-keys.ts';
import { installRoutes } from './routes.ts';
import type { TokenServiceSettings } from './settings.ts';
import { signingKeyMaker, type SigningKey } from './signing-keys.ts';

export interface TokenServicePorts {
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** A running token service. */
export interface TokenService {
  readonly url: string;
  readonly port: number;
  readonly opsPort: number;
  /** The parent process announces enrolments here. */
  readonly enrolments: Enrolments;
  /** PEM of every authority; changes when one is added. */
  trustBundlePem(): string;
  onTrustBundleChanged(listener: () => void): () => void;
}

const publishAheadMs = 10 * 60_000;
const retentionMarginMs = 5_000;

/** Builds the token service from its settings; what it opens goes onto the stack. */
export async function buildTokenService(
  settings: TokenServiceSettings,
  ports: TokenServicePorts,
  stack: AsyncDisposableStack,
): Promise<TokenService> {
  const { logger, clock = systemClock } = ports;
  const { installation, lifetimes } = settings;
  const database = stack.use(openDatabase(settings.database));
  const custodian = stack.use(
    await openCustodian(settings.keys, { installation, part: 'token-service', logger, clock }),
  );
  const custodianWatch = stack.use(watchCustodian(custodian, { clock, logger }));
  // Another token service may replace the key at any time: what is sealed is wrapped by the newest version.
  const envelope = createEnvelope({ custodian, clock, dataKeyUses: 1 });
  const columns = sealedColumnsOf('token-service');
  const lead = () => tryToLead(settings.database.url, 'replacing the key of the token service');
  stack.use(watchPlatformKeyAge({ custodian, envelope, database, columns, lead, clock, logger }));
  const keys = await startKeys(settings, { database, envelope, logger, clock }, stack);
  const certificates = certificateIssuer({
    authorities: keys.authorities,
    lifetimeMs: lifetimes.certificateSec * 1000,
    clock,
  });
  const longestLifeMs = Math.max(lifetimes.certificateSec, lifetimes.delegationSec) * 1000;
  const log = stack.use(await RevocationLog.start({ database, clock, logger, longestLifeMs }));
  const enrolments = new Enrolments({ database, installation, clock });
  const delegations = new Delegations({ database, envelope, clock, lifetimeMs: lifetimes.delegationSec * 1000 });
  const rotation = new KeyRotation({
    installation,
    ...keys,
    delegations,
    clock,
    certificateMs: lifetimes.certificateSec * 1000,
  });
  const issuance = new Issuance({
    installation,
    enrolments,
    certificates,
    signingKeys: keys.signingKeys,
    delegations,
    rotation,
    log,
    apiKeys: createKnownApiKeys(database, clock),
    clock,
    callTokenSec: lifetimes.callTokenSec,
  });
  const metrics = new Registry();
  const http = stack.use(
    await startHttpService({
      name: 'token-service',
      logger,
      listen: settings.listen,
      ops: settings.ops,
      tls: await ownCertificate(certificates, settings, { logger, clock }, stack),
      requireClientCertificate: false,
      health: healthOf({ database, log, rotation, custodianWatch }),
      metrics,
      bodyLimitBytes: 16 * 1024,
      register: (app) =>
        installRoutes(app, { installation, issuance, log, clock, logger, metrics, onKeysChanged: keys.onChanged }),
    }),
  );
  return describe(http, enrolments, certificates, keys.authorities);
}

const describe = (
  http: HttpService,
  enrolments: Enrolments,
  certificates: CertificateIssuer,
  authorities: RotatingKeys<Authority>,
): TokenService => ({
  url: http.url,
  port: http.port,
  opsPort: http.opsPort,
  enrolments,
  trustBundlePem: () => certificates.trustBundlePem(),
  onTrustBundleChanged: (listener) => authorities.onChanged(listener),
});

interface Keys {
  readonly authorities: RotatingKeys<Authority>;
  readonly signingKeys: RotatingKeys<SigningKey>;
  /** For every change of what is published, including delegated keys, by any token service. */
  readonly onChanged: (listener: () => void) => () => void;
}

async function startKeys(
  settings: TokenServiceSettings,
  ports: { database: Database; envelope: Envelope; logger: Logger; clock: Clock },
  stack: AsyncDisposableStack,
): Promise<Keys> {
  const { lifetimes, installation } = settings;
  const certificateMs = lifetimes.certificateSec * 1000;
  const authorityMs = lifetimes.authorityDays * 86_400_000;
  const authorities = await RotatingKeys.start({
    ...ports,
    maker: authorityMaker(installation),
    periodMs: authorityMs,
    // By then every workload has renewed its certificate, and received the new authority with it.
    publishAheadMs: Math.min(2 * certificateMs, authorityMs / 2),
    retentionMs: certificateMs,
  });
  stack.defer(() => authorities.dispose());
  const signingMs = lifetimes.signingKeySec * 1000;
  const signingKeys = await RotatingKeys.start({
    ...ports,
    maker: signingKeyMaker,
    periodMs: signingMs,
    publishAheadMs: Math.min(publishAheadMs, signingMs / 2),
    retentionMs: lifetimes.callTokenSec * 1000 + retentionMarginMs,
  });
  stack.defer(() => signingKeys.dispose());
  const listeners = new Set<() => void>();
  const reload = () => {
    Promise.all([authorities.reload(), signingKeys.reload()]).then(
      () => listeners.forEach((listener) => listener()),
      (error: unknown) => ports.logger.warn({ err: error }, 'could not read keys'),
    );
  };
  stack.use(
    await ports.database.listen(keysChannel, { notified: reload, connected: reload, disconnected: () => undefined }),
  );
  return {
    authorities,
    signingKeys,
    onChanged(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The token service's own certificate, which it issues to itself. */
async function ownCertificate(
  certificates: CertificateIssuer,
  settings: TokenServiceSettings,
  ports: { logger: Logger; clock: Clock },
  stack: AsyncDisposableStack,
): Promise<OwnCertificate> {
  const id = spiffeId(settings.installation, service('token-service'));
  const issue = async (csrPem: string) => certificates.issue(id, await checkRequest(csrPem));
  const request = createCertificateRequest();
  const certificate = new OwnCertificate(await issue(request.csrPem), request.privateKeyPem);
  stack.defer(keepRenewed({ certificate, issue, ...ports }));
  return certificate;
}

interface Watched {
  readonly database: Database;
  readonly log: RevocationLog;
  readonly rotation: KeyRotation;
  readonly custodianWatch: CustodianWatch;
}

function healthOf({ database, log, rotation, custodianWatch }: Watched): Health {
  const health = new Health();
  health.add('database', database.health);
  health.add('revocations', () =>
    log.fresh()
      ? { status: 'healthy' }
      : { status: 'unhealthy', detail: 'revocations cannot be read, so nothing is issued; check the database' },
  );
  health.add(custodianCause, custodianWatch.health);
  health.add('authority', rotation.health('authority'));
  health.add('call token key', rotation.health('call-token'));
  return health;
}
