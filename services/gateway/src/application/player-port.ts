import type { Snowflake } from '#infra/kernel/ids.ts';
import type { EnqueueResponse, Player, PlayerEvent, SearchResponse, SkipResponse } from '#services/contracts/player.ts';

/** Where a message stands that shows what plays. */
export interface MessageReference {
  readonly channelId: Snowflake;
  readonly messageId: Snowflake;
}

/** In whose name and in which guild a call is made. */
export interface OnBehalf {
  readonly guild: Snowflake;
  /** The transaction token of the interaction that asks for it; `transactionOf(interaction.id)`. */
  readonly transaction: string;
}

/**
 * Music as the bot's use cases see it. The audio service plays; whether a member may is decided on the way there, from
 * the member's own transaction token, so nothing in here says who asks. Every refusal is a BailiwickError: codes of the
 * audio service are in services/contracts/player.ts (playerErrorCodes); `authorize.denied` carries a sentence for the
 * member as its message; `proxy.unreachable`, `proxy.timeout` and `proxy.busy` are faults of the platform.
 */
export interface PlayerPort {
  /** Without a transaction the bot reads in its own name (for its now-playing message). */
  read(guild: Snowflake, transaction?: string): Promise<Player>;
  /** At most 25, for autocomplete; gives up after 2 s, since Discord waits 3 s for choices. */
  search(on: OnBehalf, query: string): Promise<SearchResponse['tracks']>;
  /** `query` is a search text or an http(s) URL, 1 to 500 characters. Takes up to 15 s: a node may have to load it. */
  enqueue(on: OnBehalf, query: string): Promise<EnqueueResponse>;
  pause(on: OnBehalf): Promise<Player>;
  resume(on: OnBehalf): Promise<Player>;
  /** Who may not skip alone votes: `vote` says how it stands, and `skipped` whether it was enough. */
  skip(on: OnBehalf): Promise<SkipResponse>;
  /** Stops, clears the queue and leaves voice. */
  stop(on: OnBehalf): Promise<Player>;
  /** Percent, 0 to 150. */
  setVolume(on: OnBehalf, percent: number): Promise<Player>;
  /** Remembers which message shows what plays, past a restart of the bot; null forgets it. */
  rememberMessage(guild: Snowflake, message: MessageReference | null): Promise<void>;
  /**
   * Calls back for every event of the tenant's players until aborted. Reconnects by itself; after each reconnection
   * the players come anew as snapshots, and `current` follows them.
   */
  follow(listener: (event: PlayerEvent) => void, signal: AbortSignal): void;
}
