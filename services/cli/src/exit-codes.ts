import { BailiwickError } from '#infra/kernel/errors.ts';

/** The exit codes. 1 is reserved for failures without a code of their own, since a crash exits with it too. */
export const exitCodes = {
  done: 0,
  refused: 1,
  usage: 2,
  platform: 3,
  notAllowed: 4,
  notFound: 5,
  conflict: 6,
  unreachable: 7,
  notTrue: 8,
  notWell: 9,
} as const;
type Outcome = keyof typeof exitCodes;

const meanings: Readonly<Record<Outcome, string>> = {
  done: 'success',
  refused: 'the request was refused; `up` could not start, or a step of its demo failed',
  usage: 'usage error: an unknown or missing command or option',
  platform: 'internal fault of the platform',
  notAllowed: 'not signed in, or not allowed',
  notFound: 'not found, or not visible to you',
  conflict: 'conflict: somebody else changed it first',
  unreachable: 'nothing is running or answering there',
  notTrue: 'verification failed: `audit verify` or `verify-deletion` found something that does not hold',
  notWell: 'unhealthy: `status` found an unhealthy process, `doctor` a fault',
};

/** For `--help`; the README has the same table. */
export const exitCodesHelp = [
  '\nExit codes:',
  ...Object.entries(meanings).map(([outcome, means]) => `  ${exitCodes[outcome as Outcome]}  ${means}`),
  '  128 + n  `up` was interrupted by signal n before it was ready',
].join('\n');

const withOwnCode: Readonly<Record<string, Outcome>> = {
  'cli.usage': 'usage',
  'cli.unreachable': 'unreachable',
  'cli.not-running': 'unreachable',
  'cli.damaged-lock': 'unreachable',
  'api-client.unreachable': 'unreachable',
};

const byStatus: Readonly<Record<number, Outcome>> = {
  401: 'notAllowed',
  403: 'notAllowed',
  404: 'notFound',
  409: 'conflict',
  412: 'conflict',
  428: 'conflict',
};

/** The exit code of a failed command. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof BailiwickError)) return exitCodes.platform;
  const { code, owner, status } = error;
  return exitCodes[withOwnCode[code] ?? (owner === 'caller' ? (byStatus[status] ?? 'refused') : 'platform')];
}
