import process from 'node:process';
import { Command } from 'commander';
import { z } from 'zod';
import { readSecret } from '../secret-input.ts';
import { print, signedIn } from './session.ts';

/** Answers are shown as the API gives them. */
const anything = z.unknown();
const inTenant = (tenant: string, rest = '') => `/v1/tenants/${encodeURIComponent(tenant)}${rest}`;

export function tenantCommands(): Command {
  const tenant = new Command('tenant').description('tenants: create, token, show, suspend, resume, delete');
  tenant
    .command('create <name>')
    .description('create a tenant that you own')
    .action(async (name: string) => print(await (await signedIn()).call('POST', '/v1/tenants', anything, { name })));
  tenant
    .command('list')
    .description('the tenants that you may see')
    .action(async () => print(await (await signedIn()).call('GET', '/v1/tenants', anything)));
  tenant
    .command('show <tenant>')
    .description('its state, its connection to Discord, its process')
    .action(async (id: string) => print(await (await signedIn()).call('GET', inTenant(id), anything)));
  tenant
    .command('token <tenant>')
    .description('check and store its Discord token (read from stdin) and start its bot')
    .option('--application <id>', 'refuse the token of any other application')
    .action(async (id: string, { application }: { application?: string }) => {
      const token = await readSecret('Discord token: ');
      const body = { token, ...(application === undefined ? {} : { applicationId: application }) };
      print(await (await signedIn()).call('PUT', inTenant(id, '/token'), anything, body));
    });
  tenant
    .command('suspend <tenant>')
    .description('stop its bot')
    .requiredOption('--reason <text>', 'for its owner')
    .action(async (id: string, { reason }: { reason: string }) =>
      print(await (await signedIn()).call('POST', inTenant(id, '/suspend'), anything, { reason })),
    );
  tenant
    .command('resume <tenant>')
    .description('start a suspended bot again')
    .action(async (id: string) => print(await (await signedIn()).call('POST', inTenant(id, '/resume'), anything)));
  tenant
    .command('delete <tenant>')
    .description('delete it with its token and its key')
    .requiredOption('--yes', 'this cannot be undone')
    .action(async (id: string) => {
      await (await signedIn()).call('DELETE', inTenant(id), anything);
      process.stdout.write(`Deleted ${id}\n`);
    });
  return tenant;
}
