import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  MerkleEdge,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts';
import { createSubtreeReader, tileLeaves } from './subtrees.ts';

const all = Array.from({ length: 3_000 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
const rootOf = (size: number) => {
  const edge = MerkleEdge.empty();
  for (const hash of all.slice(0, size)) edge.append(hash);
  return edge.root();
};

/** Counts what is read, and refuses to read what does not exist. */
function leavesOf(size: number) {
  const asked = { reads: 0, largest: 0 };
  const read = async (from: number, to: number) => {
    expect(from).toBeLessThan(to);
    expect(to).toBeLessThanOrEqual(size);
    asked.reads += 1;
    asked.largest = Math.max(asked.largest, to - from);
    return Buffer.concat(all.slice(from, to));
  };
  return { asked, read };
}

const sizes = fc.oneof(
  fc.integer({ min: 1, max: all.length }),
  fc.constantFrom(1, 2, 255, 256, 257, 511, 512, 513, 768, 1_023, 1_024, 1_025, 2_048, 2_049, 2_999),
);

test('proves any leaf of a tree of any size, and any earlier tree', async () => {
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(10_000), fc.nat(10_000), async (size, leafPick, sizePick) => {
      const subtree = await createSubtreeReader(size, leavesOf(size).read);
      const root = rootOf(size);
      const index = leafPick % size;
      const proof = await inclusionProof(index, size, subtree);
      expect(verifyInclusion({ index, size, leaf: all[index] ?? Buffer.alloc(0), proof, root })).toBe(true);
      const oldSize = sizePick % (size + 1);
      const consistency = await consistencyProof(oldSize, size, subtree);
      expect(verifyConsistency({ oldSize, oldRoot: rootOf(oldSize), size, root, proof: consistency })).toBe(true);
    }),
    { numRuns: 80 },
  );
});

test('proves all leaves of a tree in order with one reading of each tile after the first pass, a tile at a time', async () => {
  const size = 1_500;
  const { asked, read } = leavesOf(size);
  const subtree = await createSubtreeReader(size, read);
  const root = rootOf(size);
  for (let index = 0; index < size; index += 1) {
    const proof = await inclusionProof(index, size, subtree);
    expect(verifyInclusion({ index, size, leaf: all[index] ?? Buffer.alloc(0), proof, root })).toBe(true);
  }
  expect(asked.largest).toBe(tileLeaves);
  expect(asked.reads).toBeLessThanOrEqual(5 + 6 + 6);
});
