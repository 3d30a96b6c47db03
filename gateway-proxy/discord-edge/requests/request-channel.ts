import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, upstreamFault } from '#infra/kernel/errors.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { FeatureFlags } from '#policies/feature-flags.ts';
import { messageContentMissing, type Finding } from '#tenants/application-check/findings.ts';
import type { Raw } from '../discord/raw.ts';
import type { DiscordRest } from '../rest/discord-rest.ts';
import type { Dispatch, GuildBook } from '../state/guild-book.ts';
import { mayView } from '../state/permissions.ts';
import type { BotStream } from '../stream/bot-stream.ts';
import type { Witness, WitnessedTransaction } from '../witness/witness.ts';
import { transactionOfRequest } from '../witness/request-transaction.ts';
import { contentMissing, mayReadContent } from './message-content.ts';
import type { RequestChannels, RequestChannelStore } from './request-channel-store.ts';
import { Requests, type Requested } from './requests.ts';

export interface RequestChannelOptions {
  readonly tenant: TenantId;
  readonly store: RequestChannelStore;
  readonly features: Pick<FeatureFlags, 'isOn'>;
  readonly rest: Pick<DiscordRest, 'call'>;
  readonly book: GuildBook;
  readonly witness: Pick<Witness, 'sign'>;
  readonly stream: BotStream;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Of the channel whose messages are to be read: a text channel (Discord: Channel Types). */
const textChannel = 0;

/**
 * A tenant's request channels: whether their messages can be read, and which of them the bot gets, each reduced to what it
 * asks for and with the transaction token that lets it do just that.
 */
export class RequestChannel {
  readonly #options: RequestChannelOptions;
  readonly #requests: Requests;
  #channels: RequestChannels = new Map();
  #isGranted: boolean | undefined;
  /** Discord has closed a session for the intent although the application's flags grant it: they have to change first. */
  #isRefused = false;
  #delivering: Promise<void> = Promise.resolve();

  constructor(options: RequestChannelOptions) {
    this.#options = options;
    this.#requests = new Requests(options.clock);
  }

  /** Whether some guild has one. */
  get isUsed(): boolean {
    return this.#channels.size > 0;
  }

  /** Whether a session may be opened with the intent: an application that lacks it would be closed with 4014. */
  get mayRead(): boolean {
    return this.isUsed && this.#isGranted === true && !this.#isRefused;
  }

  /** What keeps the bot from reading its request channels. */
  get findings(): readonly Finding[] {
    return this.isUsed && (this.#isGranted === false || this.#isRefused) ? [messageContentMissing] : [];
  }

  /** Reads the settings, and what Discord grants if that matters. What cannot be read stays as it was known. */
  async load(): Promise<void> {
    const { store, tenant, logger } = this.#options;
    try {
      this.#channels = await store.of(tenant);
    } catch (error) {
      logger.warn({ err: error }, 'could not read the request channels');
    }
    if (this.isUsed) await this.#ask();
  }

  /** What Discord says of the application, whoever has asked for it. */
  learn(application: unknown): void {
    const isGranted = mayReadContent(application);
    if (isGranted === undefined) return;
    if (!isGranted) this.#isRefused = false;
    this.#isGranted = isGranted;
  }

  /** A session with the intent was closed for it (4014). */
  refused(): void {
    this.#isRefused = true;
  }

  /**
   * Whether a channel could be one. @throws request-channel.no-intent, request-channel.not-text,
   * request-channel.hidden (409), discord.unavailable (503)
   */
  async check(guildId: string, channelId: string): Promise<void> {
    const { book } = this.#options;
    const guild = book.guild(guildId);
    const channel = guild?.channels.get(channelId);
    if (!guild || channel?.['type'] !== textChannel)
      throw callerFault(
        'request-channel.not-text',
        'A request channel has to be a text channel of this server that the bot can see.',
        409,
      );
    if (book.botUserId === undefined || !mayView(guild, book.botUserId, channel))
      throw callerFault(
        'request-channel.hidden',
        'The bot cannot see this channel. It needs the permission “View Channel” there.',
        409,
      );
    if (!(await this.#ask()))
      throw upstreamFault('discord.unavailable', 'Discord cannot be reached right now. Try again in a moment.');
    if (this.#isGranted !== true) throw callerFault('request-channel.no-intent', contentMissing, 409);
  }

  /** A message, of which the bot gets nothing unless it is a request. */
  dispatched({ t, d }: Dispatch): void {
    if (t !== 'MESSAGE_CREATE' || !this.isUsed) return;
    const requested = this.#requests.requestedBy(d, this.#channels);
    if (!requested) return;
    const transaction = transactionOfRequest(this.#options.tenant, requested, this.#options.book);
    if (!transaction) return;
    // In the order in which they were written.
    this.#delivering = this.#delivering
      .then(() => this.#deliver(requested, transaction))
      .catch((error: unknown) => this.#options.logger.warn({ err: error }, 'could not deliver a request'));
  }

  async #deliver({ message, query }: Requested, transaction: WitnessedTransaction): Promise<void> {
    const { tenant, features, witness, stream } = this.#options;
    const guild = message['guild_id'] as Snowflake;
    if (!(await features.isOn({ tenant, guild }, 'request-channel'))) return;
    const txn = await witness.sign(transaction);
    if (txn !== undefined) stream.dispatch('MESSAGE_CREATE', reduced(message, query), txn);
  }

  async #ask(): Promise<boolean> {
    const answer = await this.#options.rest
      .call({ method: 'GET', path: '/applications/@me', authorized: true })
      .catch(() => undefined);
    if (!answer?.ok) return false;
    this.learn(await answer.json().catch(() => undefined));
    return true;
  }
}

/** Who asks for what, and where: the bot learns nothing else of a message. */
function reduced({ id, guild_id, channel_id, author }: Raw, query: string): Raw {
  return { id, guild_id, channel_id, author: { id: (author as Raw)['id'] }, content: query };
}
