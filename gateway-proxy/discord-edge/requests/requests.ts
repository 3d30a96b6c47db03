import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { requestedIn } from '#policies/requested.ts';
import { isRaw, rawList, text, type Raw } from '../discord/raw.ts';
import type { RequestChannels } from './request-channel-store.ts';

/** Whoever sends more messages than this gets no answer to the rest: as many as the bot can answer. */
const perMember = { uses: 6, windowMs: 20_000 };
const perGuild = { uses: 30, windowMs: 20_000 };
const rememberedMessages = 2_000;
const rememberedForMs = 15 * 60_000;
const counted = 10_000;
/** Ordinary messages and replies (Discord: Message Types). */
const spoken: readonly unknown[] = [0, 19];

/** A message that asks for music, and what it asks for. */
export interface Requested {
  readonly message: Raw;
  readonly query: string;
}

/**
 * Picks out of all messages those that ask for music: written by a person in the request channel of their guild, with
 * something to look for, once each, and not too many at a time. Nothing is kept of any other message.
 */
export class Requests {
  readonly #clock: Clock;
  readonly #seen = new BoundedMap<string, true>(rememberedMessages);
  readonly #uses = new BoundedMap<string, readonly number[]>(counted);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `channels`: the request channels of the guilds that the bot is in. */
  requestedBy(message: Raw, channels: RequestChannels): Requested | undefined {
    const [id, guild, channel] = [message['id'], message['guild_id'], message['channel_id']].map(text);
    if (id === undefined || guild === undefined || channel === undefined) return undefined;
    if (channels.get(guild) !== channel) return undefined;
    const author = isRaw(message['author']) ? message['author'] : {};
    const user = text(author['id']);
    if (user === undefined || author['bot'] === true || author['system'] === true) return undefined;
    if (message['webhook_id'] !== undefined || !spoken.includes(message['type'])) return undefined;
    const query = requestedIn({
      content: text(message['content']) ?? '',
      attachments: rawList(message['attachments']).map(fileOf),
    });
    if (query === undefined) return undefined;
    const now = this.#clock.now();
    // Discord sends some again when a session is resumed.
    if (this.#seen.get(id, now)) return undefined;
    this.#seen.set(id, true, now + rememberedForMs);
    const isFew = this.#count(`${guild}/${user}`, perMember) && this.#count(guild, perGuild);
    return isFew ? { message, query } : undefined;
  }

  #count(key: string, { uses, windowMs }: typeof perMember): boolean {
    const now = this.#clock.now();
    const recent = (this.#uses.get(key, now) ?? []).filter((at) => at > now - windowMs);
    if (recent.length >= uses) return false;
    this.#uses.set(key, [...recent, now], now + windowMs);
    return true;
  }
}

function fileOf(attachment: Raw) {
  const { size } = attachment;
  return {
    url: text(attachment['url']),
    filename: text(attachment['filename']),
    contentType: text(attachment['content_type']),
    ...(typeof size === 'number' ? { size } : {}),
  };
}
