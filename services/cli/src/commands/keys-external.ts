import { Command, Option } from 'commander';
import colors from 'picocolors';
import { callerFault } from '#infra/kernel/errors.ts';
import { dataOf } from '#services/contracts/api-client.ts';
import { readText } from '../input-file.ts';
import { harmless, print, say } from '../output.ts';
import { readSecret } from '../secret-input.ts';
import { jsonOption, tenantArgument, type JsonFlag } from './arguments.ts';
import { exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';

interface ExternalFlags extends JsonFlag {
  readonly url?: string;
  readonly key?: string;
  readonly roleId?: string;
  readonly mount?: string;
  readonly authMount?: string;
  readonly namespace?: string;
  readonly trustFile?: string;
  readonly remove?: boolean;
  readonly retry?: boolean;
  readonly abandon?: boolean;
}

/** `bailiwick keys external`: a key in the tenant's own Vault. */
export const externalCommand = (): Command =>
  new Command('external')
    .addArgument(tenantArgument())
    .description("show which key of the tenant's own Vault protects what is stored, set one, or remove it")
    .option('--url <address>', 'address of Vault or OpenBao; the secret ID is read from stdin')
    .option('--key <name>', 'name of the transit key')
    .option('--role-id <id>', 'role ID of the AppRole with which the platform signs in')
    .option('--mount <path>', 'path of the transit engine')
    .option('--auth-mount <path>', 'path of the AppRole sign-in')
    .option('--namespace <namespace>', 'namespace of all of these')
    .option('--trust-file <file>', "certificate authority of the server, if it is not one of the system's (PEM)")
    .option('--remove', "re-encrypt with the platform's keys alone; the key must still work")
    .addOption(new Option('--retry', 'continue a change that was given up').conflicts(['abandon', 'remove']))
    .addOption(
      new Option('--abandon', 'go back to how it was before a change that was given up').conflicts(['retry', 'remove']),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nExample:\n  bailiwick keys external ${exampleTenant} --url https://vault.example.com --key bailiwick --role-id 4e2c… < secret-id\n  bailiwick keys external ${exampleTenant} --remove`,
    )
    .action(async (id: string, { json, remove, retry, abandon, ...flags }: ExternalFlags) => {
      const other = remove ?? retry ?? abandon;
      const answer = await (isSetting(flags, other)
        ? set(id, flags)
        : remove
          ? removed(id)
          : retry || abandon
            ? continued(id, retry ? 'retry' : 'abandon')
            : shown(id));
      if (json) return print(answer);
      if (!('sentence' in answer)) return say('What is stored is being re-encrypted. This continues by itself.');
      const { state, sentence, key } = harmless(answer);
      if (key) say(`Key ${key.key} in ${key.mount} at ${key.url}, set ${key.setAt.slice(0, 10)}`);
      say(`${state === 'unavailable' || state === 'failed' ? colors.red('✗') : colors.green('✓')} ${sentence}`);
    });

type SetFlags = Omit<ExternalFlags, 'json' | 'remove' | 'retry' | 'abandon'>;

function isSetting(
  flags: SetFlags,
  other: boolean | undefined,
): flags is SetFlags & Required<Pick<SetFlags, 'url' | 'key' | 'roleId'>> {
  const given = Object.values(flags).filter((value) => value !== undefined);
  if (given.length === 0) return false;
  if (other || flags.url === undefined || flags.key === undefined || flags.roleId === undefined)
    throw callerFault(
      'cli.usage',
      'Pass --url, --key and --role-id to set a key, or only --remove, --retry or --abandon. See `bailiwick keys external --help`.',
    );
  return true;
}

const path = '/v1/tenants/{tenant}/keys/external';

const shown = async (tenant: string) => dataOf((await signedIn()).api.GET(path, { params: { path: { tenant } } }));

/** With the version that is replaced, unless there is nothing to replace. */
async function at(tenant: string) {
  const { state, version } = await shown(tenant);
  return { params: { path: { tenant }, header: state === 'none' ? {} : { 'if-match': `"${version}"` } } };
}

const continued = async (tenant: string, verb: 'retry' | 'abandon') =>
  dataOf((await signedIn()).api.POST(`${path}/${verb}`, { params: { path: { tenant } } }));

const removed = async (tenant: string) => dataOf((await signedIn()).api.DELETE(path, await at(tenant)));

async function set(
  tenant: string,
  { url, key, roleId, trustFile, ...given }: SetFlags & Required<Pick<SetFlags, 'url' | 'key' | 'roleId'>>,
) {
  const trustPem = trustFile === undefined ? undefined : await readText(trustFile);
  const secretId = await readSecret('Secret ID: ');
  const body = { url, key, roleId, secretId, ...given, ...(trustPem === undefined ? {} : { trustPem }) };
  return dataOf((await signedIn()).api.PUT(path, { ...(await at(tenant)), body }));
}
