import { Command, InvalidArgumentError, Option } from 'commander';
import { mostReplicas } from '../up/ports.ts';

interface UpFlags {
  readonly data: string;
  readonly ports?: number;
  readonly replicas: number;
  readonly passphraseFile?: string;
  readonly demo?: boolean;
  readonly live?: boolean;
  readonly settings?: string;
  readonly certificateSeconds?: number;
  readonly logLevel: string;
}

/** `bailiwick up`, which is what `npm start` runs. */
export function upCommand(exit: (code: number) => void): Command {
  return new Command('up')
    .description('run the whole platform on this machine')
    .option('--data <folder>', 'the folder in which everything is kept', '.bailiwick')
    .option('--ports <base>', 'use 40 ports from this one on instead of the default ones', parsePort)
    .option('--replicas <number>', 'run this many of each process of which several can run', parseReplicas, 1)
    .option('--passphrase-file <file>', 'seal the keyring with the passphrase in this file instead of a key file')
    .option(
      '--certificate-seconds <number>',
      'how long certificates of processes are valid, 30 to 86400 (default: 3600); shorter ones make a rotation of the authority shorter',
      parseCertificateSeconds,
    )
    .option('--demo', 'demonstrate the whole platform through its public interfaces, then stop')
    .addOption(new Option('--live', 'use the real Discord and Lavalink, as the settings file says').conflicts('demo'))
    .option('--settings <file>', 'settings for --live (created from a commented template if missing)')
    .addOption(
      new Option('--log-level <level>', 'level of the logs in the data folder')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .addHelpText('after', '\nExample:\n  bailiwick up --ports 23000\n  bailiwick up --demo')
    .action(async (flags: UpFlags) => {
      // Only this command needs the code that starts a platform; the others load faster without it.
      const { up } = await import('../up/up.ts');
      exit(await up({ ...flags, demo: flags.demo ?? false, live: flags.live ?? false }));
    });
}

function parseReplicas(text: string): number {
  const replicas = Number(text);
  if (Number.isInteger(replicas) && replicas >= 1 && replicas <= mostReplicas) return replicas;
  throw new InvalidArgumentError(`One machine takes 1 to ${mostReplicas}.`);
}

/** Below half a minute a busy machine might not renew in time. */
function parseCertificateSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 30 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError('It takes 30 to 86400.');
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port)) throw new InvalidArgumentError('A port must be a whole number.');
  return port;
}
