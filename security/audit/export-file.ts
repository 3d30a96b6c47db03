import { createHash } from 'node:crypto';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import { tenantIdSchema } from '#infra/kernel/ids.ts';
import type { Evidence } from './evidence.ts';
import { csvHeading, csvRow } from './export-csv.ts';
import { headerSchema, selectionSchema, type Header } from './export-format.ts';
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

/** What stands beside a file: what it is, and how to know it again. FORMAT.md, "The manifest". */
export const manifestSchema = z.strictObject({
  format: z.literal('bailiwick-audit-manifest/1'),
  file: z.strictObject({
    format: z.enum(fileFormats),
    /** Of the file as it is without gzip. */
    bytes: z.number().int().min(0),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  origin: headerSchema.shape.origin,
  tenant: tenantIdSchema,
  exportedAt: headerSchema.shape.exportedAt,
  selection: selectionSchema,
  whole: z.boolean(),
  /** Leaves in the file. */
  count: z.number().int().min(0),
  /** The first and the last of them; null when there is none. */
  range: z
    .strictObject({ first: z.number().int().min(0), last: z.number().int().min(0), from: z.string(), to: z.string() })
    .nullable(),
  checkpoint: headerSchema.shape.checkpoint,
  key: headerSchema.shape.key,
});

export type Manifest = z.infer<typeof manifestSchema>;

/** Makes an export to its end and says what its file would be. */
export async function manifestOf({ header, pages }: OpenExport, format: FileFormat): Promise<Manifest> {
  const digest = createHash('sha256').update(headingOf(format));
  let bytes = headingOf(format).length;
  let count = 0;
  const range = new Range();
  for await (const page of pages) {
    for (const line of page) {
      const text = renderLine(format, line, header);
      digest.update(text);
      bytes += Buffer.byteLength(text);
      if (line.index === undefined) continue;
      count += 1;
      range.add(line);
    }
  }
  const { origin, tenant, exportedAt, selection, whole, checkpoint, key } = header;
  return {
    format: 'bailiwick-audit-manifest/1',
    file: { format, bytes, sha256: digest.digest('hex') },
    origin,
    tenant,
    exportedAt,
    selection,
    whole,
    count,
    range: range.value,
    checkpoint,
    key,
  };
}

/** The places that a file's leaves take up, and the earliest and latest time in them. */
class Range {
  #first: number | undefined;
  #last = 0;
  #from: string | undefined;
  #to = '';

  add({ index = 0, record }: Evidence): void {
    this.#first ??= index;
    this.#last = index;
    const time = record?.['time'];
    if (typeof time !== 'string') return;
    if (this.#from === undefined || time < this.#from) this.#from = time;
    if (time > this.#to) this.#to = time;
  }

  get value(): Manifest['range'] {
    if (this.#first === undefined) return null;
    return { first: this.#first, last: this.#last, from: this.#from ?? '', to: this.#to };
  }
}
