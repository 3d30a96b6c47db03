import type {
  Attachment,
  AutocompleteInteraction,
  ButtonInteraction,
  ChatInputCommandInteraction,
  ContextMenuCommandInteraction,
  Interaction,
  StringSelectMenuInteraction,
} from 'discord.js';
import { isSnowflake, type Snowflake } from '#infra/kernel/ids.ts';
import { languageOf } from '#infra/kernel/languages.ts';
import type { AttachedFile } from '#policies/attached-file.ts';
import { commandOfCustomId } from '#policies/commands.ts';
import { linkIn } from '#policies/menus.ts';
import type { Requested } from '../../application/requested.ts';
import type { KnownSettings } from '../../application/guild-settings.ts';
import type { BotPorts } from '../../application/bot-ports.ts';
import { explainError } from '../explain-error.ts';
import type { Words } from '../language/en.ts';
import { wordsIn } from '../language/words.ts';
import { createAnswer, isTooLate, payloadOf, type Answer, type Answerable } from './answer.ts';
import { nameIn, type Command, type Invocation, type PointedAt, type Reply } from './command.ts';
import { onceHeard } from './once-heard.ts';
import { Pickers } from './pickers.ts';
import type { Option } from './options.ts';
import { fitChoices } from '../views/fitting.ts';
import { turnsPage } from '../views/pages.ts';
import { rateLimits, through, type AnyOptions, type OptionValue, type Run } from './middleware.ts';
import { runRequest, type Refusal } from './run-request.ts';
import { createRateLimiter } from './rate-limiter.ts';

/**
 * Later than this, a member sees "thinking"; Discord's own deadline is 3 s, and the edge defers by itself after 2 s.
 */
const deferAfterMs = 1_200;

type Base = Omit<Invocation<unknown>, 'options'>;

/** What commands are run with. */
interface DispatcherPorts extends BotPorts {
  readonly settings: Pick<KnownSettings, 'of'>;
}
interface DispatchPorts extends DispatcherPorts {
  readonly commands: readonly Command[];
  readonly pickers: Pickers;
}

export interface Dispatcher {
  /** Never throws: any failure becomes an answer to the member, and a line in the log. */
  dispatch(interaction: Interaction): Promise<void>;
  /** Runs what was asked for in a request channel. Never throws: a failure is a refusal, told in these words. */
  request(requested: Requested, words: Words): Promise<Refusal>;
}

/** From an interaction to a command, through its middleware, and back: the one place for deferrals and for errors. */
export function createDispatcher(given: DispatcherPorts, commands: readonly Command[]): Dispatcher {
  const ports: DispatchPorts = { ...given, commands, pickers: new Pickers(given.clock) };
  const byName = new Map<string, Command>(commands.map((command) => [command.name, command]));
  const commandOf = ({ commandName, options }: ChatInputCommandInteraction | AutocompleteInteraction) => {
    const subcommand = options.getSubcommand(false);
    return byName.get(subcommand === null ? commandName : `${commandName} ${subcommand}`);
  };
  const run = through([rateLimits(createRateLimiter(ports.clock))]);
  return {
    request: (requested, words) => runRequest(requested, byName.get('play'), { run, words, ports }),
    async dispatch(interaction) {
      try {
        if (interaction.isAutocomplete()) await complete(interaction, commandOf(interaction), ports);
        else if (interaction.isChatInputCommand()) await runCommand(interaction, commandOf(interaction), run, ports);
        else if (interaction.isContextMenuCommand()) await runMenu(interaction, run, ports);
        else if (interaction.isButton()) await runButton(interaction, byName, run, ports);
        else if (interaction.isStringSelectMenu()) await runPick(interaction, byName, run, ports);
        ports.transactions.ended(interaction.id);
      } catch (error) {
        ports.logger.error({ err: error, interaction: interaction.id }, 'could not answer an interaction');
      }
    },
  };
}

async function runCommand(
  interaction: ChatInputCommandInteraction,
  command: Command | undefined,
  run: Run,
  ports: DispatchPorts,
): Promise<void> {
  const base = baseOf(interaction, ports);
  if (!command || !base) return refuse(interaction, ownWordsOf(interaction).unknownCommand);
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, option]) => [name, valueOf(interaction, name, option)]),
  );
  await execute({ interaction, command, invocation: invocationOf(base, command, options), run, ports, redraw: false });
}

/** Through the same middleware as the command that it stands for. */
async function runMenu(interaction: ContextMenuCommandInteraction, run: Run, ports: DispatchPorts): Promise<void> {
  const base = baseOf(interaction, ports);
  const command = ports.commands.find(({ menu }) => menu?.name === interaction.commandName);
  const entry = command?.menu;
  if (!command || !entry || !base) return refuse(interaction, ownWordsOf(interaction).unknownCommand);
  const pointedAt = pointedAtBy(interaction);
  const asEntry = {
    ...command,
    run: (invocation) => entry.run({ ...invocation, options: pointedAt }),
  } satisfies Command;
  await execute({
    interaction,
    command: asEntry,
    invocation: invocationOf(base, command, {}),
    run,
    ports,
    redraw: false,
  });
}

/** As the edge reads it (policies/menus.ts): it has signed this, and the bot can ask for nothing else. */
function pointedAtBy(interaction: ContextMenuCommandInteraction): PointedAt {
  if (!interaction.isMessageContextMenuCommand()) return { member: interaction.targetId as Snowflake, link: undefined };
  const { content, attachments } = interaction.targetMessage;
  return { member: undefined, link: linkIn({ content, attachments: [...attachments.values()] }) };
}

/** As Discord sent it: a member by id. Undefined if it was left out, or is of another type than the command defines. */
function valueOf(interaction: ChatInputCommandInteraction, name: string, option: Option): OptionValue | undefined {
  if (option.kind === 'file') return fileOf(interaction.options.get(name)?.attachment);
  const value = interaction.options.get(name)?.value;
  const type = option.kind === 'integer' ? 'number' : option.kind === 'boolean' ? 'boolean' : 'string';
  return typeof value === type ? value : undefined;
}

const fileOf = (file: Attachment | null | undefined): AttachedFile | undefined =>
  file == null
    ? undefined
    : { url: file.url, filename: file.name, size: file.size, contentType: file.contentType ?? undefined };

async function runButton(
  interaction: ButtonInteraction,
  byName: ReadonlyMap<string, Command>,
  run: Run,
  ports: DispatchPorts,
): Promise<void> {
  const { command, argument, turn } = componentOf(interaction, byName);
  const base = baseOf(interaction, ports);
  if (!command || !base) return refuse(interaction, ownWordsOf(interaction).oldButton);
  const options = command.fromButton ? command.fromButton(argument) : {};
  if (!options) return refuse(interaction, ownWordsOf(interaction).oldButton);
  const redraw = turn === turnsPage;
  await execute({ interaction, command, invocation: invocationOf(base, command, options), run, ports, redraw });
}

/** What the custom id of a button or menu says. */
function componentOf(
  { customId }: ButtonInteraction | StringSelectMenuInteraction,
  byName: ReadonlyMap<string, Command>,
) {
  const name = commandOfCustomId(customId);
  const [, , argument, turn] = customId.split(':');
  return { command: name === undefined ? undefined : byName.get(name), argument, turn };
}

/** What was picked from a menu that is open: its message then shows what came of it. */
async function runPick(
  interaction: StringSelectMenuInteraction,
  byName: ReadonlyMap<string, Command>,
  run: Run,
  ports: DispatchPorts,
): Promise<void> {
  const { command, argument: picker = '' } = componentOf(interaction, byName);
  const pick = command?.pick;
  const base = baseOf(interaction, ports);
  if (!command || !pick || !base || !ports.pickers.take(picker))
    return refuse(interaction, ownWordsOf(interaction).oldMenu);
  const asPick = {
    ...command,
    run: async (invocation) => {
      const reply = await pick({ ...invocation, options: { picked: interaction.values } });
      if (!reply.refused) ports.pickers.close(picker);
      return reply;
    },
  } satisfies Command;
  const invocation = invocationOf(base, command, {});
  await execute({ interaction, command: asPick, invocation, run, ports, redraw: true });
  ports.pickers.giveBack(picker);
}

interface Execution {
  readonly interaction: Answerable;
  readonly command: Command;
  readonly invocation: Invocation<AnyOptions>;
  readonly run: Run;
  readonly ports: DispatchPorts;
  readonly redraw: boolean;
}

async function execute({ interaction, command, invocation, run, ports, redraw }: Execution): Promise<void> {
  const answer = createAnswer(interaction, { redraw, quiet: command.quiet ?? false });
  const deferral = ports.clock.after(deferAfterMs, () => answer.defer());
  try {
    const heard = () => answer.heard();
    const [player, library] = [onceHeard(invocation.player, heard), onceHeard(invocation.library, heard)];
    const policy = onceHeard(invocation.policy, heard);
    const reply = await run(command, { ...invocation, player, library, policy });
    deferral();
    if (reply.picker) ports.pickers.open(interaction.id, () => endPicker(answer, reply, ports));
    await (reply.refused ? answer.refuse(reply.content ?? '') : answer.send(reply));
  } catch (error) {
    deferral();
    if (isTooLate(error)) {
      ports.logger.warn(
        { command: command.name, interaction: interaction.id },
        'a command expired before it was answered',
      );
      return;
    }
    const { ownWords } = invocation;
    const about = { command: nameIn(command, ownWords.language), reference: interaction.id };
    const { sentence, expected } = explainError(error, ownWords, about);
    if (!expected)
      ports.logger.error({ err: error, command: command.name, interaction: interaction.id }, 'a command failed');
    await answer.refuse(sentence);
  }
}

/** Nothing was picked in time. */
async function endPicker(answer: Answer, { picker }: Reply, { logger }: DispatchPorts): Promise<void> {
  if (!picker) return;
  await answer.edit({ content: picker.over, embeds: [], components: [] }).catch((error: unknown) => {
    logger.debug({ err: error }, 'could not take back a menu');
  });
}

async function refuse(interaction: Answerable, sentence: string): Promise<void> {
  await interaction.reply(payloadOf({ content: sentence, quiet: true }));
}

async function complete(
  interaction: AutocompleteInteraction,
  command: Command | undefined,
  ports: DispatchPorts,
): Promise<void> {
  const base = baseOf(interaction, ports);
  const { name: option, value: typed } = interaction.options.getFocused(true);
  const choices =
    command?.complete && base
      ? await command.complete(base, typed, option).catch((error: unknown) => {
          if (!explainError(error, base.ownWords, { command: command.name, reference: base.id }).expected)
            ports.logger.warn({ err: error }, 'could not find autocomplete choices');
          return [];
        })
      : [];
  await interaction.respond(fitChoices(choices));
}

/** Undefined outside a guild, and for an interaction that the edge has not witnessed. */
function baseOf(interaction: Answerable | AutocompleteInteraction, ports: DispatchPorts): Base | undefined {
  const { guildId, channelId, user } = interaction;
  const transaction = ports.transactions.transactionOf(interaction.id);
  if (guildId === null || channelId === null || transaction === undefined) return undefined;
  if (![guildId, channelId, user.id].every(isSnowflake)) return undefined;
  const guild = guildId as Snowflake;
  return {
    id: interaction.id,
    guild,
    channel: channelId as Snowflake,
    user: user.id as Snowflake,
    on: { guild, transaction },
    player: ports.audio,
    library: ports.library,
    policy: ports.policy,
    commands: ports.commands,
    words: wordsIn(ports.settings.of(guild).language ?? languageOf(interaction.guildLocale) ?? 'en'),
    ownWords: ownWordsOf(interaction),
  };
}

/** What only the member sees is in their own language. */
const invocationOf = (base: Base, command: Command, options: AnyOptions): Invocation<AnyOptions> => ({
  ...base,
  options,
  words: command.quiet ? base.ownWords : base.words,
});

const ownWordsOf = ({ locale }: Pick<Interaction, 'locale'>): Words => wordsIn(languageOf(locale) ?? 'en');
