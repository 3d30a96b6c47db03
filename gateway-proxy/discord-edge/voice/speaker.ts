import type { Clock } from '#infra/kernel/clock.ts';
import type { DiscordRest } from '../rest/discord-rest.ts';
import type { Dispatch, GuildBook } from '../state/guild-book.ts';
import { maySpeakIn, maySpeakUp, stageChannel } from '../state/permissions.ts';
import { text, type Raw } from '../discord/raw.ts';
import { changesPermissions } from './voice-events.ts';

interface Entered {
  readonly channelId: string;
  /** It has spoken here: if a moderator then silences it, that is obeyed. */
  spoke: boolean;
}

/**
 * Lets a bot be heard in a stage, where everybody who joins is in the audience and silent (Discord: Modify Current User
 * Voice State). If it may not speak by itself it asks to, once per join; if it is allowed to later, it does. If a
 * moderator silences it afterwards, that is obeyed. A bot that joined a voice channel without Speak is heard only after
 * it has rejoined.
 */
export class Speaker {
  readonly #book: GuildBook;
  readonly #rest: Pick<DiscordRest, 'call'>;
  readonly #clock: Clock;
  readonly #enterAnew: (guildId: string) => Promise<void>;
  readonly #entered = new Map<string, Entered>();

  constructor(options: {
    book: GuildBook;
    rest: Pick<DiscordRest, 'call'>;
    clock: Clock;
    /** Takes the bot out of voice in a guild, so that whoever plays brings it in again. */
    enterAnew: (guildId: string) => Promise<void>;
  }) {
    this.#book = options.book;
    this.#rest = options.rest;
    this.#clock = options.clock;
    this.#enterAnew = options.enterAnew;
  }

  /**
   * Called after the book has processed a dispatch. Resolves when the bot may speak, has asked to, or needs to do
   * neither.
   */
  async dispatched({ t, d }: Dispatch): Promise<void> {
    const guildId = text(d['guild_id']);
    if (guildId === undefined) return;
    if (changesPermissions(t)) return this.#allowed(guildId);
    if (t !== 'VOICE_STATE_UPDATE' || d['user_id'] !== this.#book.botUserId) return;
    const channelId = text(d['channel_id']);
    const before = this.#entered.get(guildId);
    const silent = d['suppress'] === true;
    if (channelId === undefined) this.#entered.delete(guildId);
    else if (channelId === before?.channelId) before.spoke ||= !silent;
    else {
      this.#entered.set(guildId, { channelId, spoke: !silent });
      if (silent && this.#stage(guildId, channelId)) await this.#begin(guildId, channelId);
    }
  }

  async #begin(guildId: string, channelId: string): Promise<void> {
    const answer = await this.#ask(guildId, { channel_id: channelId, suppress: false });
    if (answer.status !== 403) return;
    const since = new Date(this.#clock.now()).toISOString();
    await this.#ask(guildId, { channel_id: channelId, request_to_speak_timestamp: since });
  }

  /** The bot may do more than before: if it still waits to speak, it need not wait any longer. */
  async #allowed(guildId: string): Promise<void> {
    const guild = this.#book.guild(guildId);
    const bot = this.#book.botUserId;
    const entered = this.#entered.get(guildId) ?? this.#enteredBefore(guildId);
    if (!entered || entered.spoke || !guild || bot === undefined) return;
    const channel = guild.channels.get(entered.channelId);
    if (!channel) return;
    const isStage = channel['type'] === stageChannel;
    if (!(isStage ? maySpeakUp(guild, bot, channel) : maySpeakIn(guild, bot, channel))) return;
    // Not repeated at the next change, in case Discord disagrees.
    entered.spoke = true;
    if (!isStage) return this.#enterAnew(guildId);
    await this.#ask(guildId, { channel_id: entered.channelId, suppress: false });
  }

  /**
   * Where an earlier edge saw the bot enter. It still waits to speak if it has asked to, or was let into a voice channel
   * without Speak; otherwise a moderator may have silenced it.
   */
  #enteredBefore(guildId: string): Entered | undefined {
    const bot = this.#book.botUserId;
    const state = bot === undefined ? undefined : this.#book.guild(guildId)?.voiceStates.get(bot);
    const channelId = text(state?.['channel_id']);
    if (!state || channelId === undefined) return undefined;
    const waits = text(state['request_to_speak_timestamp']) !== undefined || !this.#stage(guildId, channelId);
    const entered = { channelId, spoke: state['suppress'] !== true || !waits };
    this.#entered.set(guildId, entered);
    return entered;
  }

  #stage(guildId: string, channelId: string): Raw | undefined {
    const channel = this.#book.guild(guildId)?.channels.get(channelId);
    return channel?.['type'] === stageChannel ? channel : undefined;
  }

  #ask(guildId: string, body: object): Promise<Response> {
    return this.#rest.call({ method: 'PATCH', path: `/guilds/${guildId}/voice-states/@me`, body, authorized: true });
  }
}
