import { describe, expect, it } from 'vitest';
import { canonicalHeaders, maxBodyBytes } from './canonical-headers.ts';

type Pairs = readonly (readonly [string, string])[];
const host = ['Host', 'proxy'] as const;
const judge = (method: string, pairs: Pairs, isPublic = false) =>
  canonicalHeaders(method, [host, ...pairs].flat(), { isPublic });

const cases: readonly { name: string; method?: string; attack: Pairs; fault: string; benign: Pairs }[] = [
  {
    name: 'two Authorization headers',
    attack: [
      ['Authorization', 'Bearer a'],
      ['authorization', 'Bearer b'],
    ],
    fault: 'repeated-header',
    benign: [['Authorization', 'Bearer a']],
  },
  {
    name: 'joined Authorization values',
    attack: [['authorization', 'Bearer a, Bearer b']],
    fault: 'joined-header',
    benign: [['accept', 'application/json, text/plain']],
  },
  {
    name: 'two transaction tokens',
    attack: [
      ['txn-token', 'a'],
      ['Txn-Token', 'a'],
    ],
    fault: 'repeated-header',
    benign: [['txn-token', 'a']],
  },
  { name: 'two Host headers', attack: [['host', 'other']], fault: 'repeated-header', benign: [] },
  {
    name: 'any other header twice',
    attack: [
      ['if-match', '"1"'],
      ['if-match', '"2"'],
    ],
    fault: 'repeated-header',
    benign: [
      ['accept', 'a/b'],
      ['accept', 'c/d'],
    ],
  },
  {
    name: 'an underscore twin of an identity header',
    attack: [['txn_token', 'a']],
    fault: 'underscore-header',
    benign: [['txn-token', 'a']],
  },
  { name: 'any name with an underscore', attack: [['x_y', 'a']], fault: 'underscore-header', benign: [['x-y', 'a_b']] },
  {
    name: "a grant of the caller's making",
    attack: [['Bailiwick-Grant', 'x']],
    fault: 'identity-header',
    benign: [['x-grant', 'x']],
  },
  {
    name: 'a forwarded client certificate',
    attack: [['x-forwarded-client-cert', 'x']],
    fault: 'identity-header',
    benign: [['x-forwarded-for', '::1']],
  },
  {
    name: 'a method override',
    attack: [['X-HTTP-Method-Override', 'DELETE']],
    fault: 'method-override',
    benign: [['x-http-note', 'DELETE']],
  },
  {
    name: 'a forwarded prefix',
    attack: [['x-forwarded-prefix', '/api']],
    fault: 'rewritten-target',
    benign: [['x-forwarded-proto', 'https']],
  },
  {
    name: 'an original URL',
    attack: [['X-Original-URL', '/api']],
    fault: 'rewritten-target',
    benign: [['referer', 'https://example.org/api']],
  },
  {
    name: 'a compressed body',
    attack: [['content-encoding', 'gzip']],
    fault: 'content-encoding',
    benign: [['content-encoding', 'identity']],
  },
  {
    name: 'Content-Length beside Transfer-Encoding',
    method: 'POST',
    attack: [
      ['content-length', '5'],
      ['transfer-encoding', 'chunked'],
    ],
    fault: 'framing',
    benign: [['transfer-encoding', 'chunked']],
  },
  {
    name: 'another transfer coding',
    method: 'POST',
    attack: [['transfer-encoding', 'gzip']],
    fault: 'framing',
    benign: [['transfer-encoding', 'Chunked']],
  },
  {
    name: 'joined transfer codings',
    method: 'POST',
    attack: [['transfer-encoding', 'chunked, identity']],
    fault: 'joined-header',
    benign: [['transfer-encoding', 'chunked']],
  },
  {
    name: 'two lengths',
    method: 'POST',
    attack: [
      ['content-length', '5'],
      ['content-length', '5'],
    ],
    fault: 'repeated-header',
    benign: [['content-length', '5']],
  },
  {
    name: 'a signed length',
    method: 'POST',
    attack: [['content-length', '+5']],
    fault: 'framing',
    benign: [['content-length', '5']],
  },
  {
    name: 'a padded length',
    method: 'POST',
    attack: [['content-length', '05']],
    fault: 'framing',
    benign: [['content-length', '0']],
  },
  {
    name: 'a hexadecimal length',
    method: 'POST',
    attack: [['content-length', '0x5']],
    fault: 'framing',
    benign: [['content-length', '10']],
  },
  {
    name: 'a body over 1 MiB',
    method: 'POST',
    attack: [['content-length', String(maxBodyBytes + 1)]],
    fault: 'body-too-large',
    benign: [['content-length', String(maxBodyBytes)]],
  },
  {
    name: 'a body of a GET',
    attack: [['content-length', '5']],
    fault: 'body-not-expected',
    benign: [['content-length', '0']],
  },
  {
    name: 'Connection naming the transaction token',
    attack: [['connection', 'close, Txn-Token']],
    fault: 'connection-listed',
    benign: [['connection', 'close, x-note']],
  },
  {
    name: 'Connection naming Authorization',
    attack: [['connection', 'authorization']],
    fault: 'connection-listed',
    benign: [['connection', 'Keep-Alive']],
  },
  {
    name: 'Connection naming the condition on which something is to be done',
    attack: [
      ['connection', 'close, If-Match'],
      ['if-match', '"3"'],
    ],
    fault: 'connection-listed',
    benign: [
      ['connection', 'close'],
      ['if-match', '"3"'],
    ],
  },
  {
    name: 'Connection naming the key by which something is done once',
    attack: [['connection', 'Idempotency-Key, keep-alive']],
    fault: 'connection-listed',
    benign: [['connection', 'keep-alive, accept']],
  },
  {
    name: 'a token that is not ASCII',
    attack: [['session-id', '\u00e9']],
    fault: 'header-value',
    benign: [['x-note', '\u00e9']],
  },
  {
    name: 'more than 64 headers',
    attack: Array.from({ length: 64 }, (_, index) => [`x-${index}`, '1'] as const),
    fault: 'too-many-headers',
    benign: Array.from({ length: 63 }, (_, index) => [`x-${index}`, '1'] as const),
  },
];

describe('canonical headers', () => {
  for (const { name, method = 'GET', attack, fault, benign } of cases) {
    it(`refuses ${name}`, () => {
      expect(judge(method, attack)).toEqual({ ok: false, fault });
    });
    it(`lets pass what only resembles ${name}`, () => {
      expect(judge(method, benign)).toMatchObject({ ok: true });
    });
  }

  it('refuses a request without Host', () => {
    expect(canonicalHeaders('GET', ['accept', '*/*'], { isPublic: false })).toEqual({ ok: false, fault: 'host' });
  });

  it('tells which headers Connection lists, so that they stay here', () => {
    const verdict = judge('GET', [['connection', 'keep-alive, X-Note']]);
    expect(verdict.ok && [...verdict.value.connectionListed]).toEqual(['keep-alive', 'x-note']);
  });

  it('does not refuse the public for a header that merely claims an identity, which stays here', () => {
    expect(judge('GET', [['x-forwarded-user', 'root']], true)).toMatchObject({ ok: true });
    expect(judge('GET', [['txn_token', 'x']], true)).toEqual({ ok: false, fault: 'underscore-header' });
  });
});
