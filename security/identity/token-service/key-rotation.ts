import type { Clock } from '#infra/kernel/clock.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { HealthCheck } from '#infra/observability/health.ts';
import type { IdentityKey, IdentityKeyKind, IdentityKeys } from '../identity-keys.ts';
import { service, spiffeId } from '../spiffe.ts';
import type { Authority } from './authority.ts';
import type { Delegations } from './delegations.ts';
import type { RotatingKeys } from './rotating-keys.ts';
import type { SigningKey } from './signing-keys.ts';

export interface KeyRotationParts {
  readonly installation: InstallationId;
  readonly authorities: RotatingKeys<Authority>;
  readonly signingKeys: RotatingKeys<SigningKey>;
  readonly delegations: Delegations;
  readonly clock: Clock;
  /** How long a certificate is valid: by then every workload has renewed it, and knows the authorities of that moment. */
  readonly certificateMs: number;
}

/** Verifiers ask for the keys every 30 s, and at once when they hear of a change: no longer than twice that. */
const callTokenAheadMs = 60_000;

/** The keys that an operator can see and have replaced, without a call failing meanwhile. */
export class KeyRotation {
  readonly #parts: KeyRotationParts;

  constructor(parts: KeyRotationParts) {
    this.#parts = parts;
  }

  /** Throws `identity.rotation-under-way` (409) while the last rotation of this kind is not complete. */
  async rotate(kind: IdentityKeyKind): Promise<void> {
    const { authorities, signingKeys, delegations, certificateMs } = this.#parts;
    switch (kind) {
      case 'authority':
        return authorities.rotate(2 * certificateMs);
      case 'call-token':
        return signingKeys.rotate(callTokenAheadMs);
      case 'shared':
        return delegations.rotate();
    }
  }

  async report(): Promise<IdentityKeys> {
    const { authorities, signingKeys, delegations } = this.#parts;
    return {
      keys: [
        ...this.#own('authority', authorities),
        ...this.#own('call-token', signingKeys),
        ...(await delegations.report()),
      ],
    };
  }

  /** Which key signs now, and since when; unhealthy without one. */
  health(kind: 'authority' | 'call-token'): HealthCheck {
    const { authorities, signingKeys } = this.#parts;
    return () => {
      const { kid, startsMs } = (kind === 'authority' ? authorities : signingKeys).current();
      return { status: 'healthy', state: kid, since: new Date(startsMs).toISOString() };
    };
  }

  #own(kind: 'authority' | 'call-token', keys: RotatingKeys<unknown>): IdentityKey[] {
    const { installation, clock } = this.#parts;
    const nowMs = clock.now();
    return keys.published().map(({ kid, startsMs, endsMs, notAfterMs, createdAtMs }) => ({
      kind,
      use: kind,
      id: kid,
      holder: spiffeId(installation, service('token-service')),
      verifier: null,
      state: startsMs > nowMs ? 'next' : endsMs > nowMs ? 'current' : 'earlier',
      createdAt: new Date(createdAtMs).toISOString(),
      signsFrom: new Date(startsMs).toISOString(),
      acceptedUntil: new Date(notAfterMs).toISOString(),
    }));
  }
}
