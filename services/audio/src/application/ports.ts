import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Silence } from '#tenants/instance-protocol/voice-events.ts';
import type { Entry } from '../domain/entry.ts';
import type { EndReason, Session } from '../domain/session.ts';
import type { LeftOut, PlayerEvent } from '#services/contracts/player.ts';

/** Whose music: a guild of a tenant. Two tenants' bots in one guild have nothing in common. */
export interface GuildKey {
  readonly tenant: TenantId;
  readonly guild: Snowflake;
}

/** Sessions as they are kept. Every method sees the rows of the tenant it is given and no others. */
export interface SessionStore {
  read(guildKey: GuildKey): Promise<Session | undefined>;
  /**
   * Keeps the session when the stored version is the one before it (0: none is stored); false when it is another,
   * in which case nothing was changed.
   */
  write(guildKey: GuildKey, session: Session): Promise<boolean>;
  /** Where the current track is, beside the versions: a hint for after a crash, never a conflict. */
  writePosition(guildKey: GuildKey, session: Session): Promise<void>;
  /** A tenant's sessions that play, wait or sit in voice. */
  active(tenant: TenantId): Promise<Session[]>;
  /** The same of all tenants; at the start only. */
  activeEverywhere(): Promise<{ tenant: TenantId; session: Session }[]>;
  deleteTenant(tenant: TenantId): Promise<void>;
}

/** The bot's own voice connection in a guild, as Discord tells it. */
export interface VoiceState {
  readonly userId: Snowflake;
  readonly channelId: Snowflake;
  readonly sessionId: string;
  /** Members in the channel that are not bots. */
  readonly listeners: number;
  /** Who they are, unless there are too many. */
  readonly listenerIds?: readonly Snowflake[] | undefined;
  /** Why nobody hears the bot there. */
  readonly silenced?: Silence | undefined;
  /** What a voice server needs; undefined until Discord has named one. */
  readonly server: { readonly token: string; readonly endpoint: string } | undefined;
}

/** `lost`: it was there and Discord's session forgot it. `ended`: somebody or we ended it. */
export type VoiceChange = { readonly guildKey: GuildKey } & (
  | { readonly kind: 'state'; readonly state: VoiceState; readonly before: VoiceState | undefined }
  | { readonly kind: 'ended' | 'lost'; readonly before: VoiceState | undefined }
);

/** Joining and leaving voice as a tenant's bot, through Discord's edge. */
export interface VoiceGateway {
  /** Resolves when Discord has let the bot in and named a voice server; player.voice-unavailable otherwise. */
  join(guildKey: GuildKey, channel: Snowflake): Promise<VoiceState>;
  /** Resolves when the edge has sent it. */
  leave(guildKey: GuildKey): Promise<void>;
  /**
   * What is known of the connection does not hold: takes the bot out, and tells that it is lost, so that it is made
   * anew.
   */
  discard(guildKey: GuildKey): Promise<void>;
  state(guildKey: GuildKey): VoiceState | undefined;
  /** The user id of a tenant's bot, once it has been seen in voice. */
  botUser(tenant: TenantId): Snowflake | undefined;
}

/** What a search or an address led to. `entries` have no requester yet. */
export type Loaded =
  | {
      readonly kind: 'tracks';
      readonly entries: readonly Entry[];
      readonly playlistName: string | null;
      readonly isSearch: boolean;
      /** Of a playlist: what cannot be used, or is beyond what one request adds. */
      readonly leftOut: readonly LeftOut[];
    }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly why: string };

export interface PlayOrder {
  readonly entry: Entry;
  readonly attempt: number;
  readonly positionMs: number;
  readonly paused: boolean;
  readonly volume: number;
  readonly voice: VoiceState;
  /** The node that had it last; another one is taken when it is away. */
  readonly node: string | null;
}

/** What a node says of a guild's player. */
export interface NodePlayer {
  /** Of the order that it plays; undefined without a track, or with one that is not ours. */
  readonly attempt: number | undefined;
  readonly entryId: string | undefined;
  readonly positionMs: number;
  readonly paused: boolean;
  readonly volume: number;
  readonly connected: boolean;
  /** The voice session that it has the credentials of. */
  readonly voiceSession: string;
}

/**
 * Lavalink nodes as a tenant sees them. Every method has a time limit; a node that is away: player.node-unavailable; one
 * that does not answer in time, so that nobody knows whether it has done it: player.node-no-answer.
 */
export interface Lavalink {
  load(tenant: TenantId, identifier: string): Promise<Loaded>;
  /** Opens the tenant's session on the nodes, resuming a stored one; done by `play` too. */
  open(tenant: TenantId, botUser: Snowflake): Promise<void>;
  /** Is there a node that would take an order now? */
  available(tenant: TenantId): boolean;
  /** Has this node an open session? */
  isReady(guildKey: GuildKey, node: string): boolean;
  /** Resolves with the node that took the order; a track that the node does not want: player.node-refused, -failed. */
  play(guildKey: GuildKey, order: PlayOrder): Promise<string>;
  setPaused(guildKey: GuildKey, node: string, paused: boolean): Promise<void>;
  setVolume(guildKey: GuildKey, node: string, volume: number): Promise<void>;
  setVoice(guildKey: GuildKey, node: string, voice: VoiceState): Promise<void>;
  /** Ends the track and keeps the voice connection. */
  silence(guildKey: GuildKey, node: string): Promise<void>;
  /** Ends the player with its voice connection. */
  remove(guildKey: GuildKey, node: string): Promise<void>;
  /** Guilds in which the node has a player for this tenant. */
  guilds(tenant: TenantId, node: string): Promise<Snowflake[]>;
  /** Undefined when the node knows no such player. */
  player(guildKey: GuildKey, node: string): Promise<NodePlayer | undefined>;
  /** Closes the tenant's connections when nothing plays for it anywhere: the next track opens them again. */
  rest(tenant: TenantId): Promise<void>;
  /** Ends a tenant's connections and forgets its sessions. */
  close(tenant: TenantId): Promise<void>;
}

/** What nodes tell. `attempt` is the order's number, undefined for a track that is not ours. */
export type NodeEvent =
  | { readonly kind: 'ready'; readonly tenant: TenantId; readonly node: string; readonly resumed: boolean }
  | { readonly kind: 'away'; readonly tenant: TenantId; readonly node: string }
  | {
      readonly kind: 'started';
      readonly guildKey: GuildKey;
      readonly attempt: number | undefined;
      readonly positionMs: number;
    }
  | {
      readonly kind: 'ended';
      readonly guildKey: GuildKey;
      readonly attempt: number | undefined;
      readonly reason: EndReason;
    }
  | {
      readonly kind: 'failed' | 'stuck';
      readonly guildKey: GuildKey;
      readonly attempt: number | undefined;
      readonly why: string;
    }
  | {
      readonly kind: 'position';
      readonly guildKey: GuildKey;
      readonly positionMs: number;
      readonly asOfMs: number;
      readonly connected: boolean;
    }
  | { readonly kind: 'voice-closed'; readonly guildKey: GuildKey; readonly code: number };

/** Who follows players. */
export interface Events {
  publish(tenant: TenantId, event: PlayerEvent): void;
}

/** Where players are followed: for streams to those who asked for one. */
export interface PlayerFeed {
  /** How many follow a tenant. */
  count(tenant: TenantId): number;
  /** `listener` must not throw; the returned function ends it. */
  subscribe(tenant: TenantId, listener: (event: PlayerEvent) => void): () => void;
}
