import { Command, InvalidArgumentError, Option } from 'commander';
import colors from 'picocolors';
import { z } from 'zod';
import { callerFault, hasCode } from '#infra/kernel/errors.ts';
import { permissionBits, type PermissionName } from '#policies/guild-policy.ts';
import { policyYaml } from '#policies/policy-yaml.ts';
import { cellsSchema, differences, readDocument, savedSchema, versionSchema, warnedSchema } from './policy-document.ts';
import { describeCells, describeDifferences, describeVersion, describeWarnings } from './policy-words.ts';
import { harmless, print, say } from '../output.ts';
import { guildArgument, tenantArgument, wholeNumber } from './arguments.ts';
import { exampleGuild, exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';

const policyPath = (tenant: string, guild: string, rest = '') =>
  `/v1/tenants/${encodeURIComponent(tenant)}/guilds/${encodeURIComponent(guild)}/policy${rest}`;

interface Flags {
  readonly json?: boolean;
}
interface SaveFlags extends Flags {
  readonly expect?: number;
  readonly force?: boolean;
}
type Saved = z.infer<typeof savedSchema>;

/** `bailiwick policy`: what members may do, guild by guild. */
export function policyCommands(): Command {
  const policy = new Command('policy').description(
    "manage servers' policies: get, set, patch, validate, test, history, rollback, copy, diff",
  );
  for (const command of [...reading(), ...writing(), validating(), testing(), diffing()]) policy.addCommand(command);
  return policy;
}

const json = () => new Option('--json', "print the API's answer as JSON");
const expect = () =>
  new Option('--expect <version>', 'the version that you saw; refused if another one is current')
    .argParser(wholeNumber)
    .conflicts('force');
const force = () => new Option('--force', 'replace whatever version is current');
/** For a guild that has a policy, the API requires `--expect` or `--force`; for one without, neither is needed. */
const precondition = ({ expect: version, force: always }: SaveFlags): Record<string, string> => {
  if (always) return { 'if-match': '*' };
  return version === undefined ? {} : { 'if-match': `"${version}"` };
};
/** The API's message names its header; here it has to name the option. */
async function save(saving: Promise<Saved>, flags: SaveFlags): Promise<void> {
  const saved = await saving.catch((error: unknown) => {
    if (!hasCode(error, 'api.precondition-required')) throw error;
    const message =
      'This server has a policy. Look at it (`bailiwick policy get`, `diff`), then give its version with --expect, or replace it with --force.';
    throw callerFault('cli.policy-there', message, 428);
  });
  onSaved(saved, flags);
}
function onSaved(saved: Saved, flags: Flags): void {
  if (flags.json) return print(saved);
  say(`${colors.green('✓')} Version ${saved.version} takes effect within a second.`);
  sayWarnings(saved);
}

function sayWarnings(warned: z.infer<typeof warnedSchema>): void {
  for (const line of describeWarnings(harmless(warned))) say(line);
}

function reading(): Command[] {
  const get = new Command('get')
    .addArgument(tenantArgument())
    .addArgument(guildArgument())
    .description('show the policy as YAML, ready to edit and set again')
    .addHelpText('after', `\nExample:\n  bailiwick policy get ${exampleTenant} ${exampleGuild} > policy.yaml`)
    .option('--at <time>', 'as it was at this time (RFC 3339)')
    .addOption(new Option('--version <version>', 'a version of it').argParser(wholeNumber).conflicts('at'))
    .addOption(json())
    .action(async (tenant: string, guild: string, flags: Flags & { at?: string; version?: number }) => {
      const query = flags.at ? `?at=${encodeURIComponent(flags.at)}` : versionQuery(flags.version);
      const found = await (await signedIn()).call('GET', policyPath(tenant, guild, query), versionSchema);
      if (flags.json) print(found);
      else say(`# ${describeVersion(harmless(found))}\n${policyYaml(found.policy)}`.trimEnd());
    });
  const history = new Command('history')
    .addArgument(tenantArgument())
    .addArgument(guildArgument())
    .description('list its versions, newest first')
    .addHelpText('after', `\nExample:\n  bailiwick policy history ${exampleTenant} ${exampleGuild}`)
    .option('--limit <count>', 'at most this many, up to 100', wholeNumber, 20)
    .addOption(json())
    .action(async (tenant: string, guild: string, flags: Flags & { limit: number }) => {
      const page = z.object({ items: z.array(versionSchema), nextCursor: z.string().nullable() });
      const path = policyPath(tenant, guild, `/history?limit=${flags.limit}`);
      const found = await (await signedIn()).call('GET', path, page);
      if (flags.json) return print(found);
      if (found.items.length === 0) say('No policy has been written yet: the default is in force.');
      for (const version of found.items) say(describeVersion(harmless(version)));
    });
  return [get, history];
}

const versionQuery = (version: number | undefined): string => (version === undefined ? '' : `?version=${version}`);

function writing(): Command[] {
  const set = new Command('set')
    .addArgument(tenantArgument())
    .addArgument(guildArgument())
    .argument('<file>')
    .description('replace it with the document in a YAML or JSON file; refused as a whole if anything in it is wrong')
    .addHelpText('after', `\nExample:\n  bailiwick policy set ${exampleTenant} ${exampleGuild} policy.yaml --expect 3`)
    .addOption(expect())
    .addOption(force())
    .addOption(json())
    .action(async (tenant: string, guild: string, file: string, flags: SaveFlags) => {
      const document = await readDocument(file);
      const client = await signedIn();
      const path = policyPath(tenant, guild);
      await save(client.call('PUT', path, savedSchema, document, precondition(flags)), flags);
    });
  const patch = new Command('patch')
    .addArgument(tenantArgument())
    .addArgument(guildArgument())
    .argument('<file>')
    .description('change only what the file names (JSON merge patch: a list is replaced as a whole, null removes)')
    .addHelpText('after', `\nExample:\n  bailiwick policy patch ${exampleTenant} ${exampleGuild} quiet-hours.yaml`)
    .addOption(expect())
    .addOption(json())
    .action(async (tenant: string, guild: string, file: string, flags: SaveFlags) => {
      const document = await readDocument(file);
      // A patch names what it changes, and the API applies it to the version that is current by then.
      const headers = {
        'content-type': 'application/merge-patch+json',
        ...precondition({ force: flags.expect === undefined, ...flags }),
      };
      const client = await signedIn();
      await save(client.call('PATCH', policyPath(tenant, guild), savedSchema, document, headers), flags);
    });
  const rollback = new Command('rollback')
    .addArgument(tenantArgument())
    .addArgument(guildArgument())
    .argument('<version>', 'the version to restore', wholeNumber)
    .description('restore an earlier version, as a new version')
    .addHelpText('after', `\nExample:\n  bailiwick policy rollback ${exampleTenant} ${exampleGuild} 2 --expect 3`)
    .addOption(expect())
    .addOption(force())
    .addOption(json())
    .action(async (tenant: string, guild: string, version: number, flags: SaveFlags) => {
      const path = policyPath(tenant, guild, '/rollback');
      const client = await signedIn();
      await save(client.call('POST', path, savedSchema, { version }, precondition(flags)), flags);
    });
  const copy = new Command('copy')
    .addArgument(tenantArgument())
    .addArgument(guildArgument('<from>', 'Discord ID of the server whose policy is copied'))
    .addArgument(guildArgument('<to>', 'Discord ID of the server that gets it'))
    .description("replace a server's policy with another server's; role and channel IDs are copied unchanged")
    .addHelpText(
      'after',
      `\nExample:\n  bailiwick policy copy ${exampleTenant} ${exampleGuild} 81384788765712385 --force`,
    )
    .addOption(expect())
    .addOption(force())
    .addOption(json())
    .action(async (tenant: string, from: string, to: string, flags: SaveFlags) => {
      const path = policyPath(tenant, from, '/copy');
      const client = await signedIn();
      await save(client.call('POST', path, savedSchema, { to }, precondition(flags)), flags);
    });
  return [set, patch, rollback, copy];
}

interface TestFlags extends Flags {
  readonly file?: string;
  readonly user?: string;
  readonly role: string[];
  readonly permission: PermissionName[];
  readonly channel?: string;
  readonly at?: string;
}

function validating(): Command {
  return new Command('validate')
    .alias('check')
    .addArgument(tenantArgument())
    .addArgument(guildArgument())
    .argument('<file>')
    .description('check a document without saving it')
    .addHelpText('after', `\nExample:\n  bailiwick policy validate ${exampleTenant} ${exampleGuild} policy.yaml`)
    .addOption(json())
    .action(async (tenant: string, guild: string, file: string, flags: Flags) => {
      const document = await readDocument(file);
      const answer = await (
        await signedIn()
      ).call('POST', policyPath(tenant, guild, '/validate'), warnedSchema.loose(), document);
      if (flags.json) return print(answer);
      say(`${colors.green('✓')} ${file} is a valid policy.`);
      sayWarnings(answer);
    });
}

/** What a policy would allow. */
function testing(): Command {
  const names = Object.keys(permissionBits) as PermissionName[];
  const several = (text: string, before: readonly string[]) => [...before, text];
  const permission = (text: string, before: readonly PermissionName[]) => {
    const known = names.find((name) => name === text);
    if (known !== undefined) return [...before, known];
    throw new InvalidArgumentError(`The permissions are ${names.join(', ')}.`);
  };
  return new Command('test')
    .addArgument(tenantArgument())
    .addArgument(guildArgument())
    .description('show what somebody may do under the current policy or one in a file; nothing is saved')
    .addHelpText(
      'after',
      `\nExample:\n  bailiwick policy test ${exampleTenant} ${exampleGuild} --role 41771983423143936 --file policy.yaml`,
    )
    .option('--file <file>', 'a policy to try instead')
    .option('--user <id>')
    .option('--role <id>', 'a role that they have; may be given several times', several, [])
    .addOption(
      new Option('--permission <name>', 'a Discord permission; may be given several times')
        .choices(names)
        .argParser(permission)
        .default([]),
    )
    .option('--channel <id>', 'the channel in which they ask')
    .option('--at <time>', 'when they ask (RFC 3339); default: now')
    .addOption(json())
    .action(async (tenant: string, guild: string, flags: TestFlags) => {
      const answer = await (
        await signedIn()
      ).call('POST', policyPath(tenant, guild, '/dry-run'), cellsSchema, await trialOf(flags));
      if (flags.json) print(answer);
      else say([describeCells(harmless(answer.cells)), ...describeWarnings(harmless(answer))].join('\n'));
    });
}

function diffing(): Command {
  return new Command('diff')
    .addArgument(tenantArgument())
    .addArgument(guildArgument())
    .argument('[file]', 'a document to compare with the current policy')
    .description('show what a file would change, or what changed between two versions')
    .addHelpText('after', `\nExample:\n  bailiwick policy diff ${exampleTenant} ${exampleGuild} policy.yaml`)
    .addOption(new Option('--from <version>', 'instead of the current version').argParser(wholeNumber))
    .addOption(new Option('--to <version>', 'instead of a file').argParser(wholeNumber))
    .addOption(json())
    .action(
      async (
        tenant: string,
        guild: string,
        file: string | undefined,
        flags: Flags & { from?: number; to?: number },
      ) => {
        const client = await signedIn();
        const version = (wanted: number | undefined) =>
          client.call('GET', policyPath(tenant, guild, versionQuery(wanted)), versionSchema);
        const proposed = z.object({ policy: versionSchema.shape.policy });
        const validated = async (of: string) =>
          client.call('POST', policyPath(tenant, guild, '/validate'), proposed, await readDocument(of));
        const before = await version(flags.from);
        const after = file === undefined ? await version(flags.to) : await validated(file);
        const found = differences(before.policy, after.policy);
        if (flags.json) print(found);
        else say(describeDifferences(harmless(found)));
      },
    );
}

async function trialOf({ file, user, role, permission, channel, at }: TestFlags) {
  const permissions = permission.reduce((bits, name) => bits | permissionBits[name], 0n);
  return {
    member: {
      roles: role,
      permissions: String(permissions),
      ...(user ? { user } : {}),
      ...(channel ? { channel } : {}),
    },
    ...(file === undefined ? {} : { policy: await readDocument(file) }),
    ...(at === undefined ? {} : { at }),
  };
}
