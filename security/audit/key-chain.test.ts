import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { noteSigner, signCheckpoint, signNote, verifierOf } from './checkpoint.ts';
import { KeyChain } from './key-chain.ts';
import { signSuccession } from './succession.ts';

const origin = 'bailiwick.example/tenant/a';
const newKey = (name = origin) => noteSigner(name, generateKeyPairSync('ed25519').privateKey);
/** Four keys, of which the second was never used: two rotations followed each other at once. */
const [first, second, third, fourth] = [newKey(), newKey(), newKey(), newKey()] as const;
const toSecond = signSuccession(first, second, 10);
const toThird = signSuccession(second, third, 10);
const toFourth = signSuccession(third, fourth, 20);

/** The chain, and what it says of the last succession. */
function chained(trusted: string, ...notes: readonly string[]) {
  const chain = new KeyChain(trusted);
  const faults = notes.map((note) => chain.add(note));
  expect(faults.slice(0, -1).filter((fault) => fault !== undefined)).toEqual([]);
  return { chain, fault: faults.at(-1) };
}
const checkpoint = (signer: typeof first, size: number) =>
  signCheckpoint({ origin, size, root: Buffer.alloc(32, 9) }, signer);

test.each([
  ['first', first, 3],
  ['second', second, 2],
  ['third', third, 1],
  ['last', fourth, 0],
])('whoever trusts the %s key follows the rest, and opens the checkpoints of each', (_name, trusted, followed) => {
  const { chain, fault } = chained(verifierOf(trusted), toSecond, toThird, toFourth);
  expect(fault).toBeUndefined();
  expect(chain.followed).toBe(followed);
  for (const [signer, size] of [
    [first, 0],
    [first, 10],
    [third, 11],
    [third, 20],
    [fourth, 21],
  ] as const)
    expect(chain.open(checkpoint(signer, size))).toMatchObject({ ok: true, value: { size } });
});

test('a key that is none of them follows nothing', () => {
  expect(chained(verifierOf(newKey()), toSecond).chain.followed).toBeUndefined();
});

test.each([
  ['the first, for a tree that grew after it was replaced', first, 11],
  ['the second, which was never in use', second, 10],
  ['the third, for a tree of before', third, 10],
  ['the third, for a tree of after', third, 21],
])('refuses a checkpoint by %s', (_name, signer, size) => {
  const { chain } = chained(verifierOf(first), toSecond, toThird, toFourth);
  expect(chain.open(checkpoint(signer, size))).toEqual({ ok: false, fault: 'other-term' });
});

test('refuses a checkpoint by a stranger, and one that was changed', () => {
  const { chain } = chained(verifierOf(first), toSecond);
  expect(chain.open(checkpoint(newKey(), 5))).toEqual({ ok: false, fault: 'wrong-key' });
  expect(chain.open(checkpoint(first, 5).replace('\n5\n', '\n6\n'))).toEqual({ ok: false, fault: 'bad-signature' });
});

const lineOf = (note: string, at: number) => note.slice(note.indexOf('\n\n') + 2).split('\n')[at] ?? '';
const textOf = (note: string) => note.slice(0, note.indexOf('\n\n') + 1);
const only = (at: number) => `${textOf(toSecond)}\n${lineOf(toSecond, at)}\n`;
const elsewhere = [newKey('bailiwick.example/tenant/b'), newKey('bailiwick.example/tenant/b')] as const;

test.each<[string, readonly string[], RegExp]>([
  ['a gap', [toSecond, toFourth], /^A succession is missing before this one/],
  ['two in the wrong order', [toThird, toSecond], /^This succession is out of order: its new key was already in use/],
  ['the same twice', [toSecond, toSecond], /^This succession is out of order: its new key was already in use/],
  [
    'one that goes back in time',
    [toSecond, signSuccession(second, third, 9)],
    /^This succession is out of order: it took place in a smaller log/,
  ],
  ['one that the old key did not sign', [only(1)], /^This succession is not signed by the key that it replaces\.$/],
  ['one that the new key did not sign', [only(0)], /^This succession is not signed by the new key\.$/],
  ['another size', [toSecond.replace('\n10\n', '\n11\n')], /^This succession was changed after it was signed\.$/],
  ["another log's", [signSuccession(...elsewhere, 1)], /^This succession belongs to a different log\.$/],
  [
    'keys of different logs',
    [signSuccession(first, elsewhere[0], 1)],
    /^This succession belongs to a different log\.$/,
  ],
  ['a checkpoint', [checkpoint(first, 5)], /^This is not a succession\.$/],
  ['more than a succession', [signNote(`${textOf(toSecond)}\nmore\n`, first, second)], /^This is not a succession\.$/],
])('refuses %s', (_name, notes, sentence) => {
  expect(chained(verifierOf(first), ...notes).fault).toMatch(sentence);
});
