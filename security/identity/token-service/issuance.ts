import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import { callTokenClaims, callTokenType } from '../call-token.ts';
import { keyTokenClaims, keyTokenType } from '../key-token.ts';
import type { IdentityKeyKind, IdentityKeys } from '../identity-keys.ts';
import { signToken } from '../signed-token.ts';
import { parseSpiffeId, service, spiffeId, type Audience, type Workload } from '../spiffe.ts';
import type { Delegation, IssuedCertificate, IssuedToken, SharedKey } from '../token-service-client.ts';
import type { KeySet } from '../verification-keys.ts';
import type { KnownApiKeys } from './api-keys.ts';
import { checkRequest, type CertificateIssuer } from './authority.ts';
import { mayShare, type Delegations } from './delegations.ts';
import { enrolmentRefused, type Enrolments } from './enrolments.ts';
import type { KeyRotation } from './key-rotation.ts';
import type { RevocationLog } from './revocation-log.ts';
import type { RotatingKeys } from './rotating-keys.ts';
import { publishedKey, type SigningKey } from './signing-keys.ts';

export interface IssuanceParts {
  readonly installation: InstallationId;
  readonly enrolments: Enrolments;
  readonly certificates: CertificateIssuer;
  readonly signingKeys: RotatingKeys<SigningKey>;
  readonly delegations: Delegations;
  readonly rotation: KeyRotation;
  readonly log: RevocationLog;
  readonly apiKeys: KnownApiKeys;
  readonly clock: Clock;
  readonly callTokenSec: number;
}

/** What a supervisor asks for on behalf of a bot. */
export interface VouchedCall {
  readonly spiffeId: string;
  readonly audience: Audience;
  readonly thumbprint: string;
  /** Fencing token of the lease under which the bot runs. */
  readonly lease?: number | undefined;
}

const forbidden = (message: string) => callerFault('identity.forbidden', message, 403);

/**
 * What the token service does, independent of the transport: each method is one operation, for an authenticated caller.
 */
export class Issuance {
  readonly #parts: IssuanceParts;

  constructor(parts: IssuanceParts) {
    this.#parts = parts;
  }

  /** A malformed request does not use the enrolment up. */
  async enrol(enrolment: string, csrPem: string): Promise<IssuedCertificate> {
    const { enrolments } = this.#parts;
    if (!(await enrolments.isOutstanding(enrolment, csrPem))) throw enrolmentRefused();
    const request = await checkRequest(csrPem);
    return this.#certificate(await enrolments.redeem(enrolment, csrPem), request);
  }

  async renew(caller: Workload, csrPem: string): Promise<IssuedCertificate> {
    return this.#certificate(caller, await checkRequest(csrPem));
  }

  callToken(caller: Workload, audience: Audience, thumbprint: string): Promise<IssuedToken> {
    return this.#callToken(caller, audience, thumbprint);
  }

  async vouchedCertificate(caller: Workload, forId: string, csrPem: string): Promise<IssuedCertificate> {
    const bot = this.#vouchedBot(caller, forId);
    return this.#certificate(bot, await checkRequest(csrPem));
  }

  async vouchedCallToken(caller: Workload, asked: VouchedCall): Promise<IssuedToken> {
    const bot = this.#vouchedBot(caller, asked.spiffeId);
    const { audience, thumbprint, lease } = asked;
    if (this.#parts.log.isRevoked({ thumbprint }))
      throw callerFault('identity.revoked', 'The identity was revoked.', 403);
    return this.#callToken(bot, audience, thumbprint, lease);
  }

  async delegate(caller: Workload, key: SharedKey): Promise<Delegation> {
    if (!mayShare(caller, key)) throw forbidden('This workload may not sign this kind of token for this service.');
    const { installation, delegations } = this.#parts;
    const { use, verifier, jwk } = key;
    const holder = spiffeId(installation, caller);
    return delegations.share({ use, jwk, holder, verifier: spiffeId(installation, service(verifier)) });
  }

  /**
   * Token exchange (RFC 8693): an API key for a token that is valid for a minute, for the api, on connections of
   * gateway-proxy, which alone may request it. `scopes` may name fewer than the key has, never others.
   */
  async exchange(
    caller: Workload,
    asked: { readonly key: string; readonly scopes?: readonly string[] | undefined },
    thumbprint: string,
  ): Promise<IssuedToken & { readonly scopes: readonly string[] }> {
    if (caller.kind !== 'service' || caller.name !== 'gateway-proxy')
      throw forbidden('Only gateway-proxy can exchange API keys.');
    const { installation, signingKeys, clock, callTokenSec: lifetimeSec, apiKeys } = this.#parts;
    const found = await apiKeys.find(asked.key);
    const scopes = asked.scopes ?? found.scopes;
    if (scopes.some((scope) => !found.scopes.includes(scope)))
      throw callerFault('identity.wider-scope', 'The key does not have all of these scopes.', 400);
    const grant = { ...found, scopes };
    const claims = keyTokenClaims({ installation, grant, thumbprint, lifetimeSec, nowMs: clock.now() });
    const { kid, signer } = signingKeys.current();
    const token = signToken(claims, { typ: keyTokenType, kid }, signer.privateKey);
    return { token, expiresAtMs: claims.exp * 1000, scopes };
  }

  /** The token service's public keys, and the keys that others share with this service. */
  async keys(caller: Workload): Promise<KeySet> {
    if (caller.kind !== 'service') throw forbidden('Only services can do this.');
    const { installation, signingKeys, delegations } = this.#parts;
    const holder = spiffeId(installation, service('token-service'));
    const own = signingKeys
      .published()
      .map(({ kid, notAfterMs, signer }) => publishedKey({ kid, holder, jwk: signer.jwk, notAfterMs }));
    const id = spiffeId(installation, caller);
    const [shared, held] = await Promise.all([delegations.sharedWith(id), delegations.heldBy(id)]);
    return { keys: [...own, ...shared], held };
  }

  /** The keys of all identities, for the api, which shows them to operators. */
  async identityKeys(caller: Workload): Promise<IdentityKeys> {
    this.#apiOnly(caller);
    return this.#parts.rotation.report();
  }

  async rotate(caller: Workload, kind: IdentityKeyKind): Promise<IdentityKeys> {
    this.#apiOnly(caller);
    await this.#parts.rotation.rotate(kind);
    return this.#parts.rotation.report();
  }

  #apiOnly(caller: Workload): void {
    if (caller.kind !== 'service' || caller.name !== 'api') throw forbidden('Only the api can do this.');
  }

  /** The supervisor may vouch for the bots that it starts, and for nothing else; no other workload may vouch. */
  #vouchedBot(caller: Workload, forId: string): Workload {
    const workload = parseSpiffeId(forId, this.#parts.installation);
    if (caller.kind !== 'service' || caller.name !== 'supervisor') throw forbidden('Only the supervisor can vouch.');
    if (workload?.kind !== 'bot') throw forbidden('The supervisor can vouch only for bots.');
    return workload;
  }

  async #certificate(
    workload: Workload,
    request: Awaited<ReturnType<typeof checkRequest>>,
  ): Promise<IssuedCertificate> {
    const id = spiffeId(this.#parts.installation, workload);
    await this.#pastRevocationOf(id);
    return this.#parts.certificates.issue(id, request);
  }

  async #callToken(caller: Workload, audience: Audience, thumbprint: string, lease?: number): Promise<IssuedToken> {
    const { installation, signingKeys, clock, callTokenSec: lifetimeSec } = this.#parts;
    await this.#pastRevocationOf(spiffeId(installation, caller));
    const key = signingKeys.current();
    const nowMs = clock.now();
    const claims = callTokenClaims({ installation, caller, audience, thumbprint, lease, lifetimeSec, nowMs });
    const token = signToken(claims, { typ: callTokenType, kid: key.kid }, key.signer.privateKey);
    return { token, expiresAtMs: claims.exp * 1000 };
  }

  /**
   * Certificates and tokens state their time of issue in whole seconds. Something issued in the very second in which
   * its subject was revoked would count as revoked, so it is issued in the next second.
   */
  async #pastRevocationOf(id: string): Promise<void> {
    const { log, clock } = this.#parts;
    for (;;) {
      const nowMs = clock.now();
      const issuedAtMs = nowMs - (nowMs % 1000);
      if (!log.isRevoked({ spiffeId: id, issuedAtMs })) return;
      await delay(1000 - (nowMs % 1000));
    }
  }
}
