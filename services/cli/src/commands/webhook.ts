import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import colors from 'picocolors';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import { dataOf } from '#services/contracts/api-client.ts';
import { webhookEventTypes, type Delivery } from '#services/contracts/webhooks.ts';
import { harmless, print, say } from '../output.ts';
import { jsonOption, tenantArgument, type JsonFlag } from './arguments.ts';
import { exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';

type EventType = (typeof webhookEventTypes)[number];

const all = '/v1/tenants/{tenant}/webhooks';
const one = `${all}/{webhook}` as const;
const exampleWebhook = 'whk_01jx5m2q7b8c4n6s9t0v1w3x5y';
/** An attempt takes 15 seconds at most, and begins within a few. */
const testWithinMs = 30_000;

/** `bailiwick webhook`: where a tenant's events are sent. */
export function webhookCommands(): Command {
  const command = new Command('webhook').description(
    'have events sent to your own server: list, create, change, test, see and replay what was sent',
  );
  for (const each of [
    listCommand(),
    createCommand(),
    changeCommand(),
    secretCommand(),
    testCommand(),
    deliveriesCommand(),
    replayCommand(),
    removeCommand(),
  ])
    command.addCommand(each);
  return command;
}

const webhookArgument = () =>
  new Argument('<webhook>', 'whk_…, from `webhook list`').argParser((text) => {
    if (/^whk_[0-9a-z]{26}$/.test(text)) return text;
    throw new InvalidArgumentError('`bailiwick webhook list` shows the IDs.');
  });

const event = (text: string, before: readonly EventType[] = []): EventType[] => {
  const known = webhookEventTypes.find((type) => type === text);
  if (known) return [...before, known];
  throw new InvalidArgumentError(`The events are ${webhookEventTypes.join(', ')}.`);
};

const eventOption = () =>
  new Option(
    '--event <type>',
    `an event to send; may be given several times: ${webhookEventTypes.join(', ')}`,
  ).argParser(event);

const at = (tenant: string, webhook: string) => ({ params: { path: { tenant, webhook } } });

const listCommand = (): Command =>
  new Command('list')
    .addArgument(tenantArgument())
    .description('list its webhooks, and whether they work')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick webhook list ${exampleTenant}`)
    .action(async (tenant: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const { items } = await dataOf(api.GET(all, { params: { path: { tenant } } }));
      if (json) return print({ items });
      if (items.length === 0)
        say(`None yet: \`bailiwick webhook create ${tenant} https://example.com/hook --event track.started\`.`);
      for (const { id, url, events, disabledBecause, failingSince } of harmless(items)) {
        say(`${id}  ${url}  ${events.join(', ')}`);
        if (disabledBecause !== null) say(`  ${colors.red('✗')} Disabled: ${disabledBecause}`);
        else if (failingSince !== null) say(`  ${colors.yellow('!')} No attempt has succeeded since ${failingSince}.`);
      }
    });

const createCommand = (): Command =>
  new Command('create')
    .addArgument(tenantArgument())
    .argument('<url>', 'the https address to which events are sent')
    .description('have events sent to an address; the secret that verifies them is shown once, on stdout')
    .addOption(eventOption().makeOptionMandatory())
    .option('--description <text>', 'what it is for', '')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nExample:\n  bailiwick webhook create ${exampleTenant} https://example.com/hook --event track.started --event bot.unwell > secret`,
    )
    .action(async (tenant: string, url: string, flags: JsonFlag & { event: EventType[]; description: string }) => {
      const { api } = await signedIn();
      const body = { url, events: flags.event, description: flags.description };
      const made = await dataOf(api.POST(all, { params: { path: { tenant } }, body }));
      showSecret(made, flags);
    });

function showSecret(made: { readonly id: string; readonly secret: string }, { json }: JsonFlag): void {
  if (json) return print(made);
  process.stderr.write(`This is the only time that the secret of ${made.id} is shown:\n`);
  say(made.secret);
}

const changeCommand = (): Command =>
  new Command('change')
    .addArgument(tenantArgument())
    .addArgument(webhookArgument())
    .description('change its address, description or events, disable it, or enable it again')
    .option('--url <address>', 'another https address')
    .option('--description <text>', 'what it is for')
    .addOption(eventOption())
    .addOption(new Option('--enable', 'begin anew, after it was disabled').conflicts('disable'))
    .option('--disable', 'send nothing more')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick webhook change ${exampleTenant} ${exampleWebhook} --enable`)
    .action(
      async (
        tenant: string,
        webhook: string,
        {
          json,
          event: events,
          enable,
          disable,
          ...rest
        }: JsonFlag & {
          event?: EventType[];
          enable?: boolean;
          disable?: boolean;
          url?: string;
          description?: string;
        },
      ) => {
        const { api } = await signedIn();
        const enabled = enable ? true : disable ? false : undefined;
        const body = { ...rest, ...(events ? { events } : {}), ...(enabled === undefined ? {} : { enabled }) };
        const changed = await dataOf(api.PATCH(one, { ...at(tenant, webhook), body }));
        if (json) return print(changed);
        const { url, events: sent, enabled: sends } = harmless(changed);
        say(`${colors.green('✓')} ${sends ? `${sent.join(', ')} to ${url}` : 'Nothing is sent any more.'}`);
      },
    );

const secretCommand = (): Command =>
  new Command('secret')
    .addArgument(tenantArgument())
    .addArgument(webhookArgument())
    .description('replace its secret; for a day, events are signed with the one before as well')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick webhook secret ${exampleTenant} ${exampleWebhook} > secret`)
    .action(async (tenant: string, webhook: string, flags: JsonFlag) => {
      const { api } = await signedIn();
      showSecret(await dataOf(api.POST(`${one}/secret`, at(tenant, webhook))), flags);
    });

const testCommand = (): Command =>
  new Command('test')
    .addArgument(tenantArgument())
    .addArgument(webhookArgument())
    .description('send a test event, and show what comes of it')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick webhook test ${exampleTenant} ${exampleWebhook}`)
    .action(async (tenant: string, webhook: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const { id } = await dataOf(api.POST(`${one}/test`, at(tenant, webhook)));
      const until = Date.now() + testWithinMs;
      for (;;) {
        const page = await dataOf(api.GET(`${one}/deliveries`, at(tenant, webhook)));
        const delivery = page.items.find((each) => each.id === id);
        const isAttempted = delivery && (delivery.status !== 'waiting' || delivery.fault !== null);
        if (isAttempted) {
          if (json) print(delivery);
          else sayDelivery(delivery);
          if (delivery.status === 'delivered') return;
          throw callerFault('webhook.test-failed', harmless(delivery.fault ?? 'The test event was not taken.'));
        }
        if (Date.now() > until)
          throw platformFault('webhook.not-sent', 'The test event has not been sent yet. See `webhook deliveries`.');
        await delay(500);
      }
    });

const deliveriesCommand = (): Command =>
  new Command('deliveries')
    .addArgument(tenantArgument())
    .addArgument(webhookArgument())
    .description('show what was sent in the last seven days, newest first, at most 100')
    .addOption(new Option('--status <status>', 'only these').choices(['waiting', 'delivered', 'failed']))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nExample:\n  bailiwick webhook deliveries ${exampleTenant} ${exampleWebhook} --status failed`,
    )
    .action(async (tenant: string, webhook: string, { json, status }: JsonFlag & { status?: Delivery['status'] }) => {
      const { api } = await signedIn();
      const query = { limit: 100, ...(status ? { status } : {}) };
      const page = await dataOf(api.GET(`${one}/deliveries`, { params: { path: { tenant, webhook }, query } }));
      if (json) return print(page);
      if (page.items.length === 0) say('Nothing was sent.');
      for (const delivery of page.items) sayDelivery(delivery);
    });

const marks = { waiting: colors.yellow('…'), delivered: colors.green('✓'), failed: colors.red('✗') } as const;

function sayDelivery(delivery: Delivery): void {
  const { id, type, status, attempts, createdAt, fault, nextAttemptAt, excerpt } = harmless(delivery);
  const times = attempts === 1 ? 'once' : `${attempts} times`;
  say(`${marks[status]} ${id}  ${createdAt}  ${type}  ${status}, attempted ${times}`);
  if (fault !== null) say(`  ${fault}${nextAttemptAt === null ? '' : ` Again at ${nextAttemptAt}.`}`);
  if (excerpt !== null) say(`  It said: ${excerpt}`);
}

const replayCommand = (): Command =>
  new Command('replay')
    .addArgument(tenantArgument())
    .addArgument(webhookArgument())
    .argument('<delivery>', 'whd_…, from `webhook deliveries`')
    .description('send an event once more, with the same webhook-id')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nExample:\n  bailiwick webhook replay ${exampleTenant} ${exampleWebhook} whd_01jx5m2q7b8c4n6s9t0v1w3x5z`,
    )
    .action(async (tenant: string, webhook: string, delivery: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const path = { tenant, webhook, delivery };
      const replayed = await dataOf(api.POST(`${one}/deliveries/{delivery}/replay`, { params: { path } }));
      if (json) print(replayed);
      else say(`${colors.green('✓')} ${replayed.id} is sent again.`);
    });

const removeCommand = (): Command =>
  new Command('remove')
    .addArgument(tenantArgument())
    .addArgument(webhookArgument())
    .description('remove it with what was sent; nothing more is sent there')
    .addOption(jsonOption("print the removed webhook's ID as JSON"))
    .addHelpText('after', `\nExample:\n  bailiwick webhook remove ${exampleTenant} ${exampleWebhook}`)
    .action(async (tenant: string, webhook: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      await api.DELETE(one, at(tenant, webhook));
      if (json) print({ removed: webhook });
      else say(`${colors.green('✓')} Nothing more is sent to ${webhook}.`);
    });
