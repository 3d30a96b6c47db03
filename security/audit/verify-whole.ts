import type { z } from 'zod';
import type { Verdict } from '#infra/kernel/verdict.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { waypointSchema } from './export-format.ts';
import { MerkleEdge } from './merkle.ts';
import { naming, type Problems } from './report.ts';

/** Missing records: from, to, and the line before which they should appear. */
interface Gap {
  from: number;
  to: number;
  readonly line: number;
}

const maxGaps = 1_000;

const isAboutKeys = (fault: string) => fault === 'wrong-key' || fault === 'other-term';

export interface WholeLogOptions {
  /** The header's checkpoint; undefined if it is not signed, so that only the order can be checked. */
  readonly checkpoint: Checkpoint | undefined;
  /** Opens a checkpoint with the key of the log that has to have signed it. */
  readonly open: (note: string) => Verdict<Checkpoint>;
  readonly earlier: Checkpoint | undefined;
  readonly problems: Problems;
}

/**
 * Recomputes the tree of a whole export as its leaves are read. The leaves between two signed waypoints form a stretch:
 * a problem in one stretch does not hide problems in the next, since each starts from hashes that its waypoint's
 * signature covers.
 */
export class WholeLogVerifier {
  readonly #options: WholeLogOptions;
  #edge = MerkleEdge.empty();
  #stretchStart = 0;
  #expected = 0;
  /** The order of this stretch is wrong: its root cannot be computed. */
  #broken = false;
  #gaps: Gap[] = [];
  #earlierSeen = false;

  constructor(options: WholeLogOptions) {
    this.#options = options;
    this.#compareEarlier();
  }

  leaf(line: number, index: number, hash: Buffer): void {
    if (index === this.#expected) {
      this.#expected += 1;
      if (this.#broken) return;
      this.#edge.append(hash);
      this.#compareEarlier();
      return;
    }
    this.#broken = true;
    if (index > this.#expected) {
      this.#missing(this.#expected, index - 1, line);
      this.#expected = index + 1;
    } else if (this.#fill(index)) {
      this.#options.problems.add('reordered', line, `Record ${index} comes after later records.`, { index });
    } else {
      this.#options.problems.add('duplicated', line, `Record ${index} appears here a second time.`, { index });
    }
  }

  waypoint(line: number, { checkpoint: note, edge: hashes }: z.infer<typeof waypointSchema>): void {
    const { open, problems, checkpoint: last } = this.#options;
    const opened = open(note);
    if (!opened.ok) {
      problems.add(
        isAboutKeys(opened.fault) ? opened.fault : 'bad-signature',
        line,
        opened.fault === 'other-term'
          ? 'The checkpoint on this line is signed by a key that was not in use for a log of that size.'
          : 'The checkpoint on this line is not signed by the log.',
      );
      return;
    }
    const { size, root } = opened.value;
    const edge = MerkleEdge.decode(size, Buffer.concat(hashes.map((hash) => Buffer.from(hash, 'base64'))));
    if (!edge || !edge.root().equals(root)) {
      problems.add('edited', line, 'The hashes beside the checkpoint on this line do not match its root hash.');
      return;
    }
    if (size < this.#stretchStart) {
      problems.add('reordered', line, 'The checkpoint on this line comes after a later one.');
      return;
    }
    if (last && size > last.size)
      problems.add('inconsistent', line, "The checkpoint on this line is later than the file's own.");
    this.#closeStretch(line, size, root);
    this.#edge = edge;
    this.#stretchStart = size;
    this.#expected = size;
    this.#broken = false;
    this.#compareEarlier();
  }

  /** The end of the records, at the trailer or where the file ends. */
  finish(line: number): void {
    const { checkpoint, problems, earlier } = this.#options;
    if (checkpoint) {
      if (this.#expected < checkpoint.size) {
        const [index, to] = [this.#expected, checkpoint.size - 1];
        problems.add('truncated', line, `The end of the log is missing: ${naming(index, to)}.`, { index, to });
        this.#broken = true;
        this.#expected = checkpoint.size;
      }
      this.#closeStretch(line, checkpoint.size, checkpoint.root);
    }
    for (const { from, to, line: at } of this.#gaps) {
      problems.add(
        'removed',
        at,
        `Before this line, ${naming(from, to)} should appear (or earlier ones, if later ones were renumbered).`,
        {
          index: from,
          to,
        },
      );
    }
    if (earlier && checkpoint && !this.#earlierSeen) {
      const why =
        earlier.size > checkpoint.size
          ? 'this file ends before it was made'
          : 'some of the records before it are missing';
      problems.add('inconsistent', line, `The log cannot be compared with the earlier checkpoint: ${why}.`);
    }
  }

  #closeStretch(line: number, size: number, root: Buffer): void {
    const { problems } = this.#options;
    if (this.#expected < size) {
      this.#missing(this.#expected, size - 1, line);
    } else if (this.#expected > size) {
      problems.add(
        'added',
        line,
        `Before this line, there are ${this.#expected - size} more records than the log had then.`,
        {
          index: size,
          to: this.#expected - 1,
        },
      );
    } else if (!this.#broken && !this.#edge.root().equals(root)) {
      const [index, to] = [this.#stretchStart, size - 1];
      problems.add('edited', line, `There is a change in ${naming(index, to)}: their tree is not the signed one.`, {
        index,
        to,
      });
    }
  }

  #missing(from: number, to: number, line: number): void {
    this.#broken = true;
    if (this.#gaps.length < maxGaps) this.#gaps.push({ from, to, line });
    else
      this.#options.problems.add('removed', line, `Before this line, ${naming(from, to)} should appear.`, {
        index: from,
        to,
      });
  }

  /** Removes a late record from the gap that it left. */
  #fill(index: number): boolean {
    const at = this.#gaps.findIndex(({ from, to }) => from <= index && index <= to);
    const gap = this.#gaps[at];
    if (!gap) return false;
    const parts = [
      { ...gap, to: index - 1 },
      { ...gap, from: index + 1 },
    ];
    this.#gaps.splice(at, 1, ...parts.filter(({ from, to }) => from <= to));
    return true;
  }

  #compareEarlier(): void {
    const { earlier, problems } = this.#options;
    if (!earlier || this.#earlierSeen || this.#edge.size !== earlier.size) return;
    this.#earlierSeen = true;
    if (this.#edge.root().equals(earlier.root)) return;
    problems.add('inconsistent', 1, `The first ${earlier.size} records do not match the earlier checkpoint.`, {
      index: 0,
      to: earlier.size - 1,
    });
  }
}
