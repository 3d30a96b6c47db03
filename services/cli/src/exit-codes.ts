import { BailiwickError } from '#infra/kernel/errors.ts';

/** What the command line exits with. 1 stays for what has no code of its own: it is also what a crash exits with. */
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
  notTrue: 'verification failed: `audit verify` found something that does not hold',
  notWell: 'unhealthy: `status` found an unhealthy process, `doctor` a fault',
};

/** For `--help`; the README shows the same. */
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

/** What a failed command exits with. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof BailiwickError)) return exitCodes.platform;
  const { code, owner, status } = error;
  return exitCodes[withOwnCode[code] ?? (owner === 'caller' ? (byStatus[status] ?? 'refused') : 'platform')];
}
