import { Command, Option } from 'commander';
import { exitCodes } from '../exit-codes.ts';
import { print, say } from '../output.ts';
import { statusOfFolder } from '../status/of-folder.ts';
import { statusThroughApi } from '../status/through-api.ts';
import { describeStatus } from '../status/words.ts';
import { signedIn } from './session.ts';

interface Flags {
  readonly data: string;
  readonly api?: boolean;
  readonly json?: boolean;
}

/** `bailiwick status`: the state that each part of an installation reports. */
export function statusCommand(exit: (code: number) => void): Command {
  return new Command('status')
    .description('show the state of each part of an installation, with causes')
    .option('--data <folder>', 'the data folder of an installation on this machine', '.bailiwick')
    .addOption(new Option('--api', 'ask the API as the operator who is signed in; adds the tenants and their bots'))
    .option('--json', 'print everything as JSON')
    .addHelpText('after', '\nExample:\n  bailiwick status --data .bailiwick\n  bailiwick status --api')
    .action(async ({ data, api, json }: Flags) => {
      const report = api ? await ofWhereSignedIn() : await statusOfFolder(data);
      if (json) print(report);
      else say(describeStatus(report));
      exit(report.status === 'healthy' ? exitCodes.done : exitCodes.notWell);
    });
}

async function ofWhereSignedIn() {
  const { url, api } = await signedIn();
  return statusThroughApi(url, api);
}
