import { Command } from 'commander';
import colors from 'picocolors';
import type { Finding } from '../doctor/finding.ts';
import { exitCodes } from '../exit-codes.ts';
import { fitted, print, say } from '../output.ts';
import { parsePort } from './up.ts';

interface Flags {
  readonly data: string;
  readonly ports?: number;
  readonly passphraseFile?: string;
  readonly live?: boolean;
  readonly settings?: string;
  readonly json?: boolean;
}

/** `bailiwick doctor`: what is wrong with an installation, and how to fix it. */
export function doctorCommand(exit: (code: number) => void): Command {
  return new Command('doctor')
    .description('find faults of an installation, running or not, and say how to fix them; changes nothing')
    .option('--data <folder>', 'the data folder of the installation', '.bailiwick')
    .option('--ports <base>', 'as given when it is started', parsePort)
    .option('--passphrase-file <file>', 'as given when it is started')
    .option('--live', 'also check the settings of --live, and the Discord and Lavalink that they name')
    .option('--settings <file>', 'settings of --live')
    .option('--json', 'print every finding as JSON')
    .addHelpText('after', '\nExample:\n  bailiwick doctor --data .bailiwick\n  bailiwick doctor --live')
    .action(async ({ json, live = false, ...flags }: Flags) => {
      const { diagnose } = await import('../doctor/doctor.ts');
      const findings = await diagnose({ ...flags, live });
      const faults = findings.filter(({ status }) => status === 'fault').length;
      if (json) print({ faults, findings });
      else say(describe(findings));
      exit(faults === 0 ? exitCodes.done : exitCodes.notWell);
    });
}

const marks: Readonly<Record<Finding['status'], string>> = {
  ok: colors.green('✓'),
  warning: colors.yellow('!'),
  fault: colors.red('✗'),
};

function describe(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ about }) => about.length));
  const count = (status: Finding['status']) => findings.filter((each) => each.status === status).length;
  const lines = findings.flatMap(({ about, status, says, fix }) => [
    `${marks[status]} ${about.padEnd(width)}  ${fitted(says, width + 4)}`,
    ...(fix === undefined ? [] : [`  ${' '.repeat(width)}  ${fitted(colors.dim(`→ ${fix}`), width + 4)}`]),
  ]);
  const [faults, warnings] = [count('fault'), count('warning')];
  const verdict = faults > 0 ? colors.red(`${faults} to fix`) : colors.green('nothing to fix');
  return [...lines, '', `${verdict}${warnings > 0 ? `, ${warnings} to note` : ''}`].join('\n');
}
