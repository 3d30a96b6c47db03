import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import { fileFormats } from '#security/audit/export-file.ts';
import { manifestOfFile, type Manifest } from '#security/audit/manifest.ts';
import type { ApiClient } from '../client.ts';
import { fileFault } from '../plain-error.ts';
import { auditPath, queryOf } from './audit-request.ts';

const requestSchema = z.strictObject({
  format: z.enum(fileFormats),
  gzip: z.boolean(),
  from: z.string().optional(),
  to: z.string().optional(),
  actor: z.string().optional(),
  guild: z.string().optional(),
  action: z.string().optional(),
  outcome: z.string().optional(),
  kind: z.string().optional(),
  consistentWith: z.string().optional(),
});

/** Which records to export, and in which format. */
export type ExportRequest = z.infer<typeof requestSchema>;

/** Kept beside a partial export, to resume it. */
const begunSchema = z.strictObject({ tenant: z.string(), cursor: z.string(), request: requestSchema });

const partOf = (out: string): string => `${out}.part`;
const begunOf = (out: string): string => `${out}.part.json`;
const manifestOf = (out: string): string => `${out}.manifest.json`;

/** @throws BailiwickError cli.file-there */
export async function refuseToReplace(out: string): Promise<void> {
  const isThere = async (file: string) => (await stat(file).catch(() => undefined)) !== undefined;
  if (await isThere(begunOf(out)))
    throw callerFault(
      'cli.file-there',
      `An export to ${out} was interrupted: continue it with --resume, or start over with --force.`,
      409,
    );
  for (const file of [out, manifestOf(out)])
    if (await isThere(file))
      throw callerFault(
        'cli.file-there',
        `${file} already exists: name another file, or replace it with --force.`,
        409,
      );
}

export async function exportToStdout(client: ApiClient, path: string): Promise<void> {
  await pipeline(await client.download(path), process.stdout, { end: false });
}

/**
 * Writes an export to a file. `<file>.part` holds it uncompressed until it is complete; if it is interrupted, the part
 * and its cursor stay for `resumeExport`. The manifest is written beside it.
 */
export async function exportToFile(
  client: ApiClient,
  tenant: string,
  request: ExportRequest,
  out: string,
): Promise<Manifest> {
  const { body, header } = await client.open(auditPath(tenant, `export${queryOf(request)}`));
  const cursor = header('export-cursor') ?? '';
  await writeFile(begunOf(out), JSON.stringify({ tenant, cursor, request }), { mode: 0o600 });
  await receive(body, request, out, 'w');
  return finish(request, out);
}

/** Resumes an export where its part ends. */
export async function resumeExport(client: ApiClient, tenant: string, out: string): Promise<Manifest> {
  const begun = await readBegun(out);
  if (begun.tenant !== tenant) throw callerFault('cli.resume', `${out} belongs to another tenant.`);
  const offset = await stat(partOf(out)).then(
    ({ size }) => size,
    () => 0,
  );
  const { request, cursor } = begun;
  const query = queryOf({ ...request, cursor, offset });
  const body = await client.download(auditPath(tenant, `export${query}`));
  await receive(body, request, out, 'a');
  return finish(request, out);
}

async function readBegun(out: string): Promise<z.infer<typeof begunSchema>> {
  try {
    return begunSchema.parse(JSON.parse(await readFile(begunOf(out), 'utf8')));
  } catch {
    throw callerFault('cli.resume', `There is no export to ${out} to continue: start one without --resume.`);
  }
}

async function receive(
  body: NodeJS.ReadableStream,
  { gzip }: ExportRequest,
  out: string,
  flags: 'w' | 'a',
): Promise<void> {
  const part = createWriteStream(partOf(out), { mode: 0o600, flags });
  try {
    if (gzip) await pipeline(body, createGunzip(), part);
    else await pipeline(body, part);
  } catch (cause) {
    if (fileFault(cause)) throw cause;
    throw platformFault(
      'cli.cut',
      `The export was interrupted. What has arrived is kept: continue with \`bailiwick audit export <tenant> --out ${out} --resume\`.`,
      cause,
    );
  }
}

/** Final names only ever belong to complete files: each file is written under another name, then renamed. */
async function finish({ gzip }: ExportRequest, out: string): Promise<Manifest> {
  const drafts = { whole: `${out}.gz.part`, manifest: `${out}.manifest.part` };
  try {
    const manifest = await manifestOfFile(createReadStream(partOf(out)));
    if (!manifest) {
      await Promise.all([partOf(out), begunOf(out)].map((file) => rm(file, { force: true })));
      throw platformFault(
        'cli.export',
        'The answer is not an audit export; nothing was written. Run the command again.',
      );
    }
    await writeFile(drafts.manifest, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    if (gzip)
      await pipeline(createReadStream(partOf(out)), createGzip(), createWriteStream(drafts.whole, { mode: 0o600 }));
    await rename(gzip ? drafts.whole : partOf(out), out);
    await rename(drafts.manifest, manifestOf(out));
    await Promise.all([partOf(out), begunOf(out)].map((file) => rm(file, { force: true })));
    return manifest;
  } finally {
    await Promise.all(Object.values(drafts).map((file) => rm(file, { force: true })));
  }
}
