import { setTimeout as delay } from 'node:timers/promises';
import { Command, Option } from 'commander';
import colors from 'picocolors';
import { callerFault, upstreamFault } from '#infra/kernel/errors.ts';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { jsonOption, tenantArgument, wholeNumber, type JsonFlag } from './arguments.ts';
import { identityCommand } from './keys-identity.ts';
import { externalCommand } from './keys-external.ts';
import { exampleTenant } from './examples.ts';
import { moveCommand } from './keys-move.ts';
import { signedIn } from './session.ts';

/** `bailiwick keys`: the keys that encrypt a tenant's data and sign its audit log. */
export function keysCommands(): Command {
  const keys = new Command('keys').description("see, rotate and move the keys that encrypt tenants' data");
  for (const command of [
    showCommand(),
    rotateCommand(),
    scheduleCommand(),
    identityCommand(),
    externalCommand(),
    moveCommand(),
  ])
    keys.addCommand(command);
  return keys;
}

const at = (tenant: string) => ({ params: { path: { tenant } } });

const purposes = {
  data: 'encrypts the token and the session with Discord',
  'audit-checkpoint': 'signs the audit log',
  'audit-key': 'encrypts the key that signs',
  library: "encrypts queues and members' playlists",
} as const;

interface Listed {
  readonly purpose: keyof typeof purposes;
  readonly version: number;
  readonly createdAt: string;
  readonly protects: number;
  readonly state: string;
}

const describe = ({ purpose, version, createdAt, protects, state }: Listed): string =>
  `${purposes[purpose].padEnd(48)}version ${version}, created ${createdAt.slice(0, 10)}, ${state}, for ${protects}`;

const showCommand = (): Command =>
  new Command('show')
    .addArgument(tenantArgument())
    .description('show the versions and ages of the keys, but never a key')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick keys show ${exampleTenant}`)
    .action(async (id: string, { json }: JsonFlag) => {
      const found = await dataOf((await signedIn()).api.GET('/v1/tenants/{tenant}/keys', at(id)));
      if (json) return print(found);
      say(found.custodian.kind === 'vault' ? 'Kept in Vault' : 'Kept in files');
      for (const key of harmless(found.keys)) say(describe(key));
    });

const rotateCommand = (): Command =>
  new Command('rotate')
    .addArgument(tenantArgument().argOptional())
    .description('replace the keys, re-encrypt what is stored, and destroy the old keys; the bots keep running')
    .option('--all', 'of all tenants, and wait until it is done; for operators')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick keys rotate ${exampleTenant}\n  bailiwick keys rotate --all`)
    .action(async (id: string | undefined, { json, all }: JsonFlag & { all?: boolean }) => {
      if ((id === undefined) !== (all === true))
        throw callerFault('cli.usage', 'Name a tenant or pass --all. See `bailiwick keys rotate --help`.');
      if (id === undefined) return rotateAll(json);
      const rotated = await dataOf((await signedIn()).api.POST('/v1/tenants/{tenant}/keys/rotate', at(id)));
      if (json) return print(rotated);
      if (!('keys' in rotated)) return say('The keys are being rotated. This continues by itself.');
      say(`${colors.green('✓')} The keys were rotated.`);
      for (const key of harmless(rotated.keys)) say(describe(key));
    });

const askEveryMs = 1_000;

/** Shows how far it is whenever that has changed; it continues without whoever watches. */
async function rotateAll(json: boolean | undefined): Promise<void> {
  const { api } = await signedIn();
  const path = '/v1/operator/keys/rotation';
  const { requestedAt } = await dataOf(api.POST(path));
  let shown = '';
  for (;;) {
    const now = await dataOf(api.GET(path));
    const { tenants, rotated, failing } = now;
    const line = `${rotated} of ${tenants} tenants done${failing > 0 ? `, ${failing} failing` : ''}`;
    if (!json && line !== shown) say(line);
    shown = line;
    if (now.requestedAt !== requestedAt)
      throw callerFault(
        'keys.requested-again',
        'Another rotation of all keys was begun meanwhile, and includes this one.',
        409,
      );
    const isOver = rotated + failing >= tenants;
    if (isOver && json) print(now);
    if (isOver && failing > 0)
      throw upstreamFault(
        'keys.not-rotated',
        `The keys of ${failing} of ${tenants} tenants could not be rotated. This is repeated within the hour; see \`bailiwick workflow list --status failed\`.`,
      );
    if (isOver) return json ? undefined : say(`${colors.green('✓')} The keys of all tenants were rotated.`);
    await delay(askEveryMs);
  }
}

const scheduleCommand = (): Command =>
  new Command('schedule')
    .addArgument(tenantArgument())
    .description('show when the keys are rotated by themselves, or change how often')
    .addOption(new Option('--days <days>', 'rotate them after so many days (1 to 365)').argParser(wholeNumber))
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick keys schedule ${exampleTenant} --days 30`)
    .action(async (id: string, { json, days }: JsonFlag & { days?: number }) => {
      const { api } = await signedIn();
      const path = '/v1/tenants/{tenant}/keys/schedule';
      const schedule = await dataOf(
        days === undefined ? api.GET(path, at(id)) : api.PUT(path, { ...at(id), body: { days } }),
      );
      if (json) return print(schedule);
      const { rotatedAt, dueAt, failedAt } = schedule;
      say(`Rotated every ${schedule.days} ${schedule.days === 1 ? 'day' : 'days'}`);
      say(`Last rotated: ${rotatedAt?.slice(0, 10) ?? 'never'}. Next due: ${dueAt.slice(0, 10)}.`);
      if (failedAt !== null) say(`The last attempt failed on ${failedAt.slice(0, 10)}. It is repeated within a day.`);
    });
