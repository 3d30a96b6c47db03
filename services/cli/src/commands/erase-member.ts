import { Command, Option } from 'commander';
import colors from 'picocolors';
import { tenantIdSchema } from '#infra/kernel/ids.ts';
import { dataOf } from '#services/contracts/api-client.ts';
import { print, say } from '../output.ts';
import { discordId, jsonOption, noSuchTenant, type JsonFlag } from './arguments.ts';
import { exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';

interface EraseFlags extends JsonFlag {
  readonly tenant: string;
  readonly user: string;
}

const asTenant = (text: string): string => {
  if (tenantIdSchema.safeParse(text).success) return text;
  throw noSuchTenant();
};

/** `bailiwick erase-member`: what is stored of a Discord member at a tenant. */
export const eraseMemberCommand = (): Command =>
  new Command('erase-member')
    .description("erase a Discord member's data at a tenant, from its audit log and its backups too")
    .addOption(
      new Option('--tenant <tenant>', 'tenant ID, from `tenant list`').argParser(asTenant).makeOptionMandatory(),
    )
    .addOption(
      new Option('--user <id>', 'Discord ID of the member').argParser(discordId('A member')).makeOptionMandatory(),
    )
    .requiredOption('--yes', 'confirm: this cannot be undone')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nExample:\n  bailiwick erase-member --tenant ${exampleTenant} --user 80351110224678912 --yes`,
    )
    .action(async ({ tenant, user, json }: EraseFlags) => {
      const { api } = await signedIn();
      const done = await dataOf(
        api.DELETE('/v1/tenants/{tenant}/discord-members/{user}/data', { params: { path: { tenant, user } } }),
      );
      if (json) return print(done);
      say(
        done.status === 'done'
          ? `${colors.green('✓')} Erased. The audit log records it as ${done.erasure}, without the member.`
          : `The erasure has begun and continues by itself. The audit log records it as ${done.erasure}.`,
      );
      for (const guild of done.namedInPolicies)
        say(`The policy of server ${guild} names the member. Change it if it should not.`);
    });
