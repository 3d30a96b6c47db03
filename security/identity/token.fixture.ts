import { createHmac, createSecretKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { FakeClock } from '#infra/kernel/clock.ts';
import { installationId, newTenantId, snowflake } from '#infra/kernel/ids.ts';
import type { Verdict } from '#infra/kernel/verdict.ts';
import { callTokenClaims, callTokenType, verifyCallToken } from './call-token.ts';
import { grantType, issueGrant, verifyGrant, type Grant } from './grant.ts';
import { keyTokenClaims, keyTokenType, verifyKeyToken } from './key-token.ts';
import { RevocationSet, type Revocation } from './revocations.ts';
import { signToken, type DelegatedSigner, type VerifyContext } from './signed-token.ts';
import { bot, service, spiffeId, type ServiceName } from './spiffe.ts';
import { publishedKey } from './token-service/signing-keys.ts';
import {
  issueTransactionToken,
  transactionTokenType,
  verifyTransactionToken,
  type DiscordMember,
} from './transaction-token.ts';
import {
  algorithmOf,
  followKeys,
  keyThumbprint,
  publicJwkSchema,
  type FollowedKeys,
  type KeyUse,
  type PublishedKey,
  type SharedKeyUse,
} from './verification-keys.ts';

/**
 * For tests of verification: an issuer of genuine tokens with accessible keys, so that forgeries can be made from them.
 */
export const installation = installationId('test');
export const tenantA = newTenantId();
export const tenantB = newTenantId();
export const thumbprint = 'T'.repeat(42) + 'A';
export const otherThumbprint = 'O'.repeat(42) + 'A';

export interface Key {
  readonly kid: string;
  readonly holder: string;
  /** A private key, or a shared one. */
  readonly signing: KeyObject;
}

export interface Fixture {
  readonly clock: FakeClock;
  readonly revoked: RevocationSet;
  readonly fresh: { value: boolean };
  readonly published: PublishedKey[];
  /** How often the keys were fetched. */
  readonly fetches: { count: number };
  readonly keys: FollowedKeys;
  readonly context: () => VerifyContext;
  readonly key: (use: KeyUse, holder: ServiceName, lifetimeMs?: number) => Key;
  readonly signer: (key: Key) => DelegatedSigner;
}

export function tokenFixture(): Fixture {
  const clock = new FakeClock();
  const revoked = new RevocationSet();
  const fresh = { value: true };
  const published: PublishedKey[] = [];
  const fetches = { count: 0 };
  const keys = followKeys({
    clock,
    fetchKeys: async () => {
      fetches.count += 1;
      return { keys: [...published] };
    },
  });
  const revocations = {
    isRevoked: (query: Parameters<RevocationSet['isRevoked']>[0]) => revoked.isRevoked(query),
    fresh: () => fresh.value,
    onRevoked: () => () => undefined,
  };
  return {
    clock,
    revoked,
    fresh,
    published,
    fetches,
    keys,
    context: () => ({ installation, keys, revocations, nowMs: clock.now() }),
    key(use, holder, lifetimeMs = 3_600_000) {
      const facts = { holder: spiffeId(installation, service(holder)), notAfterMs: clock.now() + lifetimeMs };
      const [signing, jwk] = use === 'call-token' ? signingKey(facts) : sharedKey(use, facts);
      published.push(jwk);
      return { kid: jwk.kid, holder: facts.holder, signing };
    },
    signer: (key) => ({
      kid: key.kid,
      holder: key.holder,
      installation,
      sign: (claims, typ) => signToken(claims, { typ, kid: key.kid }, key.signing),
    }),
  };
}

interface KeyFacts {
  readonly holder: string;
  readonly notAfterMs: number;
}

function signingKey(facts: KeyFacts): [KeyObject, PublishedKey] {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { kty, crv, x } = publicKey.export({ format: 'jwk' });
  const jwk = publicJwkSchema.parse({ kty, crv, x });
  return [privateKey, publishedKey({ ...facts, kid: keyThumbprint(jwk), jwk })];
}

function sharedKey(use: SharedKeyUse, { holder, notAfterMs }: KeyFacts): [KeyObject, PublishedKey] {
  const bytes = randomBytes(32);
  const jwk = { kty: 'oct', k: bytes.toString('base64url') } as const;
  const named = { use: 'sig', kid: keyThumbprint(jwk), alg: algorithmOf[use], 'bailiwick:use': use } as const;
  return [createSecretKey(bytes), { ...jwk, ...named, 'bailiwick:holder': holder, 'bailiwick:not_after': notAfterMs }];
}

export const revocation = (entry: Pick<Revocation, 'kind' | 'value'> & Partial<Revocation>): Revocation => ({
  seq: 1,
  reason: 'test',
  revokedAtMs: Date.UTC(2026, 0, 1),
  notAfterMs: Date.UTC(2026, 0, 2),
  ...entry,
});

export const discordMember: DiscordMember = {
  kind: 'discord',
  user: snowflake('1001'),
  guild: snowflake('2001'),
  channel: snowflake('3001'),
  roles: [snowflake('4001'), snowflake('4002')],
  permissions: '2147483648',
  voiceChannel: snowflake('3002'),
  command: 'skip',
};

export const grantOf = (fields: Partial<Grant> = {}): Grant => ({
  caller: bot(tenantA),
  tenant: tenantA,
  guild: snowflake('2001'),
  action: 'player.skip',
  decision: 'dec_1',
  member: discordMember,
  requestId: 'req_1',
  ...fields,
});

/** One kind of token under attack: how it is issued, and how it is verified. */
export interface Target {
  readonly name: string;
  readonly typ: string;
  readonly use: KeyUse;
  readonly holder: ServiceName;
  readonly maxLifetimeSec: number;
  issue(fixture: Fixture, key: Key): Promise<string>;
  verify(fixture: Fixture, token: string): Promise<Verdict<unknown>>;
}

export const targets: readonly Target[] = [
  {
    name: 'call token',
    typ: callTokenType,
    use: 'call-token',
    holder: 'token-service',
    maxLifetimeSec: 60,
    issue: async (fixture, key) => {
      const claims = callTokenClaims({
        installation,
        caller: bot(tenantA),
        audience: 'audio',
        thumbprint,
        lifetimeSec: 60,
        nowMs: fixture.clock.now(),
      });
      return signToken(claims, { typ: callTokenType, kid: key.kid }, key.signing);
    },
    verify: async (fixture, token) => verifyCallToken(token, { ...fixture.context(), audience: 'audio', thumbprint }),
  },
  {
    name: 'key token',
    typ: keyTokenType,
    use: 'call-token',
    holder: 'token-service',
    maxLifetimeSec: 60,
    issue: async (fixture, key) => {
      const grant = { tenant: tenantA, key: 'key_1', maker: 'discord:1001', scopes: ['read', 'control'] };
      const nowMs = fixture.clock.now();
      const claims = keyTokenClaims({ installation, grant, thumbprint, lifetimeSec: 60, nowMs });
      return signToken(claims, { typ: keyTokenType, kid: key.kid }, key.signing);
    },
    verify: (fixture, token) => verifyKeyToken(token, { ...fixture.context(), thumbprint }),
  },
  {
    name: 'transaction token',
    typ: transactionTokenType,
    use: 'transaction-token',
    holder: 'discord-edge',
    maxLifetimeSec: 300,
    issue: (fixture, key) =>
      issueTransactionToken(
        fixture.signer(key),
        {
          txn: '5001',
          tenant: tenantA,
          scope: ['player.skip', 'player.read'],
          member: discordMember,
          interaction: { id: '5001', optionsDigest: 'digest', callDigests: { 'player.skip': 'd'.repeat(43) } },
        },
        { lifetimeSec: 300, nowMs: fixture.clock.now() },
      ),
    verify: async (fixture, token) => verifyTransactionToken(token, fixture.context()),
  },
  {
    name: 'grant',
    typ: grantType,
    use: 'grant',
    holder: 'gateway-proxy',
    maxLifetimeSec: 15,
    issue: async (fixture, key) =>
      issueGrant(fixture.signer(key), grantOf(), { audience: 'audio', nowMs: fixture.clock.now() }),
    verify: (fixture, token) => verifyGrant(token, { ...fixture.context(), audience: 'audio' }),
  },
];

export interface Parts {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
}

export const base64url = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');

/** A genuine token with its header and claims changed, signed again with the genuine key. */
export function resign(token: string, key: Key, change: (parts: Parts) => void): string {
  const [header = '', claims = ''] = token.split('.');
  const read = (segment: string) => JSON.parse(Buffer.from(segment, 'base64url').toString()) as Record<string, unknown>;
  const parts = { header: read(header), claims: read(claims) };
  change(parts);
  return signText(JSON.stringify(parts.header), JSON.stringify(parts.claims), key.signing);
}

export function signText(header: string, claims: string, key: KeyObject): string {
  const input = `${base64url(header)}.${base64url(claims)}`;
  const isShared = key.type === 'secret';
  return `${input}.${base64url(isShared ? createHmac('sha256', key).update(input).digest() : sign(null, Buffer.from(input), key))}`;
}
