import { Command, InvalidArgumentError, Option } from 'commander';
import colors from 'picocolors';
import { callerFault, hasCode } from '#infra/kernel/errors.ts';
import { languages } from '#infra/kernel/languages.ts';
import { dataOf } from '#services/contracts/api-client.ts';
import { presetNames, type Preset } from '#services/contracts/presets.ts';
import { mostWaiting, skippable, type GuildSettings, type Skippable } from '#services/contracts/settings.ts';
import { harmless, print, say } from '../output.ts';
import { discordId, guildArgument, jsonOption, tenantArgument, wholeNumber, type JsonFlag } from './arguments.ts';
import { exampleGuild, exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';
import { describeSettings, type VersionedSettings } from './settings-words.ts';

const path = '/v1/tenants/{tenant}/guilds/{guild}/settings';
const example = (command: string, rest = '') =>
  `\nExample:\n  bailiwick settings ${command} ${exampleTenant} ${exampleGuild}${rest}`;

/** `bailiwick settings`: how the bot behaves in one server. */
export function settingsCommands(): Command {
  const settings = new Command('settings').description("show and change servers' settings: show, set");
  return settings.addCommand(showCommand()).addCommand(setCommand());
}

const inServer = (name: string, description: string, rest = ''): Command =>
  new Command(name)
    .addArgument(tenantArgument())
    .addArgument(guildArgument())
    .description(description)
    .addHelpText('after', example(name, rest));

const showCommand = (): Command =>
  inServer('show', 'show how the bot behaves in a server')
    .addOption(jsonOption())
    .action(async (tenant: string, guild: string, flags: JsonFlag) => shown(await read(tenant, guild), flags));

type NumberOrDefault = number | 'default';
const orNull = (given: NumberOrDefault): number | null => (given === 'default' ? null : given);

interface SetFlags extends JsonFlag {
  readonly language?: string;
  readonly volume?: NumberOrDefault;
  readonly filter?: string;
  readonly leaveOut?: string;
  readonly leaveAfter?: NumberOrDefault;
  readonly stay?: boolean;
  readonly announce?: string;
  readonly fair?: boolean;
  readonly voiceStatus?: boolean;
  readonly requestChannel?: string;
  readonly queueLimit?: NumberOrDefault;
  readonly expect?: number;
}

const setCommand = (): Command =>
  inServer('set', 'change the settings that are named, and no others', ' --language de --volume 40 --stay')
    .addOption(
      new Option('--language <language>', 'of what everybody sees; `server`: what Discord says of the server').choices([
        ...languages,
        'server',
      ]),
    )
    .option('--volume <percent>', 'with which music starts, 0 to 150; `default`: as it was before', numberOr(0, 150))
    .addOption(new Option('--filter <name>', 'with which music starts, or `off`').choices([...presetNames, 'off']))
    .addOption(
      new Option('--leave-out <parts>', 'of YouTube videos, where the music server can (SponsorBlock)').choices(
        skippable,
      ),
    )
    .option('--leave-after <seconds>', 'of nobody listening, or nothing playing; or `default`', numberOr(10, 86_400))
    .option('--stay', 'stay in voice around the clock')
    .option('--no-stay', 'leave again')
    .option(
      '--announce <where>',
      'what is playing: `requested` (where music was requested), `off`, or a channel ID',
      place,
    )
    .option(
      '--request-channel <where>',
      'in which a message adds music, as /play does: a channel ID, or `off`',
      requests,
    )
    .option('--voice-status', 'show the title of the current track below the name of the voice channel')
    .option('--no-voice-status', 'do not')
    .option('--fair', 'members take turns in the queue')
    .option('--no-fair', 'tracks play in the order in which they are added')
    .option('--queue-limit <tracks>', 'that may wait at once, 1 to 10000; or `default`', numberOr(1, mostWaiting))
    .addOption(
      new Option('--expect <version>', 'the version that you saw; refused if another one is current').argParser(
        wholeNumber,
      ),
    )
    .addOption(jsonOption())
    .action(async (tenant: string, guild: string, flags: SetFlags) => {
      const change = changeOf(flags);
      if (Object.keys(change).length === 0)
        throw callerFault('cli.usage', 'Name at least one setting to change. See `bailiwick settings set --help`.');
      const present = await read(tenant, guild);
      const saved = await replace(
        { tenant, guild },
        { ...present.settings, ...change },
        flags.expect ?? present.version,
      );
      if (!flags.json) say(`${colors.green('✓')} Version ${saved.version} takes effect at once.`);
      shown(saved, flags);
    });

const shown = (versioned: VersionedSettings, { json }: JsonFlag): void =>
  json ? print(versioned) : say(describeSettings(harmless(versioned)));

async function read(tenant: string, guild: string): Promise<VersionedSettings> {
  const { api } = await signedIn();
  return dataOf(api.GET(path, { params: { path: { tenant, guild } } }));
}

async function replace(
  at: { readonly tenant: string; readonly guild: string },
  body: VersionedSettings['settings'],
  version: number,
): Promise<VersionedSettings> {
  const { api } = await signedIn();
  const params = { path: at, header: { 'if-match': `"${version}"` } };
  return dataOf(api.PUT(path, { params, body })).catch((error: unknown) => {
    if (!hasCode(error, 'settings.changed')) throw error;
    const message =
      'Somebody else changed these settings meanwhile. Look at them (`bailiwick settings show`), then repeat your change.';
    throw callerFault('settings.changed', message, 412);
  });
}

/** What is named. */
function changeOf({
  language,
  volume,
  filter,
  leaveOut,
  leaveAfter,
  stay,
  announce,
  requestChannel,
  voiceStatus,
  fair,
  queueLimit,
}: SetFlags): Partial<VersionedSettings['settings']> {
  return {
    ...(language === undefined
      ? {}
      : { language: language === 'server' ? null : (language as NonNullable<GuildSettings['language']>) }),
    ...(volume === undefined ? {} : { volume: orNull(volume) }),
    ...(filter === undefined ? {} : { startFilter: filter === 'off' ? null : (filter as Preset) }),
    ...(leaveOut === undefined ? {} : { skipSegments: leaveOut as Skippable }),
    ...(leaveAfter === undefined ? {} : { leaveAfterSec: orNull(leaveAfter) }),
    ...(stay === undefined ? {} : { stay }),
    ...(announce === undefined ? {} : { announce: announce !== 'off' }),
    ...(announce === undefined || announce === 'off' ? {} : { announceIn: announce === 'requested' ? null : announce }),
    ...(requestChannel === undefined ? {} : { requestChannel: requestChannel === 'off' ? null : requestChannel }),
    ...(voiceStatus === undefined ? {} : { voiceStatus }),
    ...(fair === undefined ? {} : { fair }),
    ...(queueLimit === undefined ? {} : { queueLimit: orNull(queueLimit) }),
  };
}

/** `default`, or a number within these bounds. */
function numberOr(min: number, max: number) {
  return (text: string): NumberOrDefault => {
    if (text === 'default') return text;
    const number = wholeNumber(text);
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be from ${min} to ${max}, or \`default\`.`);
  };
}

const place = (text: string): string => (text === 'requested' || text === 'off' ? text : discordId('A channel')(text));

const requests = (text: string): string => (text === 'off' ? text : discordId('A channel')(text));
