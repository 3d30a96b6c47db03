import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import colors from 'picocolors';
import { z } from 'zod';
import { BailiwickError, callerFault, hasCode } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { socketAddress } from '#infra/kernel/socket-address.ts';
import { print, say } from '../output.ts';
import { runningFrom } from '../status/of-folder.ts';
import { dataPathsIn, type DataPaths } from '../up/data-folder.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';

/** The answer of services/api/src/sessions/operator-socket.ts */
const answerSchema = z.union([
  z.object({ link: z.url(), expiresAt: z.iso.datetime() }),
  z.object({ code: z.literal('operator.sign-in-rate'), retryAfterSec: z.number() }),
  z.object({ code: z.literal('operator.sign-in-failed') }),
]);

/** `bailiwick sign-in`: for anyone who can read the data folder of an installation running on this machine. */
export function signInCommand(): Command {
  return new Command('sign-in')
    .description('print a new one-time operator sign-in, on the machine that runs the platform')
    .option('--data <folder>', 'the data folder of the installation', '.bailiwick')
    .addOption(jsonOption('print the link and its expiry as JSON'))
    .addHelpText('after', '\nExample:\n  bailiwick sign-in --data .bailiwick')
    .action(async ({ data, json }: JsonFlag & { data: string }) => {
      const dataPaths = dataPathsIn(data);
      const answer = answerSchema.parse(parseJson(await ask(dataPaths)));
      if ('code' in answer) throw refusals(dataPaths)[answer.code](answer);
      if (json) return print(answer);
      const minutes = Math.round((Date.parse(answer.expiresAt) - Date.now()) / 60_000);
      say(`Operator sign-in: works once, for ${minutes} minutes. Earlier ones no longer work.`);
      say(`  ${colors.cyan(answer.link)}`);
      say('It also signs in the command line: paste it into `bailiwick login`.');
    });
}

async function ask(dataPaths: DataPaths): Promise<string> {
  try {
    await using address = await socketAddress(dataPaths.operatorSocket);
    return await text(connect(address.path));
  } catch (cause) {
    if (hasCode(cause, 'EACCES'))
      throw callerFault(
        'cli.not-owner',
        `Only the user who runs the platform from ${dataPaths.path}, and root, may do this: run it as that user.`,
        403,
      );
    await runningFrom(dataPaths);
    throw unavailable(dataPaths, cause);
  }
}

const unavailable = ({ path }: DataPaths, cause?: unknown) =>
  new BailiwickError({
    code: 'cli.unreachable',
    owner: 'platform',
    status: 503,
    message: `The platform cannot create a sign-in at the moment. Try again shortly, or see \`bailiwick status --data ${path}\`.`,
    cause,
  });

const refusals = (dataPaths: DataPaths) => ({
  'operator.sign-in-rate': (answer: object) => {
    const seconds = 'retryAfterSec' in answer ? Number(answer.retryAfterSec) : 0;
    return callerFault('operator.sign-in-rate', `Too many sign-ins were made: try again in ${seconds} s.`, 429);
  },
  'operator.sign-in-failed': () => unavailable(dataPaths),
});
