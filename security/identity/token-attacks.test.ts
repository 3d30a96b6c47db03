import { createHmac, createPublicKey, createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { CompactEncrypt, exportJWK, FlattenedSign } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { callTokenType } from './call-token.ts';
import { grantType } from './grant.ts';
import { transactionTokenType } from './transaction-token.ts';
import { algorithmOf } from './verification-keys.ts';
import {
  base64url,
  resign,
  signText,
  targets,
  tokenFixture,
  type Fixture,
  type Key,
  type Parts,
  type Target,
} from './token.fixture.ts';

/** A change to a genuine token, signed with the genuine key unless stated otherwise; `undefined` is the benign twin. */
interface Attack {
  readonly name: string;
  readonly expect: string;
  readonly change?: (parts: Parts, context: { key: Key; target: Target }) => void;
  readonly forge?: (
    genuine: string,
    context: { key: Key; target: Target; fixture: Fixture },
  ) => string | Promise<string>;
}

const decode = (segment: string | undefined): string => Buffer.from(segment ?? '', 'base64url').toString();
const segmentsOf = (token: string) => token.split('.') as [string, string, string];
const otherType: Record<string, string> = {
  [callTokenType]: grantType,
  [grantType]: transactionTokenType,
  [transactionTokenType]: callTokenType,
};
const hostile = generateKeyPairSync('ed25519');
const hostileSecret = createSecretKey(randomBytes(32));
/** A key of the attacker's own, of the kind that signs these tokens. */
const hostileFor = ({ use }: Target) => (use === 'call-token' ? hostile.privateKey : hostileSecret);
const withAlg = (head: string, alg: string) => base64url(decode(head).replace(/"alg":"\w+"/, `"alg":"${alg}"`));
const header = (name: string, value: unknown) => (parts: Parts) => {
  parts.header[name] = value;
};
const claim = (name: string, value: unknown) => (parts: Parts) => {
  parts.claims[name] = value;
};
const seconds = (parts: Parts, name: 'iat' | 'exp'): number => Number(parts.claims[name]);

const attacks: readonly Attack[] = [
  // Algorithm confusion (RFC 8725, 2.1 and 3.1)
  {
    name: 'alg none without a signature',
    expect: 'malformed',
    forge: (genuine) => {
      const [head, claims] = segmentsOf(genuine);
      return `${withAlg(head, 'none')}.${claims}`;
    },
  },
  {
    name: 'alg none with an empty signature',
    expect: 'algorithm',
    forge: (genuine) => {
      const [head, claims] = segmentsOf(genuine);
      return `${withAlg(head, 'none')}.${claims}.`;
    },
  },
  { name: 'alg None in another case', expect: 'algorithm', change: header('alg', 'nOnE') },
  {
    name: 'HS256 with our public key as the secret, or EdDSA with a key of the attacker',
    expect: 'algorithm',
    forge: (genuine, { key, target }) => {
      const [head, claims] = segmentsOf(genuine);
      if (target.use !== 'call-token')
        return signText(decode(withAlg(head, 'EdDSA')), decode(claims), hostile.privateKey);
      const input = `${withAlg(head, 'HS256')}.${claims}`;
      const secret = createPublicKey(key.signing).export({ format: 'pem', type: 'spki' });
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    },
  },
  { name: 'a stronger algorithm of the same family', expect: 'algorithm', change: header('alg', 'HS512') },
  { name: 'the right key under another name of the algorithm', expect: 'algorithm', change: header('alg', 'Ed25519') },
  { name: 'a list as algorithm', expect: 'algorithm', change: header('alg', ['EdDSA']) },
  // Header members
  { name: 'an unknown kid', expect: 'unknown-key', change: header('kid', 'A'.repeat(43)) },
  { name: 'a kid that is a path', expect: 'unknown-key', change: header('kid', '../../etc/passwd') },
  { name: 'a kid that is SQL', expect: 'unknown-key', change: header('kid', "' or 1=1 --") },
  { name: 'a kid that is a member of every object', expect: 'unknown-key', change: header('kid', '__proto__') },
  { name: 'no kid', expect: 'unknown-key', change: (parts) => delete parts.header['kid'] },
  {
    name: 'an embedded jwk that fits the signature',
    expect: 'header',
    forge: async (genuine, { target }) => {
      const [head, claims] = segmentsOf(genuine);
      const members = JSON.parse(decode(head)) as Record<string, unknown>;
      const jwk = await exportJWK(hostile.publicKey);
      return signText(JSON.stringify({ ...members, jwk }), decode(claims), hostileFor(target));
    },
  },
  { name: 'a jku', expect: 'header', change: header('jku', 'https://attacker.example/keys') },
  { name: 'an x5u', expect: 'header', change: header('x5u', 'https://attacker.example/chain') },
  { name: 'an x5c', expect: 'header', change: header('x5c', ['MIIB']) },
  { name: 'a crit', expect: 'header', change: header('crit', ['exp']) },
  { name: 'an empty crit', expect: 'header', change: header('crit', []) },
  { name: 'an unencoded payload (b64)', expect: 'header', change: header('b64', false) },
  { name: 'a compressed payload (zip)', expect: 'header', change: header('zip', 'DEF') },
  { name: 'a nested token (cty)', expect: 'header', change: header('cty', 'JWT') },
  {
    name: 'the typ of another kind',
    expect: 'wrong-type',
    change: (p, { target }) => header('typ', otherType[target.typ])(p),
  },
  { name: 'the general typ JWT', expect: 'wrong-type', change: header('typ', 'JWT') },
  {
    name: 'the typ in another case',
    expect: 'wrong-type',
    change: (p, { target }) => header('typ', target.typ.toUpperCase())(p),
  },
  {
    name: 'the typ with its media type prefix',
    expect: 'wrong-type',
    change: (p, { target }) => header('typ', `application/${target.typ}`)(p),
  },
  { name: 'no typ', expect: 'wrong-type', change: (parts) => delete parts.header['typ'] },
  // Signature
  {
    name: 'a signature by another key under our kid',
    expect: 'signature',
    forge: (genuine, { target }) => {
      const [head, claims] = segmentsOf(genuine);
      return signText(decode(head), decode(claims), hostileFor(target));
    },
  },
  {
    name: 'other claims under the genuine signature',
    expect: 'signature',
    forge: (genuine) => {
      const [head, claims, signature] = segmentsOf(genuine);
      const changed = { ...(JSON.parse(decode(claims)) as object), iss: 'spiffe://test/svc/api' };
      return `${head}.${base64url(JSON.stringify(changed))}.${signature}`;
    },
  },
  {
    name: 'a cut signature',
    expect: 'signature',
    forge: (genuine) => {
      const [head, claims, signature] = segmentsOf(genuine);
      return `${head}.${claims}.${base64url(Buffer.from(signature, 'base64url').subarray(0, -4))}`;
    },
  },
  { name: 'no signature', expect: 'signature', forge: (genuine) => genuine.slice(0, genuine.lastIndexOf('.') + 1) },
  // Serialisation (RFC 7515, 7.2; RFC 7516)
  {
    name: 'the flattened JSON serialisation',
    expect: 'malformed',
    forge: async (genuine, { key, target }) => {
      const [, claims] = segmentsOf(genuine);
      const jws = await new FlattenedSign(Buffer.from(claims, 'base64url'))
        .setProtectedHeader({ alg: algorithmOf[target.use], typ: target.typ, kid: key.kid })
        .sign(key.signing);
      return JSON.stringify(jws);
    },
  },
  {
    name: 'an encrypted token (JWE)',
    expect: 'malformed',
    forge: async (genuine, { target }) => {
      const [, claims] = segmentsOf(genuine);
      return new CompactEncrypt(Buffer.from(claims, 'base64url'))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: target.typ })
        .encrypt(new Uint8Array(32));
    },
  },
  { name: 'a fourth segment', expect: 'malformed', forge: (genuine) => `${genuine}.AAAA` },
  { name: 'the empty text', expect: 'malformed', forge: () => '' },
  { name: 'a token as long as a book', expect: 'too-long', forge: (genuine) => genuine + 'A'.repeat(20_000) },
  { name: 'padding in base64url', expect: 'malformed', forge: (genuine) => genuine.replace('.', '=.') },
  {
    name: 'stray bits in the last character of the signature',
    expect: 'malformed',
    forge: (genuine) => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const last = alphabet.indexOf(genuine.at(-1) ?? '');
      return genuine.slice(0, -1) + (alphabet[last ^ 1] ?? '');
    },
  },
  { name: 'a space before', expect: 'malformed', forge: (genuine) => ` ${genuine}` },
  { name: 'a line feed behind', expect: 'malformed', forge: (genuine) => `${genuine}\n` },
  {
    name: 'the base64 alphabet for base64url',
    expect: 'malformed',
    forge: (genuine, { key }) => {
      const [head, claims] = segmentsOf(genuine);
      const text = decode(claims).replace('{', '{"x":"\u00fb\u00ff\u00fe?>",');
      return signText(decode(head), text, key.signing).replaceAll('-', '+').replaceAll('_', '/');
    },
  },
  // Duplicate members (RFC 8725, 2.4; RFC 7515, 4)
  {
    name: 'a duplicate claim',
    expect: 'malformed',
    forge: (genuine, { key }) => {
      const [head, claims] = segmentsOf(genuine);
      return signText(decode(head), decode(claims).replace('{', '{"aud":"spiffe://test/svc/api",'), key.signing);
    },
  },
  {
    name: 'a duplicate claim behind an escape',
    expect: 'malformed',
    forge: (genuine, { key }) => {
      const [head, claims] = segmentsOf(genuine);
      return signText(decode(head), decode(claims).replace('{', '{"\\u0061ud":"x",'), key.signing);
    },
  },
  {
    name: 'a duplicate header member',
    expect: 'malformed',
    forge: (genuine, { key }) => {
      const [head, claims] = segmentsOf(genuine);
      return signText(decode(head).replace('{', '{"alg":"none",'), decode(claims), key.signing);
    },
  },
  {
    name: 'claims that are a list',
    expect: 'malformed',
    forge: (g, { key }) => signText(decode(segmentsOf(g)[0]), '[]', key.signing),
  },
  {
    name: 'claims that are no JSON',
    expect: 'malformed',
    forge: (g, { key }) => signText(decode(segmentsOf(g)[0]), 'null', key.signing),
  },
  // Claims
  { name: 'an unknown claim', expect: 'claims', change: claim('admin', true) },
  {
    name: 'a __proto__ claim',
    expect: 'claims',
    forge: (genuine, { key }) => {
      const [head, claims] = segmentsOf(genuine);
      return signText(decode(head), decode(claims).replace('{', '{"__proto__":{"a":1},'), key.signing);
    },
  },
  { name: 'no exp', expect: 'claims', change: (parts) => delete parts.claims['exp'] },
  { name: 'no iat', expect: 'claims', change: (parts) => delete parts.claims['iat'] },
  { name: 'no aud', expect: 'claims', change: (parts) => delete parts.claims['aud'] },
  { name: 'no iss', expect: 'claims', change: (parts) => delete parts.claims['iss'] },
  { name: 'an exp in a text', expect: 'claims', change: (parts) => claim('exp', String(seconds(parts, 'exp')))(parts) },
  {
    name: 'an exp that is a fraction',
    expect: 'claims',
    change: (parts) => claim('exp', seconds(parts, 'exp') - 0.5)(parts),
  },
  { name: 'an infinite exp', expect: 'claims', change: claim('exp', Number.MAX_VALUE) },
  { name: 'a negative iat', expect: 'claims', change: claim('iat', -1) },
  {
    name: 'an exp in a hundred years',
    expect: 'lifetime',
    change: (parts) => claim('exp', seconds(parts, 'exp') + 3_155_760_000)(parts),
  },
  {
    name: 'a lifetime one second over the cap',
    expect: 'lifetime',
    change: (p, { target }) => claim('exp', seconds(p, 'iat') + target.maxLifetimeSec + 1)(p),
  },
  { name: 'an exp before iat', expect: 'lifetime', change: (parts) => claim('exp', seconds(parts, 'iat') - 1)(parts) },
  {
    name: 'an exp in milliseconds',
    expect: 'lifetime',
    change: (parts) => claim('exp', seconds(parts, 'exp') * 1000)(parts),
  },
  {
    name: 'an iat six seconds ahead',
    expect: 'not-yet-valid',
    change: (parts) => {
      parts.claims['exp'] = seconds(parts, 'iat') + 10;
      parts.claims['iat'] = seconds(parts, 'iat') + 6;
    },
  },
  {
    name: 'an exp that is now',
    expect: 'expired',
    change: (parts) => {
      parts.claims['exp'] = seconds(parts, 'iat');
      parts.claims['iat'] = seconds(parts, 'iat') - 10;
    },
  },
  { name: 'several audiences', expect: 'claims', change: (parts) => claim('aud', [parts.claims['aud']])(parts) },
  {
    name: 'an audience that ours begins with',
    expect: 'wrong-audience',
    change: (parts) => claim('aud', String(parts.claims['aud']).slice(0, -1))(parts),
  },
  {
    name: 'an audience that begins with ours',
    expect: 'wrong-audience',
    change: (parts) => claim('aud', `${String(parts.claims['aud'])}x`)(parts),
  },
  {
    name: 'an audience in another case',
    expect: 'wrong-audience',
    change: (parts) => claim('aud', String(parts.claims['aud']).toUpperCase())(parts),
  },
  {
    name: 'an audience of another installation',
    expect: 'wrong-audience',
    change: (parts) => claim('aud', String(parts.claims['aud']).replace('//test', '//prod'))(parts),
  },
  {
    name: 'an issuer that does not hold the key',
    expect: 'wrong-issuer',
    change: claim('iss', 'spiffe://test/svc/worker'),
  },
];

/** The same operations by callers with the right to use them: a check that refuses everything proves nothing. */
const benign: readonly Attack[] = [
  { name: 'a genuine token', expect: 'ok' },
  {
    name: 'an iat five seconds ahead',
    expect: 'ok',
    change: (parts) => claim('iat', seconds(parts, 'iat') + 5)(parts),
  },
  {
    name: 'an exp one second from now',
    expect: 'ok',
    change: (parts) => claim('exp', seconds(parts, 'iat') + 1)(parts),
  },
  {
    name: 'header members in another order',
    expect: 'ok',
    change: (parts) => {
      const { alg, typ, kid } = parts.header;
      parts.header = { kid, typ, alg };
    },
  },
];

describe.each(targets)('$name', (target) => {
  let fixture: Fixture;
  let key: Key;
  let genuine: string;
  beforeEach(async () => {
    fixture = tokenFixture();
    key = fixture.key(target.use, target.holder);
    genuine = await target.issue(fixture, key);
  });

  test.each([...attacks, ...benign])('$expect: $name', async ({ expect: expected, change, forge }) => {
    let token = genuine;
    if (change) token = resign(genuine, key, (parts) => change(parts, { key, target }));
    if (forge) token = await forge(genuine, { key, target, fixture });
    const verdict = await target.verify(fixture, token);
    expect(verdict.ok ? 'ok' : verdict.fault).toBe(expected);
    // A verifier that has seen the genuine token must not be fooled by its cache.
    expect((await target.verify(fixture, genuine)).ok).toBe(true);
    const again = await target.verify(fixture, token);
    expect(again.ok ? 'ok' : again.fault).toBe(expected);
  });

  test('refuses a key of another use, even of the right holder', async () => {
    const uses = (['call-token', 'transaction-token', 'grant'] as const).filter((use) => use !== target.use);
    for (const use of uses) {
      const other = tokenFixture();
      const wrongKey = other.key(use, target.holder);
      const fault = algorithmOf[use] === algorithmOf[target.use] ? 'unknown-key' : 'algorithm';
      expect(await target.verify(other, await target.issue(other, wrongKey))).toEqual({ ok: false, fault });
    }
  });

  test('refuses the key of another holder', async () => {
    const other = tokenFixture();
    const wrongKey = other.key(target.use, 'worker');
    const token = resign(await target.issue(other, wrongKey), wrongKey, (parts) => {
      parts.claims['iss'] = wrongKey.holder;
      if ('req_wl' in parts.claims) parts.claims['req_wl'] = wrongKey.holder;
    });
    const verdict = await target.verify(other, token);
    expect(verdict).toMatchObject({ ok: false, fault: expect.stringMatching(/^wrong-(issuer|witness)$/) });
  });

  test('refuses what a retired key signed, also when it was verified before', async () => {
    expect((await target.verify(fixture, genuine)).ok).toBe(true);
    fixture.published.length = 0;
    await fixture.keys.refresh();
    expect(await target.verify(fixture, genuine)).toEqual({ ok: false, fault: 'unknown-key' });
  });

  test('refuses what a key signed that has run out', async () => {
    const other = tokenFixture();
    const short = other.key(target.use, target.holder, 5_000);
    const token = await target.issue(other, short);
    expect((await target.verify(other, token)).ok).toBe(true);
    other.clock.advance(5_000);
    expect(await target.verify(other, token)).toEqual({ ok: false, fault: 'unknown-key' });
  });

  test('expires to the millisecond, also when it was verified before', async () => {
    fixture.clock.advance(target.maxLifetimeSec * 1000 - 1);
    expect((await target.verify(fixture, genuine)).ok).toBe(true);
    fixture.clock.advance(1);
    expect(await target.verify(fixture, genuine)).toEqual({ ok: false, fault: 'expired' });
  });

  test('is refused while revocations cannot be known', async () => {
    expect((await target.verify(fixture, genuine)).ok).toBe(true);
    fixture.fresh.value = false;
    expect(await target.verify(fixture, genuine)).toEqual({ ok: false, fault: 'not-fresh' });
  });

  test('a flood of unknown kids leads to one fetch of the keys a second, and a new key is still learnt', async () => {
    expect((await target.verify(fixture, genuine)).ok).toBe(true);
    fixture.clock.advance(1_000);
    const before = fixture.fetches.count;
    const flood = Array.from({ length: 200 }, (_, index) =>
      resign(genuine, key, (parts) => {
        parts.header['kid'] = base64url(`hostile key number ${String(index).padStart(13, '0')}`);
      }),
    );
    const verdicts = await Promise.all(flood.map((token) => target.verify(fixture, token)));
    expect(verdicts.every((verdict) => !verdict.ok && verdict.fault === 'unknown-key')).toBe(true);
    expect(fixture.fetches.count - before).toBe(1);
    const next = fixture.key(target.use, target.holder);
    const token = await target.issue(fixture, next);
    expect((await target.verify(fixture, token)).ok).toBe(false);
    expect(fixture.fetches.count - before).toBe(1);
    fixture.clock.advance(1_000);
    expect((await target.verify(fixture, token)).ok).toBe(true);
    expect(fixture.fetches.count - before).toBe(2);
  });
});
