import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import { print, signedIn } from './session.ts';

const anything = z.unknown();
const policyPath = (tenant: string, guild: string, rest = '') =>
  `/v1/tenants/${encodeURIComponent(tenant)}/guilds/${encodeURIComponent(guild)}/policy${rest}`;
const maxBytes = 256 * 1024;

export function policyCommands(): Command {
  const policy = new Command('policy').description("guilds' policies: get, set, check, history");
  policy
    .command('get <tenant> <guild>')
    .description('the policy as it stands')
    .action(async (tenant: string, guild: string) =>
      print(await (await signedIn()).call('GET', policyPath(tenant, guild), anything)),
    );
  policy
    .command('set <tenant> <guild> <file>')
    .description('replace it by the document in a YAML or JSON file; refused whole when anything in it is wrong')
    .option('--expect <version>', 'refuse when another version is current')
    .action(async (tenant: string, guild: string, file: string, { expect }: { expect?: string }) => {
      const headers = expect === undefined ? undefined : { 'if-match': `"${expect}"` };
      const client = await signedIn();
      print(await client.call('PUT', policyPath(tenant, guild), anything, await readDocument(file), headers));
    });
  policy
    .command('check <tenant> <guild> <file>')
    .description('check a document without saving it')
    .action(async (tenant: string, guild: string, file: string) => {
      const client = await signedIn();
      print(await client.call('POST', policyPath(tenant, guild, '/validate'), anything, await readDocument(file)));
    });
  policy
    .command('history <tenant> <guild>')
    .description('every version, newest first')
    .action(async (tenant: string, guild: string) =>
      print(await (await signedIn()).call('GET', policyPath(tenant, guild, '/history'), anything)),
    );
  return policy;
}

/** YAML 1.2 is a superset of JSON; aliases are bounded, so that a small file cannot become a huge document. */
async function readDocument(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw callerFault('cli.file', `${file} cannot be read: ${cause instanceof Error ? cause.message : 'unknown'}`);
  });
  if (text.length > maxBytes) throw callerFault('cli.file-too-large', `${file} is larger than ${maxBytes} bytes.`);
  try {
    return parse(text, { maxAliasCount: 20 }) as unknown;
  } catch (error) {
    throw callerFault('cli.yaml', `${file} is not YAML: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}
