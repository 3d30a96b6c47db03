import { isUtf8 } from 'node:buffer';
import { parseCanonical } from './canonical.ts';
import { evidenceOf } from './evidence.ts';
import { csvHeading, evidenceInRow } from './export-csv.ts';
import { renderLine, type FileFormat } from './export-file.ts';
import { maxLineBytes, type Header } from './export-format.ts';

/** One line of an export, as read. */
export interface ExportLine {
  /** From 1, as editors count. */
  readonly number: number;
  /** The line of the `bailiwick-audit/1` export, with its newline, as it was hashed. */
  readonly bytes: Buffer;
  /** The object on the line; undefined if it is not one in canonical JSON. */
  readonly value: Readonly<Record<string, unknown>> | undefined;
  /** False for a last line without its newline: the file was truncated. */
  readonly ended: boolean;
  /** True for a line that is too long; it is the last one that is read. */
  readonly tooLong: boolean;
  /** False if the format's own fields do not match the evidence. */
  readonly agrees: boolean;
  /** Of the file. */
  readonly format: FileFormat;
}

interface RawLine {
  readonly number: number;
  readonly bytes: Buffer;
  readonly ended: boolean;
  readonly tooLong: boolean;
}

const newline = 0x0a;

/** Splits a stream into lines of bounded length. */
async function* rawLines(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<RawLine> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of stream) {
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    rest = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
    for (let end = rest.indexOf(newline); end >= 0 && end <= maxLineBytes; end = rest.indexOf(newline)) {
      number += 1;
      yield { number, bytes: rest.subarray(0, end + 1), ended: true, tooLong: false };
      rest = rest.subarray(end + 1);
    }
    if (rest.length > maxLineBytes) {
      yield { number: number + 1, bytes: rest.subarray(0, maxLineBytes), ended: false, tooLong: true };
      return;
    }
  }
  if (rest.length > 0) yield { number: number + 1, bytes: rest, ended: false, tooLong: false };
}

/** Reads a file of any format, which its first line tells. */
export async function* exportLines(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<ExportLine> {
  let reader: LineReader | undefined;
  for await (const raw of rawLines(stream)) {
    if (!reader) {
      reader = readerFor(raw);
      if (reader.skipsFirst) continue;
    }
    yield reader.read(raw);
  }
}

interface LineReader {
  readonly skipsFirst: boolean;
  read(raw: RawLine): ExportLine;
}

function readerFor({ bytes }: RawLine): LineReader {
  if (bytes.toString('utf8') === csvHeading) return new WrappedLines('csv', evidenceInRow);
  if (bytes.includes('"class_uid":')) return new WrappedLines('ocsf', evidenceInEvent);
  return {
    skipsFirst: false,
    read: (raw) => ({ ...raw, value: parsed(raw.bytes), agrees: true, format: 'ndjson' }),
  };
}

/** Extracts the export's lines from a file of another format, and checks that the rest of each line follows from it. */
class WrappedLines implements LineReader {
  readonly #format: FileFormat;
  readonly #evidenceIn: (line: string) => string;
  /** The first line, with which the others are written. */
  #header: Header | undefined;

  constructor(format: FileFormat, evidenceIn: (line: string) => string) {
    this.#format = format;
    this.#evidenceIn = evidenceIn;
  }

  get skipsFirst(): boolean {
    return this.#format === 'csv';
  }

  read(raw: RawLine): ExportLine {
    const line = raw.bytes.toString('utf8');
    const text = this.#evidenceIn(line);
    const value = parseCanonical(text);
    const evidence = evidenceOf(text, value);
    if (evidence?.kind === 'header') this.#header ??= value as Header;
    const written = evidence && this.#header ? renderLine(this.#format, evidence, this.#header) : undefined;
    return { ...raw, bytes: Buffer.from(`${text}\n`), value, agrees: written === line, format: this.#format };
  }
}

function evidenceInEvent(line: string): string {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event !== 'object' || event === null || !('raw_data' in event)) return '';
    return typeof event.raw_data === 'string' ? event.raw_data : '';
  } catch {
    return '';
  }
}

function parsed(line: Buffer): ExportLine['value'] {
  const content = line.at(-1) === newline ? line.subarray(0, -1) : line;
  return isUtf8(content) ? parseCanonical(content.toString('utf8')) : undefined;
}
