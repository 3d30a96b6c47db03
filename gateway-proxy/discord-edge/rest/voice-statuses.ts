import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { DiscordRest } from './discord-rest.ts';
import { isRaw, text } from '../discord/raw.ts';
import { mayManage } from '../state/permissions.ts';
import type { Dispatch, GuildBook } from '../state/guild-book.ts';

export interface VoiceStatusesPorts {
  readonly rest: Pick<DiscordRest, 'call'>;
  readonly clock: Clock;
  readonly book: Pick<GuildBook, 'guild' | 'botUserId'>;
}

/** Leaving does not wait longer for it. */
const patienceMs = 1_000;

/**
 * Remembers where a bot has set the status of a voice channel. Once it has left, it may no longer clear it (Discord: Set
 * Voice Channel Status needs Manage Channels then), so that is done before. If somebody else moves it, it is done afterwards,
 * where it may: without the permission, the status stays until Discord takes it away from the empty channel.
 */
export class VoiceStatuses {
  readonly #ports: VoiceStatusesPorts;
  readonly #channels = new Map<string, string>();
  #changes = 0;

  constructor(ports: VoiceStatusesPorts) {
    this.#ports = ports;
  }

  /** Grows with every change; shows whether what was saved is current. */
  get changes(): number {
    return this.#changes;
  }

  /** The bot has set a status, or cleared it. */
  set(guild: string, channel: string, body: unknown): void {
    const isSet = isRaw(body) && typeof body['status'] === 'string' && body['status'] !== '';
    if (isSet) this.#channels.set(guild, channel);
    else this.#channels.delete(guild);
    this.#changes += 1;
  }

  /** The bot goes to another channel of this guild, or out of voice. Resolves within a second, whatever happens. */
  async leaving(guild: string, to: string | null): Promise<void> {
    const channel = this.#channels.get(guild);
    if (channel === undefined || channel === to) return;
    this.#forget(guild);
    const { rest, clock } = this.#ports;
    const waiting = new AbortController();
    const cleared = rest
      .call({
        method: 'PUT',
        path: `/channels/${channel}/voice-status`,
        body: { status: null },
        authorized: true,
        signal: waiting.signal,
      })
      .catch(() => undefined);
    await Promise.race([cleared, pause(patienceMs, clock, waiting.signal)]);
    waiting.abort();
  }

  /** Called after the book has processed a dispatch; resolves like `leaving`. */
  async dispatched({ t, d }: Dispatch): Promise<void> {
    const { book } = this.#ports;
    const guildId = text(d['guild_id']);
    const bot = book.botUserId;
    if (t !== 'VOICE_STATE_UPDATE' || guildId === undefined || bot === undefined || d['user_id'] !== bot) return;
    const channelId = this.#channels.get(guildId);
    if (channelId === undefined || channelId === d['channel_id']) return;
    const guild = book.guild(guildId);
    const channel = guild?.channels.get(channelId);
    if (guild && channel && mayManage(guild, bot, channel)) return this.leaving(guildId, text(d['channel_id']) ?? null);
    this.#forget(guildId);
  }

  #forget(guild: string): void {
    this.#channels.delete(guild);
    this.#changes += 1;
  }

  saved(): Record<string, string> {
    return Object.fromEntries(this.#channels);
  }

  restore(saved: Readonly<Record<string, string>>): void {
    for (const [guild, channel] of Object.entries(saved)) this.#channels.set(guild, channel);
  }
}
