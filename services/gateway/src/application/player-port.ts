import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Help } from '#services/contracts/help.ts';
import type {
  EnqueueResponse,
  LyricsResponse,
  OperationRequest,
  OperationResponse,
  Player,
  PlayerEvent,
  PlayerOperation,
  SearchResponse,
  SkipResponse,
  Track,
} from '#services/contracts/player.ts';
import type { GuildSettings, SettingsChange } from '#services/contracts/settings.ts';

/** The location of a now-playing message. */
export interface MessageReference {
  readonly channelId: Snowflake;
  readonly messageId: Snowflake;
}

/** What one member has in the queue: the first tracks, their positions, 1 being the next, and how many there are. */
export interface QueuedByMember {
  readonly tracks: readonly Track[];
  readonly positions: readonly number[];
  readonly count: number;
}

/** On whose behalf and in which guild a call is made. */
export interface OnBehalf {
  readonly guild: Snowflake;
  /** The transaction token of the interaction that requests it; `transactionOf(interaction.id)`. */
  readonly transaction: string;
}

/**
 * Music as the bot's use cases see it. The audio service plays; whether a member may is decided on the way there, from
 * the member's own transaction token, so nothing in here says who asks. Every refusal is a BailiwickError: codes of the
 * audio service are in services/contracts/player.ts (playerErrorCodes); `authorize.denied` has a message for the
 * member; `proxy.unreachable`, `proxy.timeout` and `proxy.busy` are faults of the platform.
 */
export interface PlayerPort {
  /** Without a transaction the bot reads on its own behalf (for its now-playing message). */
  read(guild: Snowflake, transaction?: string): Promise<Player>;
  /** Entries of the queue from a position on, 0 being the next; at most 101. */
  slice(on: OnBehalf, from: number, limit: number): Promise<readonly Track[]>;
  /** The first entries of a member in the queue, at most 25, with their positions. Only for a command about that member. */
  queuedBy(on: OnBehalf, member: Snowflake): Promise<QueuedByMember>;
  /** Of the current track. Takes up to 8 s: a node may have to look for them. */
  lyrics(on: OnBehalf): Promise<LyricsResponse>;
  /** Of the commands that a policy names, those that the member may use in this channel, and why not the others. */
  help(on: OnBehalf): Promise<Help>;
  /** At most 25. For autocomplete it gives up after 2 s, since Discord waits 3 s for choices; `patiently`, after 9 s. */
  search(on: OnBehalf, query: string, how?: 'patiently'): Promise<SearchResponse['tracks']>;
  /** Adds tracks that the member picked from a menu, by the values of their choices. Takes as long as `enqueue`. */
  pick(on: OnBehalf, links: readonly string[]): Promise<EnqueueResponse>;
  /** `query` is a search text or an http(s) URL, 1 to 500 characters; it is added at the end unless a placement is given. Takes up to 15 s: a node may have to load it. */
  enqueue(on: OnBehalf, query: string, placement?: 'next' | 'now'): Promise<EnqueueResponse>;
  pause(on: OnBehalf): Promise<Player>;
  resume(on: OnBehalf): Promise<Player>;
  /** Members who may not skip alone vote: `vote` is the count, and `skipped` whether it was enough. */
  skip(on: OnBehalf): Promise<SkipResponse>;
  /** Any of the operations of services/contracts/player.ts; parameters are the options as the member entered them. */
  operate<Name extends PlayerOperation>(
    on: OnBehalf,
    name: Name,
    request: OperationRequest<Name>,
  ): Promise<OperationResponse>;
  /** Stops, clears the queue and leaves voice. */
  stop(on: OnBehalf): Promise<Player>;
  /** Percent, 0 to 150. */
  setVolume(on: OnBehalf, percent: number): Promise<Player>;
  /** How the bot behaves in this server. */
  readSettings(on: OnBehalf): Promise<GuildSettings>;
  /** Changes what is named, and returns all of them. */
  changeSettings(on: OnBehalf, request: SettingsChange): Promise<GuildSettings>;
  /** Stores the now-playing message across restarts of the bot; null deletes it. */
  rememberMessage(guild: Snowflake, message: MessageReference | null): Promise<void>;
  /**
   * Calls back for every event of the tenant's players until aborted. Reconnects by itself; after each reconnection the
   * players are sent again as snapshots, with the settings of the servers that have some, followed by `current`.
   */
  follow(listener: (event: PlayerEvent) => void, signal: AbortSignal): void;
}
