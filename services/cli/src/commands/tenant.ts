import { Command, Option } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { everyPage } from '../pages.ts';
import { readSecret } from '../secret-input.ts';
import { tenantArgument } from './arguments.ts';
import { exampleTenant } from './examples.ts';
import { placementCommands } from './machines.ts';
import { rememberTenants, signedIn } from './session.ts';
import { describeListed, describeState, describeTenant } from './tenant-words.ts';

const api = async () => (await signedIn()).api;
const at = (tenant: string) => ({ params: { path: { tenant } } });
const json = () => new Option('--json', "print the API's answer as JSON");
interface Flags {
  readonly json?: boolean;
}

async function everyTenant() {
  const { GET } = await api();
  return everyPage((query) => dataOf(GET('/v1/tenants', { params: { query } })));
}

/** `bailiwick tenant`: a tenant's lifecycle, from creation to deletion. */
export function tenantCommands(): Command {
  const tenant = new Command('tenant').description(
    'manage tenants: create, list, show, rename, token, suspend, resume, delete, placement, move, release',
  );
  for (const command of [...reading(), ...living(), tokenCommand(), deleteCommand(), ...placementCommands()])
    tenant.addCommand(command);
  return tenant;
}

function reading(): Command[] {
  const list = new Command('list')
    .description('list the tenants that you can see')
    .addHelpText('after', '\nExample:\n  bailiwick tenant list --json')
    .addOption(json())
    .action(async (flags: Flags) => {
      const items = await everyTenant();
      await rememberTenants(items.map(({ id }) => id));
      if (flags.json) return print({ items });
      say(
        items.length === 0
          ? 'None yet: `bailiwick tenant create <name>`.'
          : harmless(items).map(describeListed).join('\n'),
      );
    });
  const show = new Command('show')
    .addArgument(tenantArgument())
    .description('show its state, its connection to Discord and its process')
    .addHelpText('after', `\nExample:\n  bailiwick tenant show ${exampleTenant}`)
    .addOption(json())
    .action(async (id: string, flags: Flags) => {
      const state = await dataOf((await api()).GET('/v1/tenants/{tenant}', at(id)));
      if (flags.json) print(state);
      else say(describeState(harmless(state)));
    });
  return [list, show];
}

function living(): Command[] {
  const create = new Command('create')
    .argument('<name>')
    .description('create a tenant that you own')
    .addHelpText('after', '\nExample:\n  bailiwick tenant create "Harmony Records"')
    .addOption(json())
    .action(async (name: string, flags: Flags) => {
      const created = await dataOf((await api()).POST('/v1/tenants', { body: { name } }));
      if (flags.json) return print(created);
      say(describeTenant(harmless(created)));
      say(`Next: bailiwick tenant token ${created.id}`);
    });
  const rename = new Command('rename')
    .addArgument(tenantArgument())
    .argument('<name>')
    .description('rename a tenant')
    .addHelpText('after', `\nExample:\n  bailiwick tenant rename ${exampleTenant} "Harmony Radio"`)
    .addOption(json())
    .action(async (id: string, name: string, flags: Flags) => {
      const { path } = at(id).params;
      // A new name is meant to apply whatever the old one was.
      const params = { path, header: { 'if-match': '*' } };
      changed(await dataOf((await api()).PATCH('/v1/tenants/{tenant}', { params, body: { name } })), flags);
    });
  const suspend = new Command('suspend')
    .addArgument(tenantArgument())
    .description('suspend a tenant: its bot stops')
    .requiredOption('--reason <text>', 'the reason, shown to its owner')
    .addHelpText('after', `\nExample:\n  bailiwick tenant suspend ${exampleTenant} --reason "unpaid"`)
    .addOption(json())
    .action(async (id: string, { reason, ...flags }: Flags & { reason: string }) =>
      changed(await dataOf((await api()).POST('/v1/tenants/{tenant}/suspend', { ...at(id), body: { reason } })), flags),
    );
  const resume = new Command('resume')
    .addArgument(tenantArgument())
    .description('resume a suspended tenant: its bot starts')
    .addHelpText('after', `\nExample:\n  bailiwick tenant resume ${exampleTenant}`)
    .addOption(json())
    .action(async (id: string, flags: Flags) =>
      changed(await dataOf((await api()).POST('/v1/tenants/{tenant}/resume', at(id))), flags),
    );
  return [create, rename, suspend, resume];
}

const changed = (tenant: Parameters<typeof describeTenant>[0], flags: Flags): void =>
  flags.json ? print(tenant) : say(describeTenant(harmless(tenant)));

const tokenCommand = (): Command =>
  new Command('token')
    .addArgument(tenantArgument())
    .description('check and store its Discord token (read from stdin) and start its bot')
    .option('--application <id>', 'refuse the token of any other application')
    .addOption(json())
    .addHelpText('after', `\nExample:\n  bailiwick tenant token ${exampleTenant} < token.txt`)
    .action(async (id: string, { application, ...flags }: Flags & { application?: string }) => {
      const token = await readSecret('Discord token: ');
      const body = { token, ...(application === undefined ? {} : { applicationId: application }) };
      const bot = await dataOf((await api()).PUT('/v1/tenants/{tenant}/token', { ...at(id), body }));
      if (flags.json) return print(bot);
      say(`${colors.green('✓')} ${harmless(bot.botUsername)} (${bot.botUserId}) is starting. Invite it to a server:`);
      say(`  ${bot.inviteUrl}`);
    });

const deleteCommand = (): Command =>
  new Command('delete')
    .addArgument(tenantArgument())
    .description('delete a tenant with its token and its key')
    .requiredOption('--yes', 'confirm: this cannot be undone')
    .addOption(json())
    .addHelpText('after', `\nExample:\n  bailiwick tenant delete ${exampleTenant} --yes`)
    .action(async (id: string, flags: Flags) => {
      const { response } = await (await api()).DELETE('/v1/tenants/{tenant}', at(id));
      const isComplete = response.status === 204;
      const deletion = response.headers.get('deletion-id');
      if (flags.json) return print({ ...(isComplete ? { deleted: id } : { deleting: id }), deletion });
      say(isComplete ? `Deleted ${id}` : `${id} is being deleted. This continues by itself.`);
      if (deletion !== null) say(`Its certificate: bailiwick deletions certificate ${deletion}`);
    });
