import { createHash, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  MerkleEdge,
  nodeHash,
  verifyConsistency,
  verifyInclusion,
  type SubtreeReader,
} from './merkle.ts';

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** MTH as written in RFC 6962, section 2.1: the oracle. */
function naiveRoot(leaves: readonly Uint8Array[]): Buffer {
  const [only] = leaves;
  if (!only) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), only);
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha256(Buffer.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

const leavesOf = (size: number) => Array.from({ length: size }, (_, index) => Buffer.from(`leaf ${index}`));
const readerOf =
  (leaves: readonly Uint8Array[]): SubtreeReader =>
  async (from, to) =>
    naiveRoot(leaves.slice(from, to));
const edgeOf = (leaves: readonly Uint8Array[]) => {
  const edge = MerkleEdge.empty();
  for (const leaf of leaves) edge.append(leafHash(leaf));
  return edge;
};
const flip = (bytes: Uint8Array) => {
  const flipped = Buffer.from(bytes);
  flipped[7] = (flipped[7] ?? 0) ^ 4;
  return flipped;
};

/** The reference tree of certificate-transparency's test suite, with its published roots. */
const referenceLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const referenceRoots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

test('gives the published roots of the certificate-transparency reference tree', () => {
  const leaves = referenceLeaves.map((hex) => Buffer.from(hex, 'hex'));
  const edge = MerkleEdge.empty();
  expect(edge.root().toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  leaves.forEach((leaf, index) => {
    edge.append(leafHash(leaf));
    expect(edge.root().toString('hex')).toBe(referenceRoots[index]);
  });
});

test('an edge that is stored and read back at any point goes on to the root of the naive tree', () => {
  fc.assert(
    fc.property(fc.nat(130), fc.nat(130), (before, after) => {
      const leaves = leavesOf(before + after);
      const stored = edgeOf(leaves.slice(0, before));
      const edge = MerkleEdge.decode(before, stored.encode());
      if (!edge) throw new Error('did not read back');
      for (const leaf of leaves.slice(before)) edge.append(leafHash(leaf));
      expect(edge.size).toBe(before + after);
      expect(edge.root()).toEqual(naiveRoot(leaves));
    }),
    { numRuns: 200 },
  );
});

test('refuses an edge of another size', () => {
  const bytes = edgeOf(leavesOf(6)).encode();
  expect(MerkleEdge.decode(6, bytes)?.root()).toEqual(naiveRoot(leavesOf(6)));
  for (const size of [-1, 1.5, 4, 7, Number.MAX_VALUE]) expect(MerkleEdge.decode(size, bytes)).toBeUndefined();
  expect(MerkleEdge.decode(6, bytes.subarray(1))).toBeUndefined();
});

test('proves every leaf, and nothing else with that proof', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 90 }), fc.nat(1_000), async (size, pick) => {
      const leaves = leavesOf(size);
      const index = pick % size;
      const root = naiveRoot(leaves);
      const leaf = leafHash(leaves[index] ?? Buffer.alloc(0));
      const proof = await inclusionProof(index, size, readerOf(leaves));
      const claim = { index, size, leaf, proof, root };
      expect(verifyInclusion(claim)).toBe(true);
      expect(verifyInclusion({ ...claim, leaf: flip(leaf) })).toBe(false);
      expect(verifyInclusion({ ...claim, root: flip(root) })).toBe(false);
      expect(verifyInclusion({ ...claim, proof: [...proof, randomBytes(32)] })).toBe(false);
      expect(verifyInclusion({ ...claim, index: size })).toBe(false);
      expect(verifyInclusion({ ...claim, index: -1 })).toBe(false);
      if (size > 1) {
        expect(verifyInclusion({ ...claim, index: (index + 1) % size })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: proof.slice(1) })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: proof.map((step, at) => (at === 0 ? flip(step) : step)) })).toBe(
          false,
        );
      }
    }),
    { numRuns: 150 },
  );
});

test('proves every beginning of a tree, and no other tree with that proof', async () => {
  for (let size = 1; size <= 33; size += 1) {
    const leaves = leavesOf(size);
    const root = naiveRoot(leaves);
    for (let oldSize = 0; oldSize <= size; oldSize += 1) {
      const oldRoot = naiveRoot(leaves.slice(0, oldSize));
      const claim = { oldSize, oldRoot, size, root, proof: await consistencyProof(oldSize, size, readerOf(leaves)) };
      expect(verifyConsistency(claim), `${oldSize} of ${size}`).toBe(true);
      expect(verifyConsistency({ ...claim, oldRoot: flip(oldRoot) })).toBe(false);
      expect(verifyConsistency({ ...claim, proof: [...claim.proof, randomBytes(32)] })).toBe(false);
      if (oldSize > 0) expect(verifyConsistency({ ...claim, root: flip(root) })).toBe(false);
      if (claim.proof.length > 0) expect(verifyConsistency({ ...claim, proof: claim.proof.slice(1) })).toBe(false);
      expect(verifyConsistency({ ...claim, oldSize: size + 1 })).toBe(false);
    }
  }
});

test('does not prove a tree whose past was rewritten', async () => {
  const leaves = leavesOf(20);
  const rewritten = leaves.map((leaf, index) => (index === 3 ? Buffer.from('rewritten') : leaf));
  const proof = await consistencyProof(12, 20, readerOf(rewritten));
  const claim = { oldSize: 12, oldRoot: naiveRoot(leaves.slice(0, 12)), size: 20, root: naiveRoot(rewritten), proof };
  expect(verifyConsistency(claim)).toBe(false);
});

test('does not take a node for a leaf', () => {
  const [left, right] = [leafHash(Buffer.from('a')), leafHash(Buffer.from('b'))];
  expect(leafHash(Buffer.concat([left, right]))).not.toEqual(nodeHash(left, right));
});
