import type { Clock } from '#infra/kernel/clock.ts';
import type { DiscordRest } from '../rest/discord-rest.ts';
import type { Dispatch, GuildBook } from '../state/guild-book.ts';
import { text } from '../state/raw.ts';

/** Discord: Channel Types. */
const stageChannel = 13;

/**
 * Lets a bot be heard in a stage, where whoever enters is an audience and silent (Discord: Modify Current User Voice
 * State). Where it may not speak by itself it asks to. Once per entering: a moderator who silences it afterwards is
 * obeyed.
 */
export class StageSpeaker {
  readonly #book: GuildBook;
  readonly #rest: Pick<DiscordRest, 'call'>;
  readonly #clock: Clock;
  readonly #entered = new Map<string, string>();

  constructor(options: { book: GuildBook; rest: Pick<DiscordRest, 'call'>; clock: Clock }) {
    this.#book = options.book;
    this.#rest = options.rest;
    this.#clock = options.clock;
  }

  /**
   * After the book has taken a dispatch in. Resolves when the bot may speak, has asked to, or has nothing to ask for.
   */
  async dispatched({ t, d }: Dispatch): Promise<void> {
    const guildId = text(d['guild_id']);
    if (t !== 'VOICE_STATE_UPDATE' || guildId === undefined || d['user_id'] !== this.#book.botUserId) return;
    const channelId = text(d['channel_id']);
    const before = this.#entered.get(guildId);
    if (channelId === undefined) this.#entered.delete(guildId);
    else this.#entered.set(guildId, channelId);
    if (channelId === undefined || channelId === before || d['suppress'] !== true) return;
    if (this.#book.guild(guildId)?.channels.get(channelId)?.['type'] !== stageChannel) return;
    const answer = await this.#ask(guildId, { channel_id: channelId, suppress: false });
    if (answer.status !== 403) return;
    const since = new Date(this.#clock.now()).toISOString();
    await this.#ask(guildId, { channel_id: channelId, request_to_speak_timestamp: since });
  }

  #ask(guildId: string, body: object): Promise<Response> {
    return this.#rest.call({ method: 'PATCH', path: `/guilds/${guildId}/voice-states/@me`, body, authorized: true });
  }
}
