import { Command, Option } from 'commander';
import colors from 'picocolors';
import { callerFault } from '#infra/kernel/errors.ts';
import { dataOf } from '#services/contracts/api-client.ts';
import { fileFormats } from '#security/audit/export-file.ts';
import type { Manifest } from '#security/audit/manifest.ts';
import { exitCodes } from '../exit-codes.ts';
import { readText } from '../input-file.ts';
import { harmless, print, say } from '../output.ts';
import { exportToFile, exportToStdout, refuseToReplace, resumeExport, type ExportRequest } from './audit-export.ts';
import { tailAudit } from './audit-tail.ts';
import { verifyFiles, type VerifyFlags } from './audit-verify.ts';
import { tenantArgument, wholeNumber } from './arguments.ts';
import { exampleTenant } from './examples.ts';
import { auditPath, queryOf, selectionFlags, type SelectionFlags } from './audit-request.ts';
import { signedIn } from './session.ts';

interface ExportFlags extends SelectionFlags {
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
  readonly format: ExportRequest['format'];
  readonly gzip?: boolean;
  readonly consistentWith?: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function auditCommands(exit: (code: number) => void): Command {
  const audit = new Command('audit').description('the audit log: key, tail, export, verify');
  audit.addCommand(keyCommand());
  audit.addCommand(tailCommand());
  audit.addCommand(exportCommand());
  audit.addCommand(verifyCommand(exit));
  return audit;
}

const keyCommand = (): Command =>
  new Command('key')
    .addArgument(tenantArgument())
    .description("show the public key of the tenant's log; keep it apart from the exports")
    .option('--history', 'also show the keys that it replaced, and which records each signed')
    .option('--json', "print the API's answer as JSON")
    .addHelpText('after', `\nExample:\n  bailiwick audit key ${exampleTenant} > harmony.vkey`)
    .action(async (tenant: string, { history, json }: { history?: boolean; json?: boolean }) => {
      const path = { params: { path: { tenant } } };
      const answer = await dataOf((await signedIn()).api.GET('/v1/tenants/{tenant}/audit/key', path));
      if (json) return print(answer);
      const { key, predecessors } = harmless(answer);
      say(key);
      if (!history) return;
      say(
        predecessors.length === 0 ? 'It is the only key that this log has had.' : 'It signs this log now. Before it:',
      );
      for (const { key: before, lastSize, replacedAt } of predecessors)
        say(`${before}\n    signed the log up to ${lastSize} records, replaced on ${replacedAt.slice(0, 10)}`);
    });

const verifyCommand = (exit: (code: number) => void): Command =>
  new Command('verify')
    .argument('<file>')
    .argument('[other]')
    .description(
      'verify an export offline, in any format, gzipped or not, with the file and the public key; with two exports, also that the later one extends the earlier one',
    )
    .option('--key <vkey>', "the log's public key, from `audit key`; default: the key in the file")
    .option('--earlier <file>', 'a file with an earlier signed checkpoint of the same log')
    .option('--manifest <file>', 'a manifest that the file must match')
    .option('--json', 'print the whole report as JSON')
    .addHelpText('after', '\nExample:\n  bailiwick audit verify log.ndjson --key "$(cat harmony.vkey)"')
    .action(async (file: string, other: string | undefined, flags: VerifyFlags) => {
      exit((await verifyFiles(file, other, flags)) ? exitCodes.done : exitCodes.notTrue);
    });

function tailCommand(): Command {
  return selectionFlags(new Command('tail'))
    .addArgument(tenantArgument())
    .description('show the latest records, and new ones as they are sealed')
    .option('-n, --lines <count>', 'how many of the latest to show, at most 100', wholeNumber, 10)
    .option('--no-follow', 'exit after the latest records')
    .option('--json', 'print each record as a line of JSON')
    .addHelpText('after', `\nExample:\n  bailiwick audit tail ${exampleTenant} --outcome denied`)
    .action(async (tenant: string, flags: SelectionFlags & { lines: number; follow: boolean; json?: boolean }) => {
      const { lines, follow, json = false, ...selection } = flags;
      await tailAudit(await signedIn(), tenant, { lines, follow, json, selection });
    });
}

function exportCommand(): Command {
  return selectionFlags(new Command('export'))
    .addArgument(tenantArgument())
    .description('export the log, or a selection of it, as a self-verifying file with a manifest beside it')
    .addOption(new Option('--format <format>').choices(fileFormats).default('ndjson'))
    .option('--gzip', 'compress it with gzip')
    .option('--out <file>', 'write to this file instead of stdout, with <file>.manifest.json beside it')
    .option('--from <time>', 'records from this time on (RFC 3339, UTC, milliseconds)')
    .option('--to <time>', 'records before this time')
    .option(
      '--consistent-with <size or file>',
      'prove that the log extends an earlier export, given by its file or the size of its checkpoint',
    )
    .option('--force', 'replace the file at --out')
    .option('--resume', 'continue an interrupted export to --out; takes no other option')
    .option('--json', 'print the manifest of what was written to --out')
    .addHelpText('after', `\nExample:\n  bailiwick audit export ${exampleTenant} --format csv --out log.csv`)
    .action(
      async (tenant: string, { out, resume, force, gzip = false, consistentWith, json, ...rest }: ExportFlags) => {
        if (resume) {
          if (out === undefined) throw callerFault('cli.usage', 'Name the export to continue with --out.');
          return tellWritten(await resumeExport(await signedIn(), tenant, out), out, json);
        }
        const size = consistentWith === undefined ? {} : { consistentWith: await earlierSize(consistentWith) };
        const request = { ...rest, ...size, gzip };
        if (out !== undefined && !force) await refuseToReplace(out);
        if (out === undefined) await exportToStdout(await signedIn(), auditPath(tenant, `export${queryOf(request)}`));
        else tellWritten(await exportToFile(await signedIn(), tenant, request, out), out, json);
      },
    );
}

const tellWritten = (manifest: Manifest, out: string, json: boolean | undefined): void => {
  if (json) print(manifest);
  else say(`${colors.green('✓')} ${manifest.count} records in ${out}, and ${out}.manifest.json beside it`);
};

/** A tree size: the number itself, or read from an export or a checkpoint file. */
async function earlierSize(text: string): Promise<string> {
  if (/^\d+$/.test(text)) return text;
  const begin = (await readText(text)).slice(0, 8192);
  const [, size] = /(?:^|"checkpoint":")[^\n"]+(?:\n|\\n)(\d+)(?:\n|\\n)/.exec(begin) ?? [];
  if (size !== undefined) return size;
  throw callerFault('cli.file', `${text} is neither a checkpoint nor an export as NDJSON; give the size instead.`);
}
