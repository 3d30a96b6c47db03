import type { Clock } from '#infra/kernel/clock.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import { verifyCallToken } from '#security/identity/call-token.ts';
import type { Revocations } from '#security/identity/revocations.ts';
import type { VerificationKeys } from '#security/identity/verification-keys.ts';
import { check, deny, pass } from '../check.ts';
import { callerClass } from '../exchange.ts';

/** What tokens are verified against; an agent is one. */
export interface TokenPorts {
  readonly clock: Clock;
  readonly identity: {
    readonly installation: InstallationId;
    readonly keys: VerificationKeys;
    readonly revocations: Revocations;
  };
}

const bearer = /^Bearer ([A-Za-z0-9\-_.]{20,4096})$/;

/**
 * Who calls? The certificate of this connection, and a call token that was made for it and for this target (RFC 8705).
 * A stolen token is worth nothing on another connection, and a token for one service opens no other. The identity
 * package remembers whose signature it has checked, so that this costs a hash.
 */
export const authenticate = check<TokenPorts>('authenticate', async (exchange, { identity, clock }) => {
  const { peer, route } = exchange;
  if (!route) return deny('authenticate.caller-not-allowed');
  if (!peer) {
    return route.from.includes('public')
      ? pass.with({ caller: { kind: 'public' } })
      : deny('authenticate.no-certificate');
  }
  const header = exchange.headers.get('authorization');
  if (header === undefined) return deny('authenticate.missing');
  const token = bearer.exec(header)?.[1];
  if (token === undefined) return deny('authenticate.malformed');
  const expected = { ...identity, audience: route.to, thumbprint: peer.thumbprint, nowMs: clock.now() };
  const verified = await verifyCallToken(token, expected);
  if (!verified.ok) return deny(`authenticate.${verified.fault}`);
  const { workload, spiffeId, jti } = verified.value;
  if (spiffeId !== peer.spiffeId) return deny('authenticate.other-subject');
  if (identity.revocations.isRevoked(peer)) return deny('authenticate.revoked');
  if (!route.from.includes(callerClass(workload))) return deny('authenticate.caller-not-allowed');
  return pass.with({ caller: workload, tokenId: jti });
});
