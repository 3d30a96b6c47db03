import { describe, expect, it } from 'vitest';
import { canonicalTarget } from './canonical-target.ts';

/** Each attack beside the benign target that it resembles. */
const cases: readonly { name: string; attack: string; fault: string; benign: string }[] = [
  { name: 'a dot segment', attack: '/audio/v1/../api', fault: 'dot-segment', benign: '/audio/v1/..api' },
  { name: 'a single dot segment', attack: '/audio/./v1', fault: 'dot-segment', benign: '/audio/.v1' },
  { name: 'a closing dot segment', attack: '/audio/v1/..', fault: 'dot-segment', benign: '/audio/v1/a..' },
  { name: 'an encoded dot segment', attack: '/audio/%2e%2e/api', fault: 'dot-segment', benign: '/audio/..%3A/api' },
  { name: 'an encoded slash', attack: '/audio/v1%2fplayer', fault: 'encoded-separator', benign: '/audio/v1/player' },
  {
    name: 'an encoded backslash',
    attack: '/audio/v1%5Cplayer',
    fault: 'encoded-separator',
    benign: '/audio/v1%7Cplayer',
  },
  { name: 'a backslash', attack: '/audio\\v1', fault: 'backslash', benign: '/audio-v1' },
  { name: 'double encoding', attack: '/audio/%252e%252e/', fault: 'double-encoding', benign: '/audio/%C3%A9/' },
  { name: 'an escape that needs none', attack: '/%61udio/v1', fault: 'needless-escape', benign: '/audio/v1' },
  { name: 'a broken escape', attack: '/audio/%zz', fault: 'malformed-escape', benign: '/audio/%C3%A9' },
  { name: 'a cut escape', attack: '/audio/%4', fault: 'malformed-escape', benign: '/audio/%20' },
  { name: 'an empty segment', attack: '/audio//v1', fault: 'empty-segment', benign: '/audio/v1' },
  { name: 'a scheme-relative target', attack: '//evil/audio', fault: 'empty-segment', benign: '/evil/audio' },
  { name: 'path parameters', attack: '/audio;x=1/v1', fault: 'path-parameter', benign: '/audio,x=1/v1' },
  { name: 'encoded path parameters', attack: '/audio%3bx/v1', fault: 'path-parameter', benign: '/audio%3Ax/v1' },
  { name: 'absolute form', attack: 'http://audio/v1', fault: 'absolute-form', benign: '/http:/audio' },
  { name: 'asterisk form', attack: '*', fault: 'absolute-form', benign: '/*' },
  { name: 'a fragment', attack: '/audio#/api', fault: 'fragment', benign: '/audio/api' },
  { name: 'a fragment in the query', attack: '/audio?x#y', fault: 'fragment', benign: '/audio?x%23y' },
  { name: 'a control character', attack: '/audio/\u0001', fault: 'control-character', benign: '/audio/1' },
  {
    name: 'an encoded control character',
    attack: '/audio/%00',
    fault: 'control-character',
    benign: '/audio/%F0%9F%91%8D',
  },
  {
    name: 'an encoded line break in the query',
    attack: '/audio?a=%0d%0a',
    fault: 'control-character',
    benign: '/audio?a=%20%25',
  },
  { name: 'non-ASCII', attack: '/audio/é', fault: 'non-ascii', benign: '/audio/%C3%A9' },
  { name: 'non-ASCII in the query', attack: '/audio?q=é', fault: 'non-ascii', benign: '/audio?q=%C3%A9' },
  { name: 'a backslash in the query', attack: '/audio?q=\\', fault: 'backslash', benign: '/audio?q=%5C' },
  { name: 'a broken escape in the query', attack: '/audio?q=%', fault: 'malformed-escape', benign: '/audio?q=%25' },
  {
    name: 'a target over 8 KiB',
    attack: `/audio?q=${'a'.repeat(8192)}`,
    fault: 'too-long',
    benign: `/audio?q=${'a'.repeat(8000)}`,
  },
  {
    name: 'a segment over 1 KiB',
    attack: `/audio/${'a'.repeat(1025)}`,
    fault: 'too-long',
    benign: `/audio/${'a'.repeat(1024)}`,
  },
];

describe('canonical target', () => {
  for (const { name, attack, fault, benign } of cases) {
    it(`refuses ${name}`, () => {
      expect(canonicalTarget(attack)).toEqual({ ok: false, fault });
    });
    it(`lets pass what only resembles ${name}`, () => {
      expect(canonicalTarget(benign).ok).toBe(true);
    });
  }

  it('hands on path and query exactly as they came', () => {
    expect(canonicalTarget('/audio/v1/a%20b?q=1?2&q=%2F')).toEqual({
      ok: true,
      value: { path: '/audio/v1/a%20b', query: '?q=1?2&q=%2F' },
    });
  });
});
