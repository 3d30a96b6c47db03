import type { TlsMaterial } from '#infra/http/service.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { platformFault, type BailiwickError } from '#infra/kernel/errors.ts';
import { installationId, type InstallationId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import type { Addresses } from '#infra/http/addresses.ts';
import { CallTokens } from './call-tokens.ts';
import { createCertificateRequest } from './certificate-request.ts';
import { DelegatedKeys } from './delegated-keys.ts';
import { followRevocations } from './follow-revocations.ts';
import { isCertificateOf, issuedAtOf } from './peer.ts';
import { keepRenewed, OwnCertificate } from './own-certificate.ts';
import { retry } from './retry.ts';
import type { Revocations } from './revocations.ts';
import type { DelegatedSigner } from './signed-token.ts';
import { service, spiffeId, type Audience, type ServiceName, type Workload } from './spiffe.ts';
import { enrolWith, tokenServiceClient, type TokenServiceClient } from './token-service-client.ts';
import { followKeys, type SharedKeyUse, type VerificationKeys } from './verification-keys.ts';
import { connectWorkload } from './workload-connection.ts';

/**
 * A process's own identity: the certificate that it presents, the tokens for its calls, and what it verifies others
 * with.
 */
export interface Agent extends AsyncDisposable {
  readonly workload: Workload;
  readonly installation: InstallationId;
  readonly spiffeId: string;
  /** Renewed at half its lifetime; the private key never leaves memory. */
  readonly tls: TlsMaterial;
  /** x5t#S256 of the current certificate. */
  thumbprint(): string;
  /**
   * At most 60 s old, bound to the current certificate, for one audience; cached and renewed at half its lifetime.
   * Waits up to ten seconds for an unavailable token service, then throws `identity.token-service-unreachable`.
   */
  callToken(audience: Audience): Promise<string>;
  /**
   * A signer with a key that is shared with this verifier alone and renews itself. Throws `identity.forbidden` for a use
   * or verifier that belongs to another workload.
   */
  delegate(use: SharedKeyUse, verifier?: ServiceName): Promise<DelegatedSigner>;
  readonly keys: VerificationKeys;
  readonly revocations: Revocations;
  /** Whether this process may decide: it refuses every call if it has not heard from the token service for too long. */
  readonly health: HealthCheck;
  /** For the supervisor (vouching) and the api (revoking). */
  readonly tokenService: TokenServiceClient;
}

export interface EnrolSettings {
  readonly installation: string;
  readonly identity: Addresses & { readonly trustBundlePem: string; readonly enrolment: string };
}

export interface EnrolOptions {
  readonly workload: Workload;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** How long to wait for a token service that is not running yet; default 15 s. */
  readonly enrolWithinMs?: number;
  /**
   * Called once when the identity is finally lost: revoked, or expired before it could be renewed. Only a new enrolment
   * helps, so by default the error is thrown outside any call: the process ends, and its parent restarts it.
   */
  readonly onLost?: (error: BailiwickError) => void;
}

const defaultEnrolWithinMs = 15_000;
const keysEveryMs = 30_000;

/**
 * Obtains an identity for this process: a key pair made in memory, and a certificate for the one-time token from its
 * parent. Resolves once the keys are known and the revocation feed is up to date. Throws `identity.enrolment-refused`
 * if the token is unknown, used or expired, and `identity.other-workload` if it was issued for another workload.
 */
export async function enrol(settings: EnrolSettings, options: EnrolOptions): Promise<Agent> {
  const { workload, logger, clock = systemClock, enrolWithinMs = defaultEnrolWithinMs } = options;
  const installation = installationId(settings.installation);
  const { url, alternatives, trustBundlePem, enrolment } = settings.identity;
  const tokenServiceId = spiffeId(installation, service('token-service'));
  const request = createCertificateRequest();
  const issued = await retry(
    () => enrolWith({ url, alternatives, trustBundlePem, tokenServiceId, enrolment, csrPem: request.csrPem }),
    { withinMs: enrolWithinMs },
  );
  await using starting = new AsyncDisposableStack();
  if (!isCertificateOf(issued.certificatePem, spiffeId(installation, workload)))
    throw platformFault('identity.other-workload', 'The enrolment token was issued for another workload.');
  const certificate = new OwnCertificate(issued, request.privateKeyPem);
  const connection = starting.use(
    connectWorkload({
      url,
      alternatives,
      expectedSpiffeId: tokenServiceId,
      tls: certificate,
      clock,
      connections: 16,
    }),
  );
  const tokenService = tokenServiceClient(connection);
  const lost = createLoss(options.onLost ?? endProcess, logger);
  const issue = (csrPem: string) => tokenService.renew(csrPem);
  starting.defer(keepRenewed({ certificate, issue, clock, logger, lost }));
  const own = spiffeId(installation, workload);
  const delegated = starting.use(new DelegatedKeys({ tokenService, installation, holder: own, clock, logger }));
  const fetchKeys = async () => {
    const { keys: published, held } = await tokenService.keys();
    delegated.heard(held);
    return { keys: published };
  };
  const keys = followKeys({ fetchKeys, clock });
  await retry(() => keys.refresh(), { withinMs: enrolWithinMs });
  starting.defer(every(clock, keysEveryMs, () => keys.refresh(), logger));
  const feed = starting.use(followRevocations({ tokenService, clock, logger, keysChanged: () => keys.refresh() }));
  await feed.ready(enrolWithinMs);
  feed.onRevoked(() => {
    const issuedAtMs = issuedAtOf(certificate.current().certificatePem);
    if (feed.isRevoked({ spiffeId: own, issuedAtMs, thumbprint: certificate.thumbprint })) lost();
  });
  const tokens = new CallTokens({ fetch: (audience) => tokenService.callToken(audience), certificate, clock });
  feed.onRevoked(({ kind, value }) => {
    if (kind === 'subject') delegated.revoked(value);
  });
  const resources = starting.move();
  return {
    workload,
    installation,
    spiffeId: own,
    tls: certificate,
    thumbprint: () => certificate.thumbprint,
    callToken: (audience) => tokens.get(audience),
    delegate: (use, verifier = 'gateway-proxy') => delegated.signer(use, verifier),
    keys,
    revocations: feed,
    health: () => (feed.fresh() ? { status: 'healthy' } : notFresh),
    tokenService,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

const notFresh = {
  status: 'unhealthy',
  detail: 'the token service has not been heard for over 3 s: every call is refused',
} as const;

const endProcess = (error: BailiwickError): never => {
  throw error;
};

/** Reports a lost identity once, outside the code that noticed it, so that a throw reaches the process. */
function createLoss(onLost: NonNullable<EnrolOptions['onLost']>, logger: Logger): (cause?: unknown) => void {
  let told = false;
  return (cause) => {
    if (told) return;
    told = true;
    const error = platformFault('identity.lost', 'The identity of this process was revoked or has expired.', cause);
    logger.fatal({ err: error }, 'this process has lost its identity');
    queueMicrotask(() => onLost(error));
  };
}

function every(clock: Clock, periodMs: number, run: () => Promise<void>, logger: Logger): () => void {
  let stopped = false;
  let cancel: () => void = () => undefined;
  const next = () => {
    if (stopped) return;
    cancel = clock.after(periodMs, () => {
      run()
        .catch((error: unknown) => logger.warn({ err: error }, 'could not fetch the verification keys'))
        .finally(next);
    });
  };
  next();
  return () => {
    stopped = true;
    cancel();
  };
}
