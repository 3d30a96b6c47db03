/** The kinds of problems in an export, each with its location. */
export type ProblemKind =
  /** The checkpoint is not signed by the key that it was verified with. */
  | 'wrong-key'
  /** The signature claims to be by that key, and is not. */
  | 'bad-signature'
  /** A change of the log's key that does not follow from those before it, or that one of the two keys did not sign. */
  | 'succession'
  /** A checkpoint signed by a key of the log that was not in use for a tree of that size. */
  | 'other-term'
  /** The checkpoint belongs to a different log than the file states. */
  | 'foreign-log'
  /** A line that is not of this format, or not in its one canonical form. */
  | 'malformed'
  /** A record is not the one that was sealed; if only a whole stretch can be named, a record in it was changed. */
  | 'edited'
  | 'removed'
  | 'reordered'
  | 'duplicated'
  | 'added'
  /** The end of the file is missing. */
  | 'truncated'
  /** A record that belongs to another tenant. */
  | 'foreign-record'
  /** A leaf that was sealed but is not a record: something with access to the journal wrote something else. */
  | 'not-a-record'
  /** More records are redacted than the log announces, or one that it does not announce. */
  | 'unannounced'
  /** A record that the file's own selection does not include. */
  | 'outside-selection'
  /** The log does not continue the earlier checkpoint, or the file does not show that it does. */
  | 'inconsistent'
  /** The file is not byte for byte what was written. */
  | 'digest';

export interface Problem {
  readonly kind: ProblemKind;
  /** Line of the file, from 1. */
  readonly line: number;
  /** Index of the leaf; with `to`, the first of a stretch up to and including `to`. */
  readonly index?: number;
  readonly to?: number;
  /** A sentence for an auditor. */
  readonly message: string;
}

/** The result of an offline verification. */
export interface Report {
  /** True if no problem was found. */
  readonly ok: boolean;
  readonly origin?: string;
  readonly tenant?: string;
  /** The signed tree that everything was compared with; absent if its signature is invalid. */
  readonly size?: number;
  /** Root in base64. */
  readonly root?: string;
  readonly whole?: boolean;
  /** The key that was given (vkey). */
  readonly trustedKey: string;
  /**
   * How many successions led from the trusted key to the one that signed the checkpoint: 0 if it signed it itself. Absent
   * if none does.
   */
  readonly successionsFollowed?: number;
  /** Records in the file. */
  readonly records: number;
  /** How many of them are redacted: that they are there is proved, what is left of their content is not. */
  readonly redacted: number;
  /** In order of discovery, the first thousand. */
  readonly problems: readonly Problem[];
  /** The number of further problems. */
  readonly omitted: number;
}

const maxProblems = 1_000;

/** Collects problems, bounded: a file of garbage has as many as lines. */
export class Problems {
  readonly list: Problem[] = [];
  omitted = 0;

  add(kind: ProblemKind, line: number, message: string, location: { index?: number; to?: number } = {}): void {
    if (this.list.length < maxProblems) this.list.push({ kind, line, ...location, message });
    else this.omitted += 1;
  }
}

/** 'record 4' or 'records 4 to 9'. */
export const naming = (from: number, to: number): string =>
  from === to ? `record ${from}` : `records ${from} to ${to}`;
