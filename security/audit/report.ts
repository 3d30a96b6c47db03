/** What can be wrong with an export, each with its place. */
export type ProblemKind =
  /** The checkpoint is not signed by the key that it was verified with. */
  | 'wrong-key'
  /** It claims to be, and is not. */
  | 'bad-signature'
  /** The checkpoint is another log's than the file says. */
  | 'foreign-log'
  /** A line that is none of this format, or not in its one canonical form. */
  | 'malformed'
  /** A record is not the one that was sealed; or, when only a whole stretch can be named, one in it was changed. */
  | 'edited'
  | 'removed'
  | 'reordered'
  | 'duplicated'
  | 'added'
  /** The end of the file is missing. */
  | 'truncated'
  /** A record of another tenant. */
  | 'foreign-record'
  /** A leaf that was sealed, and is not a record: whoever may write to the journal wrote something else. */
  | 'not-a-record'
  /** A record that the file's own selection does not name. */
  | 'outside-selection'
  /** The log is not a continuation of the earlier checkpoint, or the file does not show that it is. */
  | 'inconsistent'
  /** The file is not byte for byte what was written. */
  | 'digest';

export interface Problem {
  readonly kind: ProblemKind;
  /** Line of the file, from 1. */
  readonly line: number;
  /** Index of the leaf; with `to`, the first of a stretch up to and including it. */
  readonly index?: number;
  readonly to?: number;
  /** A sentence for an auditor. */
  readonly message: string;
}

/** What an offline verification found. */
export interface Report {
  /** True when nothing at all was found. */
  readonly ok: boolean;
  readonly origin?: string;
  readonly tenant?: string;
  /** The signed tree that everything was compared with; absent when its signature is not good. */
  readonly size?: number;
  /** Root in base64. */
  readonly root?: string;
  readonly whole?: boolean;
  /** Records in the file. */
  readonly records: number;
  /** In order of discovery, the first thousand. */
  readonly problems: readonly Problem[];
  /** How many more there were. */
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
