import { Command } from 'commander';
import type { MovedPart } from '../keys-move/move.ts';
import { print, say } from '../output.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';
import { parsePort } from './up.ts';

interface MoveFlags extends JsonFlag {
  readonly data: string;
  readonly ports?: number;
  readonly passphraseFile?: string;
  readonly settings?: string;
  readonly from?: string;
  readonly destroyOld?: boolean;
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
    .option(
      '--destroy-old',
      'afterwards destroy the old keys in files; backups made before the move can then not be used',
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  bailiwick keys move --settings live.yaml\n  bailiwick keys move --settings files.yaml --from vault.yaml',
    )
    .action(async ({ destroyOld, json, ...flags }: MoveFlags) => {
      const { moveKeys } = await import('../keys-move/move.ts');
      const parts: MovedPart[] = [];
      const moved = (part: MovedPart) => {
        parts.push(part);
        if (!json) tell(part);
      };
      await moveKeys({ ...flags, destroy: destroyOld ?? false, moved });
      if (json) return print({ parts });
      say('The keys have moved. Start the installation with the same settings, and make a new backup.');
    });

function tell({ part, moved, values, destroyed, left }: MovedPart): void {
  say(`${part}: ${moved} of ${values} values sealed again, all of them open with the new keys`);
  if (destroyed > 0) say(`  ${destroyed} old keys destroyed`);
  for (const name of left) say(`  no longer needed at Vault: ${name}`);
}
