import { callerFault } from '#infra/kernel/errors.ts';
import type { Evidence } from './evidence.ts';
import { csvHeading, csvRow } from './export-csv.ts';
import type { Header } from './export-format.ts';
import { ocsfEvent } from './export-ocsf.ts';
import type { OpenExport } from './export.ts';

/** In what form an export is written. Each holds the same lines, so each verifies in the same way. */
export const fileFormats = ['ndjson', 'csv', 'ocsf'] as const;
export type FileFormat = (typeof fileFormats)[number];

/** Media type and last part of the file's name. */
export const fileTypes: Readonly<Record<FileFormat, { readonly mediaType: string; readonly extension: string }>> = {
  ndjson: { mediaType: 'application/x-ndjson', extension: 'ndjson' },
  csv: { mediaType: 'text/csv; charset=utf-8; header=present', extension: 'csv' },
  ocsf: { mediaType: 'application/x-ndjson', extension: 'ocsf.ndjson' },
};

/** What stands before the lines. */
export const headingOf = (format: FileFormat): string => (format === 'csv' ? csvHeading : '');

/** A line of the export as it stands in the file, with its end. */
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
 * The bytes of an export's file from `offset` on, for as long as the reader reads. What comes before is made all the
 * same and not sent: its digest is part of the last line.
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
  let heading = headingOf(format);
  for await (const page of pages) {
    const rest = unseen(heading + page.map((line) => renderLine(format, line, header)).join(''));
    heading = '';
    if (rest) yield rest;
  }
  if (skip > 0) throw callerFault('audit.beyond-end', 'The file ends before this offset.', 416);
}
