import { beforeEach, describe, expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { callTokenClaims, callTokenType, verifyCallToken } from './call-token.ts';
import { issueGrant, verifyGrant, type Grant } from './grant.ts';
import { keyTokenClaims, keyTokenType, verifyKeyToken } from './key-token.ts';
import { signToken } from './signed-token.ts';
import { bot, service, spiffeId, type Audience, type ServiceName, type Workload } from './spiffe.ts';
import {
  discordMember,
  grantOf,
  installation,
  otherThumbprint,
  resign,
  revocation,
  tenantA,
  tenantB,
  thumbprint,
  tokenFixture,
  type Fixture,
  type Key,
  type Parts,
} from './token.fixture.ts';
import { issueTransactionToken, verifyTransactionToken, type Member, type Transaction } from './transaction-token.ts';

let fixture: Fixture;
beforeEach(() => {
  fixture = tokenFixture();
});

const claim = (name: string, value: unknown) => (parts: Parts) => {
  parts.claims[name] = value;
};
const faultOf = (verdict: { ok: boolean; fault?: string }): string => (verdict.ok ? 'ok' : (verdict.fault ?? ''));

describe('key token', () => {
  const grant = { tenant: tenantA, key: 'key_1', maker: 'discord:1001', scopes: ['read', 'control'] };
  const issue = () => {
    const key = fixture.key('call-token', 'token-service');
    const claims = keyTokenClaims({ installation, grant, thumbprint, lifetimeSec: 600, nowMs: fixture.clock.now() });
    return { key, claims, token: signToken(claims, { typ: keyTokenType, kid: key.kid }, key.signing) };
  };
  const verify = (token: string, print = thumbprint) =>
    verifyKeyToken(token, { ...fixture.context(), thumbprint: print });

  test('tells what the key stands for, for a minute, on the connection of whoever exchanged it', async () => {
    const { token, claims } = issue();
    expect(await verify(token)).toEqual({ ok: true, value: grant });
    expect(faultOf(await verify(token, otherThumbprint))).toBe('wrong-certificate');
    fixture.revoked.add(revocation({ kind: 'token', value: claims.jti }));
    expect(faultOf(await verify(token))).toBe('revoked');
    fixture.fresh.value = false;
    expect(faultOf(await verify(token))).toBe('not-fresh');
    fixture.fresh.value = true;
    const later = issue().token;
    fixture.clock.advance(60_000);
    expect(faultOf(await verify(later))).toBe('expired');
  });

  test('is no call token, nor is a call token one, though one key signs both', async () => {
    const { token, key } = issue();
    const options = { installation, caller: service('audio'), audience: 'api', thumbprint, lifetimeSec: 60 } as const;
    const call = callTokenClaims({ ...options, nowMs: fixture.clock.now() });
    const callToken = signToken(call, { typ: callTokenType, kid: key.kid }, key.signing);
    expect(faultOf(await verify(callToken))).toBe('wrong-type');
    expect(faultOf(await verifyCallToken(token, { ...fixture.context(), audience: 'api', thumbprint }))).toBe(
      'wrong-type',
    );
    const audio = resign(token, key, claim('aud', 'spiffe://test/svc/audio'));
    expect(faultOf(await verify(audio))).toBe('wrong-audience');
  });
});

describe('call token', () => {
  let key: Key;
  beforeEach(() => {
    key = fixture.key('call-token', 'token-service');
  });
  const issue = (caller: Workload, options: { audience?: Audience; change?: (parts: Parts) => void } = {}) => {
    const claims = callTokenClaims({
      installation,
      caller,
      audience: options.audience ?? 'audio',
      thumbprint,
      lifetimeSec: 60,
      nowMs: fixture.clock.now(),
    });
    const token = signToken(claims, { typ: callTokenType, kid: key.kid }, key.signing);
    return { jti: claims.jti, token: options.change ? resign(token, key, options.change) : token };
  };
  const verify = (token: string, given: { audience?: Audience; thumbprint?: string } = {}) =>
    verifyCallToken(token, { ...fixture.context(), audience: 'audio', thumbprint, ...given });

  test('tells whose it is, for a service and for a bot', async () => {
    const audioToken = issue(service('audio'), { audience: 'lavalink' });
    expect(await verify(audioToken.token, { audience: 'lavalink' })).toMatchObject({
      ok: true,
      value: { workload: service('audio'), spiffeId: 'spiffe://test/svc/audio', jti: audioToken.jti },
    });
    expect(await verify(issue(bot(tenantA)).token)).toMatchObject({ ok: true, value: { workload: bot(tenantA) } });
  });

  test('is worth nothing with the certificate of another, even after its owner has used it', async () => {
    const { token } = issue(bot(tenantA));
    expect(faultOf(await verify(token))).toBe('ok');
    expect(faultOf(await verify(token, { thumbprint: otherThumbprint }))).toBe('wrong-certificate');
    expect(faultOf(await verify(token))).toBe('ok');
  });

  test('is for one audience, also from memory', async () => {
    const { token } = issue(bot(tenantA));
    expect(faultOf(await verify(token))).toBe('ok');
    expect(faultOf(await verify(token, { audience: 'discord-edge' }))).toBe('wrong-audience');
    expect(faultOf(await verify(token, { audience: 'lavalink' }))).toBe('wrong-audience');
  });

  test.each([
    ['a bot that names no tenant', bot(tenantA), claim('tid', undefined), 'wrong-tenant'],
    ['a bot that names another tenant', bot(tenantA), claim('tid', tenantB), 'wrong-tenant'],
    ['a service that names a tenant', service('audio'), claim('tid', tenantA), 'wrong-tenant'],
    ['a subject that is no workload', service('audio'), claim('sub', 'spiffe://test/svc/lavalink'), 'wrong-subject'],
    ['a subject of another installation', service('audio'), claim('sub', 'spiffe://prod/svc/audio'), 'wrong-subject'],
    ['no binding', service('audio'), claim('cnf', undefined), 'claims'],
    ['an empty binding', service('audio'), claim('cnf', {}), 'claims'],
    ['a binding to a key instead', service('audio'), claim('cnf', { jkt: thumbprint }), 'claims'],
    ['two bindings', service('audio'), claim('cnf', { 'x5t#S256': thumbprint, jkt: thumbprint }), 'claims'],
    ['no jti', service('audio'), claim('jti', undefined), 'claims'],
    ['nothing wrong', service('audio'), claim('sub', 'spiffe://test/svc/audio'), 'ok'],
  ])('%s', async (_what, caller, change, expected) => {
    expect(faultOf(await verify(issue(caller, { change }).token))).toBe(expected);
  });

  test.each([
    ['its jti', (token: { jti: string }) => revocation({ kind: 'token', value: token.jti })],
    ['its certificate', () => revocation({ kind: 'certificate', value: thumbprint })],
    ['its subject', () => revocation({ kind: 'subject', value: spiffeId(installation, bot(tenantA)) })],
  ])('is refused once %s is revoked, though it was verified before', async (_what, entry) => {
    const issued = issue(bot(tenantA));
    const twin = issue(bot(tenantB));
    expect(faultOf(await verify(issued.token))).toBe('ok');
    fixture.revoked.add(entry(issued));
    expect(faultOf(await verify(issued.token))).toBe('revoked');
    const twinThumbprint = entry(issued).kind === 'certificate' ? 'revoked' : 'ok';
    expect(faultOf(await verify(twin.token))).toBe(twinThumbprint);
  });

  test('is good again for what a subject was issued after its revocation', async () => {
    fixture.revoked.add(revocation({ kind: 'subject', value: spiffeId(installation, bot(tenantA)) }));
    expect(faultOf(await verify(issue(bot(tenantA)).token))).toBe('revoked');
    fixture.clock.advance(1_000);
    expect(faultOf(await verify(issue(bot(tenantA)).token))).toBe('ok');
  });
});

const tenantMember: Member = { kind: 'tenant-member', subject: 'discord:1001' };

describe('transaction token', () => {
  const transaction = (member: Member): Omit<Transaction, 'expiresAtMs'> => ({
    txn: '5001',
    tenant: tenantA,
    scope: ['player.skip', 'player.read'],
    member,
    interaction: { id: '5001', optionsDigest: 'digest', callDigests: { 'player.skip': 'd'.repeat(43) } },
  });
  const issue = async (holder: ServiceName, member: Member, change?: (parts: Parts) => void) => {
    const key = fixture.key('transaction-token', holder);
    const options = { lifetimeSec: 300, nowMs: fixture.clock.now() };
    const token = await issueTransactionToken(fixture.signer(key), transaction(member), options);
    return change ? resign(token, key, change) : token;
  };
  const verify = (token: string) => verifyTransactionToken(token, fixture.context());

  test.each([
    ['discord-edge', discordMember],
    ['api', tenantMember],
  ] as const)('from %s comes out as it went in', async (holder, member) => {
    expect(await verify(await issue(holder, member))).toEqual({
      ok: true,
      value: { ...transaction(member), expiresAtMs: fixture.clock.now() + 300_000 },
    });
  });

  test.each([
    ['the api for a Discord member', 'api', discordMember, 'wrong-witness'],
    ['the edge for a tenant member', 'discord-edge', tenantMember, 'wrong-witness'],
    ['the proxy for a Discord member', 'gateway-proxy', discordMember, 'wrong-witness'],
    ['audio for a Discord member', 'audio', discordMember, 'wrong-witness'],
    ['the edge for a Discord member', 'discord-edge', discordMember, 'ok'],
    ['the api for a tenant member', 'api', tenantMember, 'ok'],
  ] as const)('witnessed by %s: %s %o is %s', async (_what, holder, member, expected) => {
    expect(faultOf(await verify(await issue(holder, member)))).toBe(expected);
  });

  test.each([
    ['a subject that is not the member', claim('sub', 'discord:1002'), 'wrong-subject'],
    ['a requesting workload that did not sign', claim('req_wl', 'spiffe://test/svc/api'), 'wrong-witness'],
    ['an actor chain', claim('act', { sub: 'spiffe://test/svc/audio' }), 'claims'],
    ['a scope that is a list', claim('scope', ['player.skip']), 'claims'],
    ['a scope with a wildcard', claim('scope', 'player.*'), 'claims'],
    ['a scope with two spaces', claim('scope', 'player.skip  player.read'), 'claims'],
    ['no scope', claim('scope', undefined), 'claims'],
    ['no context', claim('tctx', undefined), 'claims'],
    ['a tenant that is no tenant', claim('tctx', { tid: 'ten_*' }), 'claims'],
    ['a member with a permission more', claim('rctx', { ...discordMember, admin: true }), 'claims'],
    ['a member with a number as user', claim('rctx', { ...discordMember, user: 1001 }), 'claims'],
    ['the same member again', claim('rctx', discordMember), 'ok'],
  ])('%s', async (_what, change, expected) => {
    expect(faultOf(await verify(await issue('discord-edge', discordMember, change)))).toBe(expected);
  });

  test('of a command that leads to nothing has an empty scope', async () => {
    const signer = fixture.signer(fixture.key('transaction-token', 'discord-edge'));
    const nothing = { ...transaction(discordMember), scope: [] };
    const token = await issueTransactionToken(signer, nothing, { lifetimeSec: 1, nowMs: fixture.clock.now() });
    expect(await verify(token)).toMatchObject({ ok: true, value: { scope: [] } });
  });

  test('of a member with every role that Discord allows fits', async () => {
    const roles = Array.from({ length: 250 }, (_, index) => snowflake(String(10n ** 18n + BigInt(index))));
    const token = await issue('discord-edge', { ...discordMember, roles });
    expect(faultOf(await verify(token))).toBe('ok');
  });

  test.each([
    ['over 300 s', { lifetimeSec: 301 }],
    ['of no life', { lifetimeSec: 0 }],
    ['in the name of another', { lifetimeSec: 300, issuer: 'spiffe://test/svc/api' }],
  ])('%s is not even signed', async (_what, options) => {
    const signer = fixture.signer(fixture.key('transaction-token', 'discord-edge'));
    const signing = issueTransactionToken(signer, transaction(discordMember), {
      ...options,
      nowMs: fixture.clock.now(),
    });
    await expect(signing).rejects.toMatchObject({ code: 'identity.bad-transaction' });
  });

  test.each([
    ['its txn', revocation({ kind: 'token', value: '5001' })],
    ['the witness', revocation({ kind: 'subject', value: 'spiffe://test/svc/discord-edge' })],
  ])('is refused once %s is revoked', async (_what, entry) => {
    const token = await issue('discord-edge', discordMember);
    expect(faultOf(await verify(token))).toBe('ok');
    fixture.revoked.add(entry);
    expect(faultOf(await verify(token))).toBe('revoked');
  });
});

describe('grant', () => {
  const issue = async (grant: Grant, change?: (parts: Parts) => void) => {
    const key = fixture.key('grant', 'gateway-proxy');
    const token = await issueGrant(fixture.signer(key), grant, { audience: 'audio', nowMs: fixture.clock.now() });
    return change ? resign(token, key, change) : token;
  };
  const verify = (token: string, audience: ServiceName = 'audio') =>
    verifyGrant(token, { ...fixture.context(), audience });

  test.each([
    ['a bot for a member', grantOf()],
    ['a bot for itself', grantOf({ member: undefined, guild: undefined })],
    ['a service without a tenant', { caller: service('audio'), action: 'voice.events', decision: 'd', requestId: 'r' }],
    ['the api for a tenant member', grantOf({ caller: service('api'), member: tenantMember })],
  ])('of %s comes out as it went in', async (_what, grant) => {
    expect(await verify(await issue(grant))).toEqual({ ok: true, value: { member: undefined, ...grant } });
  });

  test('is for one audience', async () => {
    expect(faultOf(await verify(await issue(grantOf()), 'discord-edge'))).toBe('wrong-audience');
  });

  test.each([
    ['a bot with another tenant', claim('tid', tenantB), 'wrong-tenant'],
    ['a bot without a tenant', claim('tid', undefined), 'wrong-tenant'],
    ['a caller that is no workload', claim('sub', 'spiffe://test/svc/root'), 'wrong-caller'],
    ['a member that is a text', claim('member', 'discord:1'), 'claims'],
    ['the same tenant', claim('tid', tenantA), 'ok'],
  ])('%s', async (_what, change, expected) => {
    expect(faultOf(await verify(await issue(grantOf(), change)))).toBe(expected);
  });

  test.each([
    ['its caller', spiffeId(installation, bot(tenantA)), 'revoked'],
    ['the proxy', spiffeId(installation, service('gateway-proxy')), 'revoked'],
    ['somebody else', spiffeId(installation, bot(tenantB)), 'ok'],
  ])('once %s is revoked', async (_what, value, expected) => {
    const token = await issue(grantOf());
    fixture.revoked.add(revocation({ kind: 'subject', value }));
    expect(faultOf(await verify(token))).toBe(expected);
  });
});
