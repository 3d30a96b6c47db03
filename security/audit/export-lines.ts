import canonicalize from 'canonicalize';
import { maxLineBytes } from './export-format.ts';

/** One line of an export as it was read. */
export interface ExportLine {
  /** From 1, as editors count. */
  readonly number: number;
  /** With its newline, as they were hashed. */
  readonly bytes: Buffer;
  /** The object that the line holds; undefined when it is not one in canonical JSON. */
  readonly value: Readonly<Record<string, unknown>> | undefined;
  /** False for a last line without its newline: the file was cut. */
  readonly ended: boolean;
  /** True for a line that is too long to be one; it is the last that is read. */
  readonly tooLong: boolean;
}

const newline = 0x0a;

/** Cuts a stream into lines of bounded length. */
export async function* exportLines(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<ExportLine> {
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of stream) {
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    rest = rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes;
    for (let end = rest.indexOf(newline); end >= 0 && end <= maxLineBytes; end = rest.indexOf(newline)) {
      number += 1;
      yield lineOf(number, rest.subarray(0, end + 1));
      rest = rest.subarray(end + 1);
    }
    if (rest.length > maxLineBytes) {
      yield {
        number: number + 1,
        bytes: rest.subarray(0, maxLineBytes),
        value: undefined,
        ended: false,
        tooLong: true,
      };
      return;
    }
  }
  if (rest.length > 0) yield { ...lineOf(number + 1, rest), ended: false };
}

function lineOf(number: number, bytes: Buffer): ExportLine {
  const content = bytes.at(-1) === newline ? bytes.subarray(0, -1) : bytes;
  return { number, bytes, value: parseCanonical(content), ended: true, tooLong: false };
}

function parseCanonical(content: Buffer): Record<string, unknown> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && canonicalize(value) === text ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
