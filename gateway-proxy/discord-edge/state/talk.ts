import { isEphemeral } from '../discord/ephemeral.ts';
import { isRaw, rawList, text } from '../discord/raw.ts';
import type { Dispatch } from './guild-book.ts';

/** The bot's newest message in a channel, and how many have come after it. */
export interface TalkBelow {
  readonly channel: string;
  readonly after: string;
  readonly later: number;
}

interface Counted {
  after: string;
  later: number;
  /** The last one that counted: Discord sends some again when a session is resumed. */
  newest: string;
}

/** Only so many channels, those in which the bot wrote last. */
const most = 500;

/** MESSAGE_CREATE and what follows it. They concern nobody but `Talk`: no bot gets them. */
export const isTalk = ({ t }: Pick<Dispatch, 't'>): boolean => t.startsWith('MESSAGE_');

/**
 * Counts the messages below the bot's own in the channels where it has posted one, so that a bot can keep it near the
 * end. Of a message, only its channel, its id and whether the bot wrote it are looked at; no content is kept or passed on.
 * The bot is told at 1, 2, 4, 8, … messages, so that a busy channel costs little.
 */
export class Talk {
  readonly #channels = new Map<string, Counted>();
  readonly #tell: (talk: TalkBelow) => void;
  #changes = 0;

  constructor(tell: (talk: TalkBelow) => void) {
    this.#tell = tell;
  }

  /** Grows when the bot posts; shows whether what was saved is current, except for counts. */
  get changes(): number {
    return this.#changes;
  }

  dispatched({ t, d }: Dispatch, botUserId: string): void {
    if (t !== 'MESSAGE_CREATE') return;
    const [channel, id] = [text(d['channel_id']), text(d['id'])];
    if (channel === undefined || id === undefined || isEphemeral(d)) return;
    if (isPostOf(d, botUserId)) return this.#posted(channel, id);
    const counted = this.#channels.get(channel);
    if (!counted || !isAfter(id, counted.newest)) return;
    counted.newest = id;
    counted.later += 1;
    if (Number.isInteger(Math.log2(counted.later))) this.#tell({ channel, after: counted.after, later: counted.later });
  }

  /** Of every channel where somebody wrote below the bot. */
  current(): TalkBelow[] {
    return this.saved().filter(({ later }) => later > 0);
  }

  saved(): TalkBelow[] {
    return [...this.#channels].map(([channel, { after, later }]) => ({ channel, after, later }));
  }

  restore(saved: readonly TalkBelow[]): void {
    for (const { channel, after, later } of saved) this.#channels.set(channel, { after, later, newest: after });
  }

  #posted(channel: string, id: string): void {
    if (!isAfter(id, this.#channels.get(channel)?.newest ?? '0')) return;
    this.#channels.delete(channel);
    this.#channels.set(channel, { after: id, later: 0, newest: id });
    this.#changes += 1;
    const oldest = this.#channels.keys().next().value;
    if (this.#channels.size > most && oldest !== undefined) this.#channels.delete(oldest);
  }
}

/** Answers to interactions are part of the talk, and so are those to requests: words that mention a member. */
const isPostOf = (message: Dispatch['d'], botUserId: string): boolean =>
  isRaw(message['author']) &&
  message['author']['id'] === botUserId &&
  !isRaw(message['interaction_metadata']) &&
  (rawList(message['mentions']).length === 0 || rawList(message['components']).length > 0);

/** Ids grow with time (Discord: API Reference, Snowflakes). */
const isAfter = (id: string, other: string): boolean =>
  id.length === other.length ? id > other : id.length > other.length;
