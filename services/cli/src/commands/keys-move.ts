import { Command } from 'commander';
import colors from 'picocolors';
import type { MovedPart } from '../keys-move/carry-out.ts';
import type { MoveProgress } from '../keys-move/saga.ts';
import { print, say } from '../output.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';
import { parsePort } from './up.ts';

interface MoveFlags extends JsonFlag {
  readonly data: string;
  readonly ports?: number;
  readonly passphraseFile?: string;
  readonly settings?: string;
  readonly from?: string;
  readonly keepOld?: boolean;
}

/** `bailiwick keys move`: an installation's keys from files to Vault, or back. */
export const moveCommand = (): Command =>
  new Command('move')
    .description('move the keys of a stopped installation to where its settings say: from files to Vault, or back')
    .option('--data <folder>', 'the data folder of the installation', '.bailiwick')
    .option('--ports <base>', 'the ports that it was started with', parsePort)
    .option('--passphrase-file <file>', 'the file with the passphrase of the keyring')
    .option('--settings <file>', 'its settings for --live, with the new place under `keys`')
    .option('--from <file>', 'settings that name the Vault to leave; without them, the keys are in files now')
    .option('--keep-old', 'keep the old keys in files, for backups made before the move that lack the keyring folder')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  bailiwick keys move --settings live.yaml\n  bailiwick keys move --settings files.yaml --from vault.yaml',
    )
    .action(async ({ keepOld, json, ...flags }: MoveFlags) => {
      const { moveKeys } = await import('../keys-move/move.ts');
      const told: MoveProgress = (step, stage) => {
        if (!json && stage === 'ends') say(`${colors.green('✓')} ${step}`);
      };
      const parts = await moveKeys({ ...flags, keepOld: keepOld ?? false, told });
      if (json) return print({ parts });
      for (const part of parts) tell(part);
      say('The keys have moved. Start the installation with the same settings, and make a new backup.');
    });

function tell({ part, moved, values, left }: MovedPart): void {
  if (part !== 'launcher')
    say(`${part}: ${moved} of ${values} values sealed again, all of them open with the new keys`);
  for (const name of left) say(`  no longer needed at Vault: ${name}`);
}
