import { reject, type Verdict } from '#infra/kernel/verdict.ts';
import { openCheckpoint, parseCheckpoint, parseVerifier, type Checkpoint, type NoteVerifier } from './checkpoint.ts';
import { openSuccession } from './succession.ts';

/** A key of a log; it signs trees larger than `after`, until the next one's. */
interface Term {
  readonly vkey: string;
  readonly verifier: NoteVerifier;
  readonly after: number;
}

/** The most successions that are followed: a rotation a day for 27 years. */
const maxSuccessions = 10_000;

const faults: Readonly<Record<string, string>> = {
  'wrong-origin': 'This succession belongs to a different log.',
  'unsigned-by-predecessor': 'This succession is not signed by the key that it replaces.',
  'unsigned-by-successor': 'This succession is not signed by the new key.',
  'bad-signature': 'This succession was changed after it was signed.',
};

/**
 * The keys of a log, one after the other, as its successions prove them. One of them is trusted beforehand, and the
 * others for its sake: each succession is signed by both of its keys.
 */
export class KeyChain {
  readonly #trusted: string;
  readonly #origin: string;
  readonly #terms: Term[];
  readonly #known = new Set<string>();

  /** @throws audit.verifier if `trusted` is not a vkey */
  constructor(trusted: string) {
    const verifier = parseVerifier(trusted);
    this.#trusted = trusted;
    this.#origin = verifier.name;
    this.#terms = [{ vkey: trusted, verifier, after: -1 }];
  }

  /** Adds the next succession. Returns a sentence if it does not follow from those before it; it is then not added. */
  add(note: string): string | undefined {
    const opened = openSuccession(note);
    if (!opened.ok) return faults[opened.fault] ?? 'This is not a succession.';
    const { predecessor, successor, verifiers, size } = opened.value;
    if (verifiers.predecessor.name !== this.#origin) return faults['wrong-origin'];
    if (this.#known.size > maxSuccessions) return `More than ${maxSuccessions} successions are not followed.`;
    if (this.#known.size === 0) this.#beginWith(predecessor, verifiers.predecessor);
    const current = this.#terms.at(-1);
    if (this.#known.has(successor)) return 'This succession is out of order: its new key was already in use before.';
    if (current?.vkey !== predecessor)
      return 'A succession is missing before this one: the key that it replaces is not the one in use by then.';
    if (size < current.after)
      return 'This succession is out of order: it took place in a smaller log than the one before it.';
    this.#terms.push({ vkey: successor, verifier: verifiers.successor, after: size });
    this.#known.add(successor);
    return undefined;
  }

  /** The log's first key, in place of the trusted one, which may be a later one. */
  #beginWith(vkey: string, verifier: NoteVerifier): void {
    this.#known.add(vkey);
    this.#terms.splice(0, 1, { vkey, verifier, after: -1 });
  }

  /** The successions from the trusted key to the last one; undefined if the trusted key is none of the log's. */
  get followed(): number | undefined {
    const at = this.#terms.findIndex(({ vkey }) => vkey === this.#trusted);
    return at < 0 ? undefined : this.#terms.length - 1 - at;
  }

  /** Opens a checkpoint with the key of its size. Faults: as `openCheckpoint`, and other-term (signed by another key). */
  open(note: string): Verdict<Checkpoint> {
    // The size is not verified yet: it only chooses the key that must have signed it.
    const size = parseCheckpoint(note.slice(0, note.indexOf('\n\n') + 1))?.size ?? 0;
    const term = this.#terms.findLast(({ after }) => size > after);
    const opened = term ? openCheckpoint(note, term.verifier) : reject('malformed');
    if (opened.ok || opened.fault !== 'wrong-key') return opened;
    const signedByAnother = this.#terms.some(({ verifier }) => openCheckpoint(note, verifier).ok);
    return signedByAnother ? reject('other-term') : opened;
  }
}
