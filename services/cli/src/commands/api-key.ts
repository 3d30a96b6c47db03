import process from 'node:process';
import { Command, InvalidArgumentError, Option } from 'commander';
import colors from 'picocolors';
import { keyScopeNames, type KeyScope } from '#policies/roles.ts';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { everyPage } from '../pages.ts';
import { jsonOption, tenantArgument, wholeNumber, type JsonFlag } from './arguments.ts';
import { exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';

/** `bailiwick api-key`: API keys for programs. */
export function apiKeyCommands(): Command {
  const command = new Command('api-key').description("manage a tenant's API keys: list, create, revoke");
  for (const each of [listCommand(), createCommand(), revokeCommand()]) command.addCommand(each);
  return command;
}

const listCommand = (): Command =>
  new Command('list')
    .addArgument(tenantArgument())
    .description('list its API keys, newest first; never the keys themselves')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick api-key list ${exampleTenant}`)
    .action(async (tenant: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const items = await everyPage((query) =>
        dataOf(api.GET('/v1/tenants/{tenant}/api-keys', { params: { path: { tenant }, query } })),
      );
      if (json) return print({ items });
      if (items.length === 0) say(`None yet: \`bailiwick api-key create ${tenant} <name> --scope read\`.`);
      for (const { id, name, scopes, expiresAt } of harmless(items))
        say(`${id}  until ${expiresAt.slice(0, 10)}  ${scopes.join(', ')}  ${name}`);
    });

const scope = (text: string, before: readonly KeyScope[] = []): KeyScope[] => {
  const known = keyScopeNames.find((name) => name === text);
  if (known) return [...before, known];
  throw new InvalidArgumentError(`The scopes are ${keyScopeNames.join(', ')}.`);
};

const createCommand = (): Command =>
  new Command('create')
    .addArgument(tenantArgument())
    .argument('<name>', 'a name that says what it is for')
    .description('create an API key with at most your own permissions; it is shown once, on stdout')
    .addOption(
      new Option('--scope <scope>', `a scope to grant; may be given several times: ${keyScopeNames.join(', ')}`)
        .argParser(scope)
        .makeOptionMandatory(),
    )
    .option('--days <count>', 'days until it expires, at most 365', wholeNumber, 90)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nExample:\n  bailiwick api-key create ${exampleTenant} "Nightly export" --scope audit > key`,
    )
    .action(async (tenant: string, name: string, flags: JsonFlag & { scope: KeyScope[]; days: number }) => {
      const body = { name, scopes: flags.scope, expiresInDays: flags.days };
      const { api } = await signedIn();
      const made = await dataOf(api.POST('/v1/tenants/{tenant}/api-keys', { params: { path: { tenant } }, body }));
      if (flags.json) return print(made);
      process.stderr.write(
        `${made.id} works until ${made.expiresAt.slice(0, 10)}. This is the only time it is shown:\n`,
      );
      say(made.key);
    });

const revokeCommand = (): Command =>
  new Command('revoke')
    .addArgument(tenantArgument())
    .argument('<key>', 'key_…, from `api-key list`')
    .description('revoke an API key; it stops working immediately')
    .addOption(jsonOption("print the revoked key's ID as JSON"))
    .addHelpText('after', `\nExample:\n  bailiwick api-key revoke ${exampleTenant} key_01jx5m2q7b8c4n6s9t0v1w3x5y`)
    .action(async (tenant: string, key: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      await api.DELETE('/v1/tenants/{tenant}/api-keys/{key}', { params: { path: { tenant, key } } });
      if (json) print({ revoked: key });
      else say(`${colors.green('✓')} ${key} no longer works.`);
    });
