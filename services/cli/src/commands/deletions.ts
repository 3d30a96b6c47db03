import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { Argument, Command } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { everyPage } from '../pages.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';
import { exampleDeletion } from './examples.ts';
import { signedIn } from './session.ts';

/** `bailiwick deletions`: tenants that were deleted, and the certificates of that. */
export function deletionsCommands(): Command {
  const deletions = new Command('deletions').description(
    'see deletions of tenants and their certificates: list, certificate, key',
  );
  for (const command of [listCommand(), certificateCommand(), keyCommand()]) deletions.addCommand(command);
  return deletions;
}

const listCommand = (): Command =>
  new Command('list')
    .description('list the deletions that you asked for; for operators, all of them')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick deletions list')
    .action(async ({ json }: JsonFlag) => {
      const { api } = await signedIn();
      const items = await everyPage((query) => dataOf(api.GET('/v1/deletions', { params: { query } })));
      if (json) return print({ items });
      if (items.length === 0) say('None.');
      for (const { id, tenant, requestedBy, endedAt, certified } of harmless(items)) {
        const state = certified ? colors.green('certified') : colors.yellow('under way');
        say(`${id}  ${tenant}  ${state}  ${endedAt ?? 'not ended'}  requested by ${requestedBy}`);
      }
    });

const certificateCommand = (): Command =>
  new Command('certificate')
    .addArgument(new Argument('<deletion>', 'ID of a deletion, from `deletions list`'))
    .description('print or store the certificate of a deletion')
    .option('--out <file>', 'write it to this file instead, which must not exist')
    .option('--json', 'print the certificate, or the file that it was written to, as JSON')
    .addHelpText('after', `\nExample:\n  bailiwick deletions certificate ${exampleDeletion} --out deletion.txt`)
    .action(async (deletion: string, { out, json }: JsonFlag & { out?: string }) => {
      const { api } = await signedIn();
      const certificate = await dataOf(
        api.GET('/v1/deletions/{deletion}/certificate', { params: { path: { deletion } }, parseAs: 'text' }),
      );
      if (out !== undefined) await writeFile(out, certificate, { flag: 'wx' });
      if (json) print(out === undefined ? { certificate } : { file: out });
      else if (out === undefined) process.stdout.write(certificate);
      else say(`${colors.green('✓')} ${out}`);
    });

const keyCommand = (): Command =>
  new Command('key')
    .description('show the public key that verifies certificates of deletion; keep it apart from them')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick deletions key > deletions.vkey')
    .action(async ({ json }: JsonFlag) => {
      const answer = await dataOf((await signedIn()).api.GET('/v1/deletions/key'));
      if (json) print(answer);
      else say(answer.key);
    });
