import { Command, Option } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';
import { signedIn } from './session.ts';

const kinds = ['authority', 'call-token', 'shared'] as const;
type Kind = (typeof kinds)[number];

const signs = {
  authority: 'issues certificates',
  'call-token': 'signs call tokens',
  'transaction-token': 'signs transaction tokens',
  grant: 'signs grants',
} as const;

const states = { next: 'takes over', current: 'in use since', earlier: 'replaced; since' } as const;

interface Listed {
  readonly kind: Kind;
  readonly use: keyof typeof signs;
  readonly id: string;
  readonly holder: string;
  readonly verifier: string | null;
  readonly state: keyof typeof states;
  readonly signsFrom: string;
  readonly acceptedUntil: string;
}

const minute = (time: string): string => time.slice(0, 16).replace('T', ' ');
const nameOf = (spiffeId: string): string => spiffeId.split('/').at(-1) ?? spiffeId;

function describe({ use, id, holder, verifier, state, signsFrom, acceptedUntil }: Listed): string {
  const parties = verifier === null ? nameOf(holder) : `${nameOf(holder)} to ${nameOf(verifier)}`;
  const when = `${states[state]} ${minute(signsFrom)}, accepted until ${minute(acceptedUntil)}`;
  return `${signs[use].padEnd(24)}  ${parties.padEnd(29)}  ${id.slice(0, 8)}  ${when}`;
}

/** `bailiwick keys identity`: the keys that certify processes and sign what they say to each other. */
export const identityCommand = (): Command =>
  new Command('identity')
    .description(
      "show the keys that certify the platform's processes and sign their tokens, or replace those of a kind",
    )
    .addOption(
      new Option(
        '--rotate <kind>',
        'create the next one; it takes over once every process knows it, and no call fails',
      ).choices(kinds),
    )
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick keys identity\n  bailiwick keys identity --rotate authority')
    .action(async ({ json, rotate }: JsonFlag & { rotate?: Kind }) => {
      const { api } = await signedIn();
      const { keys } = await dataOf(
        rotate === undefined
          ? api.GET('/v1/operator/identity-keys')
          : api.POST('/v1/operator/identity-keys/{kind}/rotate', { params: { path: { kind: rotate } } }),
      );
      if (json) return print({ keys });
      if (rotate !== undefined) say(`${colors.green('✓')} The next key was created. The rest happens by itself.`);
      for (const key of harmless(keys)) say(describe(key));
    });
