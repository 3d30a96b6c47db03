import { createReadStream, createWriteStream } from 'node:fs';
import process from 'node:process';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { openDatabase } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { exportFile, fileStream, type FileFormat } from '#security/audit/export-file.ts';
import type { Selection } from '#security/audit/export-format.ts';
import { openExport } from '#security/audit/export.ts';
import { verifyExport } from '#security/audit/verify.ts';
import { peakRssMiB } from './measured.ts';

/** One task for a separate process, so that its memory use is its own. */
export interface ExportTask {
  readonly url: string;
  readonly tenant: TenantId;
  readonly format: FileFormat;
  readonly gzip: boolean;
  readonly selection: Selection;
  /** Where to keep the export, gzipped, for verification; absent when exporting is measured, since disks differ. */
  readonly file?: string;
  /** Verify the file with this key instead of writing it. */
  readonly key?: string;
}

export interface ExportResult {
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly key: string;
  readonly problems: readonly string[];
  /** Size of the export as it is sent. */
  readonly sizeMiB: number;
}

async function write({ url, tenant, format, gzip, selection, file }: ExportTask) {
  await using database = openDatabase({ url, maxConnections: 2 });
  const opened = await openExport({ database, tenant, selection });
  // Kept files are gzipped to save space, not as part of the export.
  const bytes = fileStream(exportFile(opened, format), { gzip: gzip && file === undefined });
  let size = 0;
  const count = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      size += chunk.length;
      yield chunk;
    }
  };
  if (file === undefined) {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => setImmediate(done) });
    await pipeline(bytes, count, nowhere);
  } else {
    await pipeline(bytes, count, createGzip({ level: 1 }), createWriteStream(file));
  }
  return { records: opened.size, key: opened.header.key, problems: [], sizeMiB: size / 1024 / 1024 };
}

async function verify(file: string, key: string) {
  const report = await verifyExport(createReadStream(file), { key });
  const problems = report.problems.slice(0, 3).map(({ message }) => message);
  return { records: report.records, key, problems, sizeMiB: 0 };
}

process.once('message', (task: ExportTask) => void run(task));

async function run(task: ExportTask): Promise<void> {
  const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
  const { file = '', key } = task;
  const done = key === undefined ? await write(task) : await verify(file, key);
  const cpu = process.cpuUsage(startedCpu);
  const result: ExportResult = {
    ...done,
    seconds: (performance.now() - startedMs) / 1_000,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    peakMiB: await peakRssMiB(),
  };
  process.send?.(result);
  process.disconnect?.();
}
