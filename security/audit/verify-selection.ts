import type { Checkpoint } from './checkpoint.ts';
import type { Header } from './export-format.ts';
import { verifyConsistency, verifyInclusion } from './merkle.ts';
import type { Problems } from './report.ts';

export interface SelectionOptions {
  /** Undefined if it could not be opened: then only the order is verified. */
  readonly checkpoint: Checkpoint | undefined;
  readonly earlier: Checkpoint | undefined;
  readonly consistency: Header['consistency'];
  readonly problems: Problems;
}

/** Verifies a selection: each record by its own proof, and by another that the log continues an earlier checkpoint. */
export class SelectionVerifier {
  readonly #checkpoint: Checkpoint | undefined;
  readonly #problems: Problems;
  #lastIndex = -1;

  constructor({ checkpoint, earlier, consistency, problems }: SelectionOptions) {
    this.#checkpoint = checkpoint;
    this.#problems = problems;
    if (checkpoint && earlier) this.#compare(consistency, checkpoint, earlier);
  }

  #compare(consistency: Header['consistency'], { size, root }: Checkpoint, earlier: Checkpoint): void {
    if (consistency?.size !== earlier.size && size !== earlier.size) {
      this.#problems.add(
        'inconsistent',
        1,
        'This file contains no proof that the log continues the earlier checkpoint.',
      );
      return;
    }
    // Two trees of the same size must be identical; that needs no proof.
    const proof = (size === earlier.size ? [] : (consistency?.proof ?? [])).map((hash) => Buffer.from(hash, 'base64'));
    if (verifyConsistency({ oldSize: earlier.size, oldRoot: earlier.root, size, root, proof })) return;
    this.#problems.add('inconsistent', 1, 'The log is not a continuation of the earlier checkpoint.');
  }

  /** @param hash undefined for a record that is already known to be wrong */
  leaf(line: number, index: number, hash: Buffer | undefined, proof: readonly string[] | undefined): void {
    const problems = this.#problems;
    if (index === this.#lastIndex)
      problems.add('duplicated', line, `Record ${index} appears here a second time.`, { index });
    else if (index < this.#lastIndex)
      problems.add('reordered', line, `Record ${index} comes after a later one.`, { index });
    this.#lastIndex = Math.max(index, this.#lastIndex);
    if (!hash || !this.#checkpoint) return;
    if (!proof) {
      problems.add('malformed', line, `Record ${index} has no proof.`, { index });
      return;
    }
    const { size, root } = this.#checkpoint;
    const path = proof.map((step) => Buffer.from(step, 'base64'));
    if (verifyInclusion({ index, size, leaf: hash, proof: path, root })) return;
    problems.add(
      'edited',
      line,
      `Record ${index} is not at that position in the log: the record, its index or its proof was changed.`,
      { index },
    );
  }
}
