import process from 'node:process';
import { Command } from 'commander';
import { dataOf } from '#services/contracts/api-client.ts';
import { readSecret } from '../secret-input.ts';
import { print, signedIn } from './session.ts';

const api = async () => (await signedIn()).api;
const at = (tenant: string) => ({ params: { path: { tenant } } });

/** The API gives at most 100 at once. */
async function everyTenant() {
  const { GET } = await api();
  const items = [];
  let cursor: string | undefined;
  do {
    const query = { limit: 100, ...(cursor === undefined ? {} : { cursor }) };
    const page = await dataOf(GET('/v1/tenants', { params: { query } }));
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

export function tenantCommands(): Command {
  const tenant = new Command('tenant').description('tenants: create, token, show, suspend, resume, delete');
  tenant
    .command('create <name>')
    .description('create a tenant that you own')
    .action(async (name: string) => print(await dataOf((await api()).POST('/v1/tenants', { body: { name } }))));
  tenant
    .command('list')
    .description('the tenants that you may see')
    .action(async () => print({ items: await everyTenant() }));
  tenant
    .command('show <tenant>')
    .description('its state, its connection to Discord, its process')
    .action(async (id: string) => print(await dataOf((await api()).GET('/v1/tenants/{tenant}', at(id)))));
  tenant
    .command('token <tenant>')
    .description('check and store its Discord token (read from stdin) and start its bot')
    .option('--application <id>', 'refuse the token of any other application')
    .action(async (id: string, { application }: { application?: string }) => {
      const token = await readSecret('Discord token: ');
      const body = { token, ...(application === undefined ? {} : { applicationId: application }) };
      print(await dataOf((await api()).PUT('/v1/tenants/{tenant}/token', { ...at(id), body })));
    });
  tenant
    .command('suspend <tenant>')
    .description('stop its bot')
    .requiredOption('--reason <text>', 'for its owner')
    .action(async (id: string, { reason }: { reason: string }) =>
      print(await dataOf((await api()).POST('/v1/tenants/{tenant}/suspend', { ...at(id), body: { reason } }))),
    );
  tenant
    .command('resume <tenant>')
    .description('start a suspended bot again')
    .action(async (id: string) => print(await dataOf((await api()).POST('/v1/tenants/{tenant}/resume', at(id)))));
  tenant
    .command('delete <tenant>')
    .description('delete it with its token and its key')
    .requiredOption('--yes', 'this cannot be undone')
    .action(async (id: string) => {
      await (await api()).DELETE('/v1/tenants/{tenant}', at(id));
      process.stdout.write(`Deleted ${id}\n`);
    });
  return tenant;
}
