/**
 * Why a call is refused on its way to a service: by gateway-proxy (gateway-proxy/proxy/exchange/denials.ts), then by the guard of
 * the service itself (security/identity/guard.ts). A code is `<refuser>.<fault>`, and part of the public contract.
 */

/** Faults that every signed token can have (security/identity/signed-token.ts). */
export type SignedTokenFault =
  | 'too-long'
  | 'malformed'
  | 'algorithm'
  | 'header'
  | 'wrong-type'
  | 'unknown-key'
  | 'signature'
  | 'claims'
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'lifetime'
  | 'not-yet-valid'
  | 'expired';
/** Faults of every token that can be revoked; not-fresh: revocations cannot be known. */
export type TokenFault = SignedTokenFault | 'not-fresh' | 'revoked';
export type KeyTokenFault = TokenFault | 'wrong-certificate';
export type CallTokenFault = TokenFault | 'wrong-certificate' | 'wrong-subject' | 'wrong-tenant';
export type TransactionTokenFault = TokenFault | 'wrong-witness' | 'wrong-subject';
export type GrantFault = TokenFault | 'wrong-caller' | 'wrong-tenant';

/** Faults of a request target that servers could read in different ways. */
export type TargetFault =
  | 'too-long'
  | 'absolute-form'
  | 'fragment'
  | 'backslash'
  | 'path-parameter'
  | 'non-ascii'
  | 'character'
  | 'control-character'
  | 'empty-segment'
  | 'dot-segment'
  | 'malformed-escape'
  | 'encoded-separator'
  | 'double-encoding'
  | 'needless-escape';
/** Faults of one header field. */
export type HeaderFault =
  | 'repeated-header'
  | 'joined-header'
  | 'header-value'
  | 'content-encoding'
  | 'identity-header'
  | 'method-override'
  | 'rewritten-target';
/** Faults of the framing of a body. */
export type FramingFault = 'host' | 'framing' | 'body-too-large' | 'body-not-expected';
export type HeadersFault = HeaderFault | FramingFault | 'too-many-headers' | 'underscore-header' | 'connection-listed';

/** The checks and steps of gateway-proxy that can refuse a request, and the faults that each finds. */
interface DenialFaults {
  'canonical-request':
    | TargetFault
    | HeadersFault
    | 'method'
    | 'http-version'
    | 'header-fields-too-large'
    | 'timeout'
    | 'malformed'
    | 'body-incomplete';
  route: 'unknown' | 'method' | 'upgrade-required' | 'no-upgrade';
  authenticate:
    | CallTokenFault
    | ApiKeyFault
    | 'missing'
    | 'no-certificate'
    | 'other-subject'
    | 'caller-not-allowed'
    | 'superseded'
    | 'no-lease';
  tenancy: 'missing' | 'other-tenant';
  'on-behalf-of':
    | TransactionTokenFault
    | 'missing'
    | 'other-tenant'
    | 'other-presenter'
    | 'other-guild'
    | 'out-of-scope'
    | 'not-as-entered';
  authorize: 'denied' | 'unknown-tenant' | 'suspended' | 'other-guild' | 'stale' | 'failed';
  'once-only': 'replayed' | 'unavailable';
  limit: 'rate' | 'in-flight' | 'streams' | 'denials' | 'overloaded';
  record: 'failed';
  forward:
    | 'unknown-node'
    | 'no-upstream'
    | 'moving'
    | 'no-grant'
    | 'not-sent'
    | 'breaker-open'
    | 'timeout'
    | 'unreachable';
  pipeline: 'failed';
}
/** api-key: finally refused; key-exchange: the token service is unavailable. */
export type ApiKeyFault = 'api-key' | 'key-exchange';

export type Refuser = keyof DenialFaults;
/** The code of every denial by gateway-proxy. */
export type DenialCode = { readonly [By in Refuser]: `${By}.${DenialFaults[By]}` }[Refuser];

/** The faults that the guard of a service finds. */
export type GuardFault =
  | GrantFault
  | 'not-the-proxy'
  | 'no-grant'
  | 'no-tenant'
  | 'other-action'
  | 'other-tenant'
  | 'other-guild';
export type GuardCode = `guard.${GuardFault}`;
