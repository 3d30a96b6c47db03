import type { Clock } from '#infra/kernel/clock.ts';
import { isSnowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Action } from '#security/identity/actions.ts';
import { playableFile } from '#policies/attached-file.ts';
import { commandOfCustomId, commandScopes, isCommandName, picked, type CommandName } from '#policies/commands.ts';
import { callDigestsOf, type Entered } from '#policies/entered.ts';
import { linkIn, menuNamed } from '#policies/menus.ts';
import type { DelegatedSigner } from '#security/identity/signed-token.ts';
import { issueTransactionToken, type Transaction } from '#security/identity/transaction-token.ts';
import type { GuildBook } from '../state/guild-book.ts';
import { isRaw, rawList, text, type Raw } from '../discord/raw.ts';
import { optionsDigest } from './options-digest.ts';

/** Discord's kinds of interaction (Discord: Receiving and Responding, Interaction Type). */
export const interactionType = { command: 2, component: 3, autocomplete: 4, modal: 5 } as const;

/** What autocomplete may lead to: nobody has pressed Enter yet. */
const autocompleteActions: readonly Action[] = [
  'player.search',
  'player.read',
  'playlist.list',
  'favourite.list',
  'top.mine',
];

export interface WitnessOptions {
  /** Delegated to discord-edge for transaction tokens. */
  readonly signer: DelegatedSigner;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Seconds; an interaction is redelivered with a fresh token. */
  readonly lifetimeSec?: number;
}

export type WitnessedTransaction = Omit<Transaction, 'expiresAtMs'>;

/**
 * States what an interaction permits: who did what, where, and which actions that may lead to. Undefined if it may lead
 * to nothing: an unknown command, a message to the bot outside a guild, or a malformed interaction. `book` tells which
 * voice channel the member is in right now.
 */
export function transactionOf(tenant: TenantId, interaction: Raw, book: GuildBook): WitnessedTransaction | undefined {
  const member = isRaw(interaction['member']) ? interaction['member'] : {};
  const user = isRaw(member['user']) ? member['user'] : {};
  const ids = [interaction['id'], interaction['guild_id'], interaction['channel_id'], user['id']];
  const command = commandOf(interaction);
  if (!ids.every(isId) || command === undefined) return undefined;
  const [id, guild, channel, userId] = ids as [Snowflake, Snowflake, Snowflake, Snowflake];
  if (!book.guild(guild)) return undefined;
  const roles = Array.isArray(member['roles']) ? member['roles'].filter(isId) : [];
  return {
    txn: `txn_${id}`,
    tenant,
    scope: scopeOf(command, interaction['type']),
    member: {
      kind: 'discord',
      user: userId,
      guild,
      channel,
      ...withinOf(interaction, guild, book),
      roles,
      permissions: text(member['permissions']) ?? '0',
      voiceChannel: (book.guild(guild)?.voiceChannelOf(userId) ?? null) as Snowflake | null,
      ...(isAlone(book, guild, userId) ? { alone: true as const } : {}),
      command,
    },
    interaction: {
      id,
      optionsDigest: optionsDigest(interaction),
      callDigests: callDigestsOf(command, enteredOptions(interaction)),
    },
  };
}

/**
 * The channel of a thread, and the category of either. Discord names the parent of the channel in the interaction
 * (Discord: Interaction Object, `channel`), even for a thread that the bot has not seen.
 */
export function withinOf(
  interaction: Raw,
  guild: Snowflake,
  book: GuildBook,
): { readonly within?: readonly Snowflake[] } {
  const known = book.guild(guild);
  const told = isRaw(interaction['channel']) ? interaction['channel'] : {};
  const id = text(interaction['channel_id']) ?? '';
  const parentOf = (channel: Raw | undefined) => text(channel?.['parent_id']);
  const parent = parentOf(known?.threads.get(id)) ?? parentOf(known?.channels.get(id)) ?? parentOf(told);
  const above = parent === undefined ? undefined : parentOf(known?.channels.get(parent));
  const within = [parent, above].filter(isId);
  return within.length > 0 ? { within } : {};
}

/** Nobody but the bot is in voice with them. */
export function isAlone(book: GuildBook, guildId: string, user: string): boolean {
  const guild = book.guild(guildId);
  const channel = guild?.voiceChannelOf(user) ?? null;
  if (!guild || channel === null || book.botUserId === undefined) return false;
  return guild.voiceChannelOf(book.botUserId) === channel && guild.listenersIn(channel) === 1;
}

function commandOf(interaction: Raw): CommandName | undefined {
  const data = isRaw(interaction['data']) ? interaction['data'] : {};
  const type = interaction['type'];
  if (type === interactionType.command || type === interactionType.autocomplete) {
    const subcommand = subcommandOf(data);
    const name = [text(data['name']) ?? '', ...(subcommand ? [text(subcommand['name']) ?? ''] : [])].join(' ');
    const menu = menuOf(data);
    if (menu) return type === interactionType.command ? menu.command : undefined;
    // 1 is a slash command.
    return isCommandName(name) && (data['type'] === undefined || data['type'] === 1) ? name : undefined;
  }
  if (type === interactionType.component || type === interactionType.modal) {
    return commandOfCustomId(text(data['custom_id']) ?? '');
  }
  return undefined;
}

/** The entry of the menu of a message or a member that was used. */
const menuOf = (data: Raw) => menuNamed(text(data['name']) ?? '', data['type']);

/** What the member pointed at, as the options of the command that the entry stands for. */
function pointedAt(data: Raw, menu: NonNullable<ReturnType<typeof menuOf>>): ReadonlyMap<string, string> {
  const target = text(data['target_id']) ?? '';
  if (menu.of === 'user') return new Map(isId(target) ? [['member', target]] : []);
  const resolved = isRaw(data['resolved']) ? data['resolved'] : {};
  const messages = isRaw(resolved['messages']) ? resolved['messages'] : {};
  const message = isRaw(messages[target]) ? messages[target] : {};
  const attachments = rawList(message['attachments']).map(({ url }) => ({ url: text(url) }));
  const link = linkIn({ content: text(message['content']), attachments });
  return new Map(link === undefined ? [] : [['query', link]]);
}

/** The subcommand that was used: Discord puts what was entered into it (Application Command Option Type, 1). */
function subcommandOf(data: Raw): Raw | undefined {
  const [first] = rawList(data['options']);
  return first?.['type'] === 1 ? first : undefined;
}

function scopeOf(command: CommandName, type: unknown): readonly Action[] {
  const scope: readonly Action[] = commandScopes[command];
  return type === interactionType.autocomplete ? scope.filter((action) => autocompleteActions.includes(action)) : scope;
}

/**
 * A button has none: the bot writes what it stands for, so it witnesses no parameter. What is picked from a menu is one of
 * the values that the bot offered, as the value of a choice while typing is.
 */
function enteredOptions(interaction: Raw): ReadonlyMap<string, Entered> {
  const data = isRaw(interaction['data']) ? interaction['data'] : {};
  const menu = interaction['type'] === interactionType.command ? menuOf(data) : undefined;
  if (menu) return pointedAt(data, menu);
  if (interaction['type'] === interactionType.component) return pickedFrom(data);
  const entered = new Map<string, Entered>();
  for (const { name, value, type } of rawList((subcommandOf(data) ?? data)['options'])) {
    if (typeof name !== 'string') continue;
    if (type === attachmentOption) {
      const file = fileOf(data, value);
      if (file.ok) entered.set(name, file.value);
      continue;
    }
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') entered.set(name, value);
  }
  return entered;
}

/** Discord: Application Command Option Type. */
const attachmentOption = 11;

/** The file that an option names by its id (Discord: Resolved Data Structure). */
function fileOf(data: Raw, id: unknown): ReturnType<typeof playableFile> {
  const resolved = isRaw(data['resolved']) ? data['resolved'] : {};
  const attachments = isRaw(resolved['attachments']) ? resolved['attachments'] : {};
  const file = typeof id === 'string' && isRaw(attachments[id]) ? attachments[id] : {};
  const { size } = file;
  return playableFile({
    url: text(file['url']),
    filename: text(file['filename']),
    contentType: text(file['content_type']),
    ...(typeof size === 'number' ? { size } : {}),
  });
}

/** Of a menu whose values the bot wrote (Discord: Component Types, 3). */
function pickedFrom(data: Raw): ReadonlyMap<string, Entered> {
  const values = data['component_type'] === 3 && Array.isArray(data['values']) ? data['values'] : [];
  const texts = values.filter((value) => typeof value === 'string');
  return new Map(texts.length > 0 && texts.length === values.length ? [[picked, texts]] : []);
}

const isId = (value: unknown): value is Snowflake => typeof value === 'string' && isSnowflake(value);

/**
 * Signs what `transactionOf` returned. A token that cannot be signed is omitted: the bot can then do nothing for the
 * member.
 */
export class Witness {
  readonly #options: WitnessOptions;

  constructor(options: WitnessOptions) {
    this.#options = options;
  }

  async sign(transaction: WitnessedTransaction | undefined): Promise<string | undefined> {
    if (!transaction || transaction.scope.length === 0) return undefined;
    const { signer, clock, logger, lifetimeSec = 300 } = this.#options;
    try {
      return await issueTransactionToken(signer, transaction, { lifetimeSec, nowMs: clock.now() });
    } catch (error) {
      logger.error({ err: error, tenant: transaction.tenant }, 'could not witness an interaction');
      return undefined;
    }
  }
}
