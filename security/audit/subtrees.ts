import { hashBytes, nodeHash, splitPoint, type SubtreeReader } from './merkle.ts';

/** Leaves of one tile, which is read at once. */
export const tileLeaves = 256;

const maxRightEdge = 1_024;

/** Reads the hashes of the leaves from `from` to before `to`, in order. */
export type LeafHashReader = (from: number, to: number) => Promise<Buffer>;

/**
 * Returns subtree hashes of a tree that is not in memory. It reads the leaf hashes once and keeps one hash for each 256
 * leaves (and as many again above them: 64 bytes for each 256 leaves), then reads a tile when a proof needs it.
 */
export async function createSubtreeReader(size: number, read: LeafHashReader): Promise<SubtreeReader> {
  const levels = await buildLevels(size, read);
  let tile: { start: number; hashes: Buffer; roots: Map<string, Buffer> } = {
    start: -1,
    hashes: Buffer.alloc(0),
    roots: new Map(),
  };
  const rightEdge = new Map<number, Buffer>();
  const withinTile = async (from: number, to: number): Promise<Buffer> => {
    const start = from - (from % tileLeaves);
    if (tile.start !== start) {
      tile = { start, hashes: await read(start, Math.min(start + tileLeaves, size)), roots: new Map() };
    }
    // The proofs of a tile's leaves share their subtrees: 510 at most.
    const range = `${from}-${to}`;
    const root =
      tile.roots.get(range) ?? rootOf(tile.hashes.subarray((from - start) * hashBytes, (to - start) * hashBytes));
    tile.roots.set(range, root);
    return root;
  };
  const compute = async (from: number, to: number): Promise<Buffer> => {
    if (to - from <= tileLeaves) return withinTile(from, to);
    const middle = from + splitPoint(to - from);
    return nodeHash(await subtree(from, middle), await subtree(middle, to));
  };
  const subtree: SubtreeReader = async (from, to) => {
    const stored = storedNode(levels, from, to);
    if (stored) return stored;
    if (to !== size) return compute(from, to);
    // The ragged right edge is part of almost every proof, and of few ranges: one for each bit of the size.
    const known = rightEdge.get(from);
    if (known) return known;
    const computed = await compute(from, to);
    if (rightEdge.size < maxRightEdge) rightEdge.set(from, computed);
    return computed;
  };
  return subtree;
}

/** levels[k] holds the hashes of the perfect subtrees of 256 * 2^k leaves, in order. */
async function buildLevels(size: number, read: LeafHashReader): Promise<Buffer[]> {
  const tiles = Math.floor(size / tileLeaves);
  if (tiles === 0) return [];
  const lowest = Buffer.alloc(tiles * hashBytes);
  for (let tile = 0; tile < tiles; tile += 1) {
    lowest.set(rootOf(await read(tile * tileLeaves, (tile + 1) * tileLeaves)), tile * hashBytes);
  }
  const levels = [lowest];
  for (let below: Buffer = lowest; below.length >= 2 * hashBytes;) {
    const pairs = Math.floor(below.length / (2 * hashBytes));
    const level = Buffer.alloc(pairs * hashBytes);
    for (let pair = 0; pair < pairs; pair += 1)
      level.set(nodeHash(nodeAt(below, 2 * pair), nodeAt(below, 2 * pair + 1)), pair * hashBytes);
    levels.push(level);
    below = level;
  }
  return levels;
}

const nodeAt = (level: Buffer, at: number): Buffer => level.subarray(at * hashBytes, (at + 1) * hashBytes);

function storedNode(levels: readonly Buffer[], from: number, to: number): Buffer | undefined {
  let leaves = tileLeaves;
  for (const level of levels) {
    if (to - from === leaves && from % leaves === 0) {
      const at = from / leaves;
      return (at + 1) * hashBytes <= level.length ? nodeAt(level, at) : undefined;
    }
    leaves *= 2;
  }
  return undefined;
}

/**
 * MTH of hashed leaves, level by level: the node left over on one level moves up to the next (RFC 6962, 2.1, from
 * below).
 */
function rootOf(hashes: Buffer): Buffer {
  const level = Buffer.from(hashes);
  let count = level.length / hashBytes;
  while (count > 1) {
    const pairs = Math.floor(count / 2);
    for (let pair = 0; pair < pairs; pair += 1)
      level.set(nodeHash(nodeAt(level, 2 * pair), nodeAt(level, 2 * pair + 1)), pair * hashBytes);
    if (count % 2 === 1) level.set(nodeAt(level, count - 1), pairs * hashBytes);
    count = Math.ceil(count / 2);
  }
  return Buffer.from(nodeAt(level, 0));
}
