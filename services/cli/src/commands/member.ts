import { Argument, Command, Option } from 'commander';
import colors from 'picocolors';
import { memberRoles, type MemberRole } from '#policies/roles.ts';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { everyPage } from '../pages.ts';
import { jsonOption, tenantArgument, type JsonFlag } from './arguments.ts';
import { exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';

const roles = Object.keys(memberRoles) as MemberRole[];
const exampleUser = '80351110224678912';

/** A member is named by their subject, or by their Discord ID alone. */
const member = () =>
  new Argument('<member>', 'Discord ID, or the subject that `member list` shows').argParser((text) =>
    /^\d+$/.test(text) ? `discord:${text}` : text,
  );

/** `bailiwick member`: who works on a tenant. */
export function memberCommands(): Command {
  const command = new Command('member').description("manage a tenant's members: list, invite, role, remove, leave");
  for (const each of [listCommand(), inviteCommand(), roleCommand(), removeCommand(), leaveCommand()])
    command.addCommand(each);
  return command;
}

const listCommand = (): Command =>
  new Command('list')
    .addArgument(tenantArgument())
    .description('list its members and their roles')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick member list ${exampleTenant}`)
    .action(async (tenant: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const items = await everyPage((query) =>
        dataOf(api.GET('/v1/tenants/{tenant}/members', { params: { path: { tenant }, query } })),
      );
      if (json) return print({ items });
      for (const { subject, role, name } of harmless(items))
        say(`${subject.padEnd(28)}  ${role.padEnd(7)}${name === subject ? '' : `  ${name}`}`.trimEnd());
    });

const inviteCommand = (): Command =>
  new Command('invite')
    .addArgument(tenantArgument())
    .description('create an invitation: a link that works once, for seven days, and is shown once')
    .addOption(new Option('--role <role>', 'the role to give').choices(roles).default('viewer'))
    .option('--note <text>', 'a note on whom it is for')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick member invite ${exampleTenant} --role admin --note "Ada"`)
    .action(async (tenant: string, { role, note, json }: JsonFlag & { role: MemberRole; note?: string }) => {
      const body = { role, ...(note === undefined ? {} : { note }) };
      const { api } = await signedIn();
      const made = await dataOf(api.POST('/v1/tenants/{tenant}/invitations', { params: { path: { tenant } }, body }));
      if (json) return print(made);
      say(`Invitation to become ${role}: works once, until ${made.expiresAt.slice(0, 10)}. It is not shown again.`);
      say(`  ${colors.cyan(made.url)}`);
    });

const roleCommand = (): Command =>
  new Command('role')
    .addArgument(tenantArgument())
    .addArgument(member())
    .addArgument(new Argument('<role>').choices(roles))
    .description("change a member's role; the last owner must stay one")
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick member role ${exampleTenant} ${exampleUser} admin`)
    .action(async (tenant: string, subject: string, role: MemberRole, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const changed = await dataOf(
        api.PUT('/v1/tenants/{tenant}/members/{subject}', { params: { path: { tenant, subject } }, body: { role } }),
      );
      if (json) print(changed);
      else say(`${colors.green('✓')} ${subject} is now ${role}.`);
    });

const removeCommand = (): Command =>
  new Command('remove')
    .addArgument(tenantArgument())
    .addArgument(member())
    .description('remove a member, with the API keys that they created')
    .addOption(jsonOption('print who was removed as JSON'))
    .addHelpText('after', `\nExample:\n  bailiwick member remove ${exampleTenant} ${exampleUser}`)
    .action(async (tenant: string, subject: string, flags: JsonFlag) => {
      await remove(tenant, subject);
      if (flags.json) print({ removed: subject });
      else say(`${colors.green('✓')} ${subject} is no longer a member.`);
    });

const leaveCommand = (): Command =>
  new Command('leave')
    .addArgument(tenantArgument())
    .description('leave a tenant; the last owner cannot')
    .addOption(jsonOption('print who left as JSON'))
    .addHelpText('after', `\nExample:\n  bailiwick member leave ${exampleTenant}`)
    .action(async (tenant: string, { json }: JsonFlag) => {
      const { subject } = await dataOf((await signedIn()).api.GET('/v1/me'));
      await remove(tenant, subject);
      if (json) print({ removed: subject });
      else say(`${colors.green('✓')} You are no longer a member of ${tenant}.`);
    });

async function remove(tenant: string, subject: string): Promise<void> {
  const { api } = await signedIn();
  await api.DELETE('/v1/tenants/{tenant}/members/{subject}', { params: { path: { tenant, subject } } });
}
