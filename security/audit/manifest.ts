import { createHash } from 'node:crypto';
import { z } from 'zod';
import { tenantIdSchema } from '#infra/kernel/ids.ts';
import type { Evidence } from './evidence.ts';
import { fileFormats, headingOf, renderLine, type FileFormat } from './export-file.ts';
import { headerSchema, selectionSchema, type Header } from './export-format.ts';
import { exportLines } from './export-lines.ts';
import { evidenceOf } from './evidence.ts';
import type { OpenExport } from './export.ts';
import { unzipped } from './unzipped.ts';

const count = z.number().int().min(0);

/** Accompanies a file: what it is, and how to recognise it. FORMAT.md, "The manifest". */
export const manifestSchema = z.strictObject({
  format: z.literal('bailiwick-audit-manifest/1'),
  file: z.strictObject({
    format: z.enum(fileFormats),
    /** Of the file without gzip. */
    bytes: count,
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  origin: headerSchema.shape.origin,
  tenant: tenantIdSchema,
  exportedAt: headerSchema.shape.exportedAt,
  selection: selectionSchema,
  whole: z.boolean(),
  /** Leaves in the file. */
  count,
  /** The first and the last leaf, the earliest and the latest time; null if there is none. */
  range: z.strictObject({ first: count, last: count, from: z.string(), to: z.string() }).nullable(),
  checkpoint: headerSchema.shape.checkpoint,
  key: headerSchema.shape.key,
});

export type Manifest = z.infer<typeof manifestSchema>;

/** Generates an export completely and describes the resulting file. */
export async function manifestOf({ header, pages }: OpenExport, format: FileFormat): Promise<Manifest> {
  const builder = new ManifestBuilder(format);
  builder.addBytes(headingOf(format));
  for await (const page of pages) {
    for (const line of page) {
      builder.addBytes(renderLine(format, line, header));
      builder.addLine(line);
    }
  }
  return builder.finish(header);
}

/**
 * The manifest of this file, gzipped or not; undefined if it is not an export. It does not say whether the file
 * verifies.
 */
export async function manifestOfFile(stream: AsyncIterable<Uint8Array | string>): Promise<Manifest | undefined> {
  let builder: ManifestBuilder | undefined;
  let header: Header | undefined;
  const seen: (Uint8Array | string)[] = [];
  const passing = async function* () {
    for await (const chunk of unzipped(stream)) {
      if (builder) builder.addBytes(chunk);
      else seen.push(chunk);
      yield chunk;
    }
  };
  for await (const { bytes, value, format } of exportLines(passing())) {
    if (!builder) {
      builder = new ManifestBuilder(format);
      for (const chunk of seen) builder.addBytes(chunk);
    }
    const evidence = evidenceOf(bytes.toString('utf8').trimEnd(), value);
    if (evidence?.kind === 'header') header ??= headerSchema.safeParse(value).data;
    if (evidence) builder.addLine(evidence);
  }
  return header && builder?.finish(header);
}

class ManifestBuilder {
  readonly #format: FileFormat;
  readonly #digest = createHash('sha256');
  #bytes = 0;
  #count = 0;
  #first: number | undefined;
  #last = 0;
  #from: string | undefined;
  #to = '';

  constructor(format: FileFormat) {
    this.#format = format;
  }

  addBytes(bytes: Uint8Array | string): void {
    this.#digest.update(bytes);
    this.#bytes += Buffer.byteLength(bytes);
  }

  addLine({ index, record }: Evidence): void {
    if (index === undefined) return;
    this.#count += 1;
    this.#first ??= index;
    this.#last = index;
    const time = record?.['time'];
    if (typeof time !== 'string') return;
    if (this.#from === undefined || time < this.#from) this.#from = time;
    if (time > this.#to) this.#to = time;
  }

  finish({ origin, tenant, exportedAt, selection, whole, checkpoint, key }: Header): Manifest {
    const [first, last] = [this.#first, this.#last];
    return {
      format: 'bailiwick-audit-manifest/1',
      file: { format: this.#format, bytes: this.#bytes, sha256: this.#digest.digest('hex') },
      origin,
      tenant,
      exportedAt,
      selection,
      whole,
      count: this.#count,
      range: first === undefined ? null : { first, last, from: this.#from ?? '', to: this.#to },
      checkpoint,
      key,
    };
  }
}
