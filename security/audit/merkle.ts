import { hash } from 'node:crypto';

/** Bytes of every hash here: SHA-256. */
export const hashBytes = 32;

const leafPrefix = 0x00;
const nodePrefix = 0x01;

/** MTH({d}) = SHA-256(0x00 || d): RFC 6962, section 2.1. */
export function leafHash(leaf: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + leaf.length);
  input[0] = leafPrefix;
  input.set(leaf, 1);
  return pooled(input);
}

/**
 * SHA-256(0x01 || left || right): RFC 6962, section 2.1. The different prefix prevents a node from passing for a leaf.
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + 2 * hashBytes);
  input[0] = nodePrefix;
  input.set(left, 1);
  input.set(right, 1 + hashBytes);
  return pooled(input);
}

/** Writes into memory that many hashes share: separate buffers would be the largest part of a large export's memory. */
const pooled = (input: Buffer): Buffer => Buffer.from(hash('sha256', input, 'latin1'), 'latin1');

/** The root of the tree without leaves: SHA-256 of nothing. */
export const emptyRoot = (): Buffer => hash('sha256', Buffer.alloc(0), 'buffer');

/** The largest power of two below `size`, which must be at least 2; exact for every safe integer. */
export function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/**
 * The right edge of a tree: the roots of the perfect subtrees that its leaves form, the largest first. It is enough to
 * continue appending and to compute the root, whatever the size (a "compact range" of transparency logs).
 */
export class MerkleEdge {
  #size: number;
  readonly #hashes: Buffer[];

  private constructor(size: number, hashes: Buffer[]) {
    this.#size = size;
    this.#hashes = hashes;
  }

  static empty(): MerkleEdge {
    return new MerkleEdge(0, []);
  }

  /** Reads the output of `encode`; undefined if it is not the edge of a tree of that size. */
  static decode(size: number, bytes: Uint8Array): MerkleEdge | undefined {
    if (!Number.isSafeInteger(size) || size < 0 || bytes.length !== subtrees(size) * hashBytes) return undefined;
    const hashes: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += hashBytes) hashes.push(Buffer.from(bytes.subarray(at, at + hashBytes)));
    return new MerkleEdge(size, hashes);
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  append(leaf: Buffer): void {
    let node = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = this.#hashes.pop();
      if (left) node = nodeHash(left, node);
    }
    this.#hashes.push(node);
    this.#size += 1;
  }

  root(): Buffer {
    const last = this.#hashes.at(-1);
    return last ? this.#hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last) : emptyRoot();
  }

  encode(): Buffer {
    return Buffer.concat(this.#hashes);
  }
}

function subtrees(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

/** Returns MTH(D[from:to]), for ranges as RFC 6962 splits them: `from` is a multiple of the next power of two. */
export type SubtreeReader = (from: number, to: number) => Promise<Buffer>;

/** PATH(index, D[size]) of RFC 6962, section 2.1.1: from the leaf's neighbour up. */
export async function inclusionProof(index: number, size: number, subtree: SubtreeReader): Promise<Buffer[]> {
  const proof: Buffer[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      proof.unshift(await subtree(middle, to));
      to = middle;
    } else {
      proof.unshift(await subtree(from, middle));
      from = middle;
    }
  }
  return proof;
}

/** PROOF(oldSize, D[size]) of RFC 6962, section 2.1.2; empty for equal sizes and for an old size of 0. */
export async function consistencyProof(oldSize: number, size: number, subtree: SubtreeReader): Promise<Buffer[]> {
  const proof: Buffer[] = [];
  if (oldSize === 0 || oldSize === size) return proof;
  let from = 0;
  let to = size;
  // As long as only the right has been cut off, the old tree is a complete subtree: its root is then already known.
  let oldRootKnown = true;
  while (oldSize !== to) {
    const middle = from + splitPoint(to - from);
    if (oldSize <= middle) {
      proof.unshift(await subtree(middle, to));
      to = middle;
    } else {
      proof.unshift(await subtree(from, middle));
      from = middle;
      oldRootKnown = false;
    }
  }
  if (!oldRootKnown) proof.unshift(await subtree(from, to));
  return proof;
}

export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/**
 * Whether the leaf is at that index of the tree with that root. RFC 9162, section 2.1.3.2 (the hashes are RFC 6962's).
 */
export function verifyInclusion({ index, size, leaf, proof, root }: InclusionClaim): boolean {
  if (index < 0 || index >= size) return false;
  let node = index;
  let last = size - 1;
  let computed: Uint8Array = leaf;
  for (const step of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      computed = nodeHash(step, computed);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      computed = nodeHash(computed, step);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && Buffer.compare(computed, root) === 0;
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Whether the old tree is a prefix of the new one. RFC 9162, section 2.1.4.2. */
export function verifyConsistency({ oldSize, oldRoot, size, root, proof }: ConsistencyClaim): boolean {
  if (oldSize < 0 || oldSize > size) return false;
  if (oldSize === 0) return proof.length === 0 && Buffer.compare(oldRoot, emptyRoot()) === 0;
  if (oldSize === size) return proof.length === 0 && Buffer.compare(oldRoot, root) === 0;
  let node = oldSize - 1;
  let last = size - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  // An old size that is a power of two is a subtree of its own: its root begins the proof unsaid.
  const [first, ...rest] = node === 0 ? [oldRoot, ...proof] : proof;
  if (!first) return false;
  let oldComputed: Uint8Array = first;
  let computed: Uint8Array = first;
  for (const step of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      oldComputed = nodeHash(step, oldComputed);
      computed = nodeHash(step, computed);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      computed = nodeHash(computed, step);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && Buffer.compare(oldComputed, oldRoot) === 0 && Buffer.compare(computed, root) === 0;
}
