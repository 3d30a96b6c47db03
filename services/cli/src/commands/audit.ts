import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import colors from 'picocolors';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Report } from '#security/audit/report.ts';
import { verifyExport } from '#security/audit/verify.ts';
import { signedIn } from './session.ts';

interface ExportFlags {
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly guild?: string;
  readonly action?: string;
  readonly outcome?: string;
}

const auditPath = (tenant: string, rest: string) => `/v1/tenants/${encodeURIComponent(tenant)}/audit/${rest}`;

export function auditCommands(exit: (code: number) => void): Command {
  const audit = new Command('audit').description('the audit log: key, export, verify');
  audit
    .command('key <tenant>')
    .description("the public key of the tenant's log; keep it apart from the exports")
    .action(async (tenant: string) => {
      const { key } = await (await signedIn()).call('GET', auditPath(tenant, 'key'), z.object({ key: z.string() }));
      process.stdout.write(`${key}\n`);
    });
  audit
    .command('export <tenant>')
    .description('the log, or a selection of it, as NDJSON')
    .option('--out <file>', 'write it here instead of to stdout')
    .option('--from <time>', 'records of this time and later (RFC 3339, UTC, milliseconds)')
    .option('--to <time>', 'records before this time')
    .option('--actor <id>', 'who did it, or on whose behalf')
    .option('--guild <id>')
    .option('--action <name>')
    .option('--outcome <outcome>', 'allowed, denied, succeeded or failed')
    .action(async (tenant: string, { out, ...selection }: ExportFlags) => {
      const query = new URLSearchParams(Object.entries(selection)).toString();
      const body = await (await signedIn()).download(auditPath(tenant, `export${query && `?${query}`}`));
      await pipeline(body, out === undefined ? process.stdout : createWriteStream(out, { mode: 0o600 }), {
        end: out !== undefined,
      });
    });
  audit
    .command('verify <file>')
    .description('verify an export offline: needs the file and the public key, and nothing else')
    .requiredOption('--key <vkey>', "the log's public key, as `audit key` showed it")
    .option('--earlier <note>', 'a file with an earlier signed checkpoint of the same log')
    .option('--json', 'the whole report as JSON')
    .action(async (file: string, flags: { key: string; earlier?: string; json?: boolean }) => {
      const earlier = flags.earlier === undefined ? {} : { earlier: await readFile(flags.earlier, 'utf8') };
      const report = await verifyExport(readable(file), { key: flags.key, ...earlier });
      process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : describe(report));
      exit(report.ok ? 0 : 1);
    });
  return audit;
}

async function* readable(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file)) yield chunk as Uint8Array;
  } catch (cause) {
    throw callerFault('cli.file', `${file} cannot be read: ${cause instanceof Error ? cause.message : 'unknown'}`);
  }
}

function describe(report: Report): string {
  const of = `${report.records} records of ${report.origin ?? 'an unnamed log'}`;
  if (report.ok) {
    const scope = report.whole === true ? 'the whole log' : 'a selection';
    return `${colors.green('✓')} ${of}: ${scope}, tree of ${report.size} records, root ${report.root}\n`;
  }
  const lines = report.problems.map(({ kind, line, message }) => `    line ${line}: ${kind}: ${message}`);
  return `${colors.red('✗')} ${of}: ${report.problems.length} problem(s)\n${lines.join('\n')}\n`;
}
