import { createHash } from 'node:crypto';
import type { Checkpoint } from './checkpoint.ts';
import { exportLines, type ExportLine } from './export-lines.ts';
import {
  headerSchema,
  leafSchema,
  selects,
  successionSchema,
  trailerSchema,
  waypointSchema,
  type Header,
} from './export-format.ts';
import { KeyChain } from './key-chain.ts';
import { leafHash } from './merkle.ts';
import { auditRecordSchema } from './record.ts';
import { redactionsIn } from './redaction.ts';
import { Problems, type Report } from './report.ts';
import { unzipped } from './unzipped.ts';
import { SelectionVerifier } from './verify-selection.ts';
import { WholeLogVerifier } from './verify-whole.ts';

export interface VerifyOptions {
  /**
   * A public key of the log (vkey), as the auditor has it: from an earlier export, or from the operator in another way.
   * It may be the one that signed the file's checkpoint, or any before it: the file then shows how it was replaced.
   */
  readonly key: string;
  /** A signed checkpoint from an earlier export of the same log: this log must continue that one. */
  readonly earlier?: string;
}

/**
 * Verifies an export with nothing but the file and the log's public key, in constant memory. FORMAT.md says what it
 * proves and what it cannot: whoever made the file can omit records from a selection unnoticed, but not from a whole
 * log.
 * @throws audit.verifier if `key` is not a public key; everything about the file is in the report
 */
export async function verifyExport(
  stream: AsyncIterable<Uint8Array | string>,
  options: VerifyOptions,
): Promise<Report> {
  const verification = new Verification(options.key, options.earlier);
  let last = 0;
  for await (const line of exportLines(unzipped(stream))) {
    last = line.number;
    verification.line(line);
  }
  return verification.finish(last);
}

const locationOf = (value: ExportLine['value']): { index?: number } =>
  typeof value?.['index'] === 'number' ? { index: value['index'] } : {};

const recordKey = ',"record":';

/** The bytes of the record in its line: the line is canonical, so they are too, and nothing comes after them. */
const recordIn = (line: Buffer): Buffer =>
  line.subarray(line.indexOf(recordKey) + recordKey.length, line.lastIndexOf('}'));

class Verification {
  readonly #key: string;
  readonly #chain: KeyChain;
  /** A succession was refused: what it was to prove is not reported again. */
  #chainBroken = false;
  readonly #earlierNote: string | undefined;
  readonly #problems = new Problems();
  readonly #digest = createHash('sha256');
  #first = true;
  #header: Header | undefined;
  /** The lines before the leaves have been read. */
  #begun = false;
  #checkpoint: Checkpoint | undefined;
  #whole: WholeLogVerifier | undefined;
  #selection: SelectionVerifier | undefined;
  #records = 0;
  #redacted = 0;
  /** Redactions that the records of the log announce. */
  #announced = 0;
  #trailerLine: number | undefined;

  constructor(key: string, earlier: string | undefined) {
    this.#key = key;
    this.#chain = new KeyChain(key);
    this.#earlierNote = earlier;
  }

  line(line: ExportLine): void {
    const { number, value, bytes, ended, tooLong } = line;
    if (this.#trailerLine !== undefined) {
      this.#problems.add('added', number, 'There is content after the last line.');
      return;
    }
    if (!ended) {
      this.#problems.add(
        tooLong ? 'malformed' : 'truncated',
        number,
        tooLong ? 'This line is too long.' : 'The file ends within this line.',
      );
      return;
    }
    if (!line.agrees)
      this.#problems.add(
        'edited',
        number,
        'The text of this line does not match the evidence in it.',
        locationOf(value),
      );
    const isSuccession = value !== undefined && 'succession' in value;
    if (!this.#first && !isSuccession) this.#begin();
    if (value && 'sha256' in value) {
      this.#trailer(number, value);
      return;
    }
    this.#digest.update(bytes);
    if (this.#first) this.#readHeader(value);
    else if (isSuccession) this.#succession(number, value);
    else if (value && 'checkpoint' in value) this.#waypoint(number, value);
    else this.#leaf(number, value, bytes);
  }

  finish(lastLine: number): Report {
    const problems = this.#problems;
    const line = this.#trailerLine ?? lastLine;
    if (!this.#header)
      problems.add('malformed', 1, 'This is not an audit export: its first line is not an export header.');
    if (this.#trailerLine === undefined)
      problems.add('truncated', Math.max(line, 1), 'The last line is missing: the file was truncated.');
    this.#begin();
    this.#whole?.finish(line);
    if (this.#whole && this.#redacted > this.#announced)
      problems.add(
        'unannounced',
        Math.max(line, 1),
        `${this.#redacted} records are redacted, but the log announces only ${this.#announced}.`,
      );
    const { origin, tenant, whole } = this.#header ?? {};
    return {
      ok: problems.list.length === 0,
      ...(origin === undefined ? {} : { origin, tenant, whole }),
      ...(this.#checkpoint ? { size: this.#checkpoint.size, root: this.#checkpoint.root.toString('base64') } : {}),
      trustedKey: this.#key,
      ...(this.#checkpoint ? { successionsFollowed: this.#chain.followed } : {}),
      records: this.#records,
      redacted: this.#redacted,
      problems: problems.list,
      omitted: problems.omitted,
    };
  }

  #readHeader(value: unknown): void {
    this.#first = false;
    this.#header = headerSchema.safeParse(value).data;
  }

  #succession(line: number, value: unknown): void {
    const { data } = successionSchema.safeParse(value);
    if (!data || this.#begun) {
      this.#problems.add('malformed', line, 'This line does not belong in this file.');
      return;
    }
    if (this.#chainBroken) return;
    const fault = this.#chain.add(data.succession);
    if (fault === undefined) return;
    this.#chainBroken = true;
    this.#problems.add('succession', line, fault);
  }

  /** Opens the checkpoint, once all keys of the log are known. */
  #begin(): void {
    const header = this.#header;
    if (this.#begun || !header) return;
    this.#begun = true;
    this.#checkpoint = this.#openCheckpoint(header.checkpoint, 'The checkpoint');
    if (
      !header.origin.endsWith(`/tenant/${header.tenant}`) ||
      (this.#checkpoint && this.#checkpoint.origin !== header.origin)
    ) {
      this.#problems.add('foreign-log', 1, 'The checkpoint belongs to a different log than the first line names.');
    }
    const earlier =
      this.#earlierNote === undefined ? undefined : this.#openCheckpoint(this.#earlierNote, 'The earlier checkpoint');
    const { problems, checkpoint } = { problems: this.#problems, checkpoint: this.#checkpoint };
    const open = (note: string) => this.#chain.open(note);
    if (header.whole) this.#whole = new WholeLogVerifier({ checkpoint, open, earlier, problems });
    else this.#selection = new SelectionVerifier({ checkpoint, earlier, consistency: header.consistency, problems });
  }

  #openCheckpoint(note: string, what: string): Checkpoint | undefined {
    if (this.#chainBroken) return undefined;
    const opened = this.#chain.open(note);
    if (opened.ok && this.#chain.followed !== undefined) return opened.value;
    const [name] = this.#key.split('+', 1);
    if (opened.ok) {
      this.#problems.add(
        'wrong-key',
        1,
        `${what} is signed by a key that does not succeed the given one, ${this.#key}.`,
      );
    } else if (opened.fault === 'wrong-key') {
      this.#problems.add('wrong-key', 1, `${what} is not signed by the given key, ${name}.`);
    } else if (opened.fault === 'other-term') {
      this.#problems.add('other-term', 1, `${what} is signed by a key that was not in use for a log of that size.`);
    } else if (opened.fault === 'wrong-origin') {
      this.#problems.add('foreign-log', 1, `${what} belongs to a different log than ${name}.`);
    } else {
      this.#problems.add('bad-signature', 1, `${what} was changed after it was signed.`);
    }
    return undefined;
  }

  #waypoint(line: number, value: unknown): void {
    const parsed = waypointSchema.safeParse(value);
    if (!parsed.success || !this.#whole)
      this.#problems.add('malformed', line, 'This line does not belong in this file.');
    else this.#whole.waypoint(line, parsed.data);
  }

  #leaf(line: number, value: ExportLine['value'], bytes: Buffer): void {
    const parsed = leafSchema.safeParse(value);
    const { record, text, redacted } = parsed.data ?? {};
    if (!parsed.success || [record, text, redacted].filter((each) => each !== undefined).length !== 1) {
      this.#problems.add('malformed', line, 'This is not a line of an audit export.');
      return;
    }
    this.#records += 1;
    const { index, hash: claimed, proof } = parsed.data;
    if (redacted) this.#redacted += 1;
    const hash = redacted
      ? Buffer.from(claimed, 'base64')
      : leafHash(text === undefined ? recordIn(bytes) : Buffer.from(text));
    const asClaimed = hash.toString('base64') === claimed;
    if (!asClaimed)
      this.#problems.add('edited', line, `Record ${index} was changed: it does not match the hash beside it.`, {
        index,
      });
    const isOwn = asClaimed && this.#looksRight(line, index, redacted ?? value?.['record']);
    if (isOwn && record) this.#announced += redactionsIn(record);
    if (this.#whole) this.#whole.leaf(line, index, Buffer.from(claimed, 'base64'));
    else this.#selection?.leaf(line, index, isOwn ? hash : undefined, proof);
  }

  /** Whether it is a record of this tenant, and one that the selection includes. */
  #looksRight(line: number, index: number, record: unknown): boolean {
    const problems = this.#problems;
    const parsed = auditRecordSchema.safeParse(record);
    if (!parsed.success) {
      problems.add('not-a-record', line, `Leaf ${index} is not an audit record.`, { index });
      return true;
    }
    if (!this.#header) return true;
    if (parsed.data.tenant !== this.#header.tenant) {
      problems.add('foreign-record', line, `Record ${index} belongs to another tenant.`, { index });
      return false;
    }
    if (!selects(this.#header.selection, parsed.data)) {
      problems.add('outside-selection', line, `Record ${index} is not part of the selection that this file declares.`, {
        index,
      });
    }
    return true;
  }

  #trailer(line: number, value: unknown): void {
    this.#trailerLine = line;
    const parsed = trailerSchema.safeParse(value);
    if (!parsed.success) {
      this.#problems.add('malformed', line, 'The last line is not the trailer of an audit export.');
      return;
    }
    if (parsed.data.count !== this.#records) {
      const kind = parsed.data.count > this.#records ? 'removed' : 'added';
      this.#problems.add(
        kind,
        line,
        `The file was written with ${parsed.data.count} records and has ${this.#records}.`,
      );
    }
    if (parsed.data.sha256 !== this.#digest.digest('hex')) {
      this.#problems.add('digest', line, 'The lines before this one differ from those that were written.');
    }
  }
}
