import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Evidence } from './evidence.ts';
import { csvHeading, csvRow } from './export-csv.ts';
import type { Header } from './export-format.ts';
import { ocsfEvent } from './export-ocsf.ts';
import type { OpenExport } from './export.ts';

/** The formats of an export. Each contains the same lines, so each is verified in the same way. */
export const fileFormats = ['ndjson', 'csv', 'ocsf'] as const;
export type FileFormat = (typeof fileFormats)[number];

/** Media type and file name extension. */
export const fileTypes: Readonly<Record<FileFormat, { readonly mediaType: string; readonly extension: string }>> = {
  ndjson: { mediaType: 'application/x-ndjson', extension: 'ndjson' },
  csv: { mediaType: 'text/csv; charset=utf-8; header=present', extension: 'csv' },
  ocsf: { mediaType: 'application/x-ndjson', extension: 'ocsf.ndjson' },
};

/** What precedes the lines. */
export const headingOf = (format: FileFormat): string => (format === 'csv' ? csvHeading : '');

/** A line of the export as written to the file, with its line end. */
export function renderLine(format: FileFormat, line: Evidence, header: Header): string {
  switch (format) {
    case 'ndjson':
      return `${line.text}\n`;
    case 'csv':
      return csvRow(line);
    case 'ocsf':
      return `${ocsfEvent(line, header)}\n`;
  }
}

/**
 * Characters made at a time: lines of some formats are several times as long as their records, and a process that makes
 * longer texts keeps more memory (158 MiB instead of 140 for OCSF, where 32 lines are 70 KiB).
 */
const chunkLength = 16 * 1024;

/**
 * The bytes of an export's file from `offset` on, for as long as the reader reads. What comes before is generated but
 * not sent: its digest is part of the last line.
 * @throws audit.beyond-end (416) for an offset past the end
 */
export async function* exportFile(
  { header, pages }: OpenExport,
  format: FileFormat,
  offset = 0,
): AsyncGenerator<Buffer> {
  let skip = offset;
  const unseen = (text: string): Buffer | undefined => {
    const bytes = Buffer.from(text);
    const rest = skip >= bytes.length ? undefined : bytes.subarray(skip);
    skip = Math.max(0, skip - bytes.length);
    return rest;
  };
  let text = headingOf(format);
  for await (const page of pages) {
    for (const [at, line] of page.entries()) {
      text += renderLine(format, line, header);
      if (text.length < chunkLength && at < page.length - 1) continue;
      const rest = unseen(text);
      text = '';
      if (rest) yield rest;
    }
  }
  if (skip > 0) throw callerFault('audit.beyond-end', 'The file ends before this offset.', 416);
}

/** Little is buffered between the two: what waits long survives until a full garbage collection. */
const waitingBytes = 1;
/** Node also accepts a Transform's options here; its types do not say so. */
const zipping = { chunkSize: 16 * 1024, highWaterMark: waitingBytes };

/** The bytes of a file as a stream, gzipped or plain; an error on either side ends both. */
export function fileStream(bytes: AsyncIterable<Buffer>, { gzip }: { readonly gzip: boolean }): Readable {
  const file = Readable.from(bytes, { objectMode: false, highWaterMark: waitingBytes });
  return gzip ? pipeline(file, createGzip(zipping), () => undefined) : file;
}
