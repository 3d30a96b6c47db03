import type { Header } from './export-format.ts';
import { headerSchema, successionSchema } from './export-format.ts';
import { exportLines } from './export-lines.ts';
import type { Report } from './report.ts';
import { openSuccession } from './succession.ts';
import { unzipped } from './unzipped.ts';
import { verifyExport } from './verify.ts';

/** Opens a file at its beginning. */
export type OpenFile = () => AsyncIterable<Uint8Array | string>;

/** The contents of an export's first line, unverified. Undefined if it is not an export. */
export async function headerOfFile(open: OpenFile): Promise<Header | undefined> {
  for await (const { value } of exportLines(unzipped(open()))) return headerSchema.safeParse(value).data;
  return undefined;
}

/**
 * Verifies two exports of one log, in any order and format, and that the later one continues the earlier. If the later
 * one is a selection, it must contain the proof of that (`consistentWith`); a whole one is recomputed. If `key` came into
 * use after the earlier one was made, the later one has to show which keys were in use before.
 * @throws audit.verifier if `key` is not a public key
 */
export async function verifyPair(files: readonly [OpenFile, OpenFile], key: string): Promise<[Report, Report]> {
  const headers = [await headerOfFile(files[0]), await headerOfFile(files[1])] as const;
  const alone = [await verifyExport(files[0](), { key }), await verifyExport(files[1](), { key })] as const;
  const first = await vouchedFor(files[0], alone[0], { by: files[1], whose: alone[1] });
  const second = await vouchedFor(files[1], alone[1], { by: files[0], whose: alone[0] });
  if (first.size === undefined || second.size === undefined) return [first, second];
  const laterAt = second.size >= first.size ? 1 : 0;
  const earlier = headers[1 - laterAt]?.checkpoint;
  const open = files[laterAt];
  const later = earlier === undefined || !open ? undefined : await verifyExport(open(), { key, earlier });
  if (!later) return [first, second];
  return laterAt === 1 ? [first, later] : [later, second];
}

/** The report of a file that the given key did not sign, made with a key that the other one, verified, shows before it. */
async function vouchedFor(
  open: OpenFile,
  report: Report,
  { by, whose }: { readonly by: OpenFile; readonly whose: Report },
): Promise<Report> {
  if (report.size !== undefined || !whose.ok) return report;
  const key = await firstKeyOf(by);
  return key === undefined ? report : verifyExport(open(), { key });
}

/** The key that the first succession in a file replaced. */
async function firstKeyOf(open: OpenFile): Promise<string | undefined> {
  for await (const { value } of exportLines(unzipped(open()))) {
    if (value && 'format' in value) continue;
    const { data } = successionSchema.safeParse(value);
    const opened = data && openSuccession(data.succession);
    return opened?.ok ? opened.value.predecessor : undefined;
  }
  return undefined;
}
