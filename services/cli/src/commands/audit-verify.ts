import { createReadStream } from 'node:fs';
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import colors from 'picocolors';
import { callerFault } from '#infra/kernel/errors.ts';
import { readText, unreadable } from '../input-file.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { manifestOfFile, manifestSchema } from '#security/audit/manifest.ts';
import type { Report } from '#security/audit/report.ts';
import { verifyExport } from '#security/audit/verify.ts';
import { headerOfFile, verifyPair } from '#security/audit/verify-pair.ts';

export interface VerifyFlags {
  readonly key?: string;
  readonly earlier?: string;
  readonly manifest?: string;
  readonly json?: boolean;
}

/** True if every requested check holds. */
export async function verifyFiles(file: string, other: string | undefined, flags: VerifyFlags): Promise<boolean> {
  if (other !== undefined && (flags.earlier !== undefined || flags.manifest !== undefined))
    throw callerFault('cli.usage', '--earlier and --manifest take a single file.');
  const key = flags.key ?? (await ownKey(file));
  const reports = other === undefined ? [await verifyOne(file, key, flags)] : await verifyTwo(file, other, key);
  const asManifest = flags.manifest === undefined ? undefined : await agreesWith(file, flags.manifest);
  if (flags.json) {
    const manifest = asManifest === undefined ? {} : { manifest: asManifest };
    const all = reports.map((report) => ({ ...report, ...manifest, keyFromFile: flags.key === undefined }));
    process.stdout.write(`${JSON.stringify(all.length === 1 ? all[0] : all, null, 2)}\n`);
  } else {
    process.stdout.write(reports.map(describe).join(''));
    if (asManifest !== undefined) process.stdout.write(describeManifest(asManifest));
    if (flags.key === undefined) process.stdout.write(warning(key));
  }
  return reports.every(({ ok }) => ok) && asManifest !== false;
}

async function verifyOne(file: string, key: string, flags: VerifyFlags): Promise<Report> {
  const earlier = flags.earlier === undefined ? {} : { earlier: await readText(flags.earlier) };
  return verifyExport(readable(file), { key, ...earlier });
}

const verifyTwo = (file: string, other: string, key: string): Promise<Report[]> =>
  verifyPair([() => readable(file), () => readable(other)], key);

async function ownKey(file: string): Promise<string> {
  const header = await headerOfFile(() => readable(file));
  if (header) return header.key;
  throw callerFault('cli.not-an-export', `${file} is not an audit export: its first line is not the header of one.`);
}

async function agreesWith(file: string, manifestFile: string): Promise<boolean> {
  const parsed = manifestSchema.safeParse(parseJson(await readText(manifestFile)));
  return parsed.success && isDeepStrictEqual(await manifestOfFile(readable(file)), parsed.data);
}

async function* readable(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Uint8Array;
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function describe(report: Report): string {
  const redacted = report.redacted > 0 ? `, ${report.redacted} of them redacted because a member was erased,` : '';
  const of = `${report.records} records${redacted} of ${report.origin ?? 'an unnamed log'}`;
  if (report.ok) {
    const scope = report.whole === true ? 'the whole log' : 'a selection';
    return `${colors.green('✓')} ${of}: ${scope}, tree of ${report.size} records, root ${report.root}\n${describeKey(report)}`;
  }
  const lines = report.problems.map(({ kind, line, message }) => `    line ${line}: ${kind}: ${message}`);
  return `${colors.red('✗')} ${of}: ${report.problems.length + report.omitted} problem(s)\n${lines.join('\n')}\n`;
}

function describeKey({ trustedKey, successionsFollowed = 0 }: Report): string {
  const led = successionsFollowed === 1 ? '1 succession led' : `${successionsFollowed} successions led`;
  const how = successionsFollowed === 0 ? 'signed with' : `${led} to the signing key from`;
  return `    ${how} ${trustedKey}\n`;
}

const describeManifest = (agrees: boolean): string =>
  agrees
    ? `${colors.green('✓')} the file matches the manifest\n`
    : `${colors.red('✗')} the file does not match the manifest\n`;

const warning = (key: string): string =>
  `${colors.yellow('!')} verified with the key in the file itself: compare it with the key that you obtained separately\n    ${key}\n`;
