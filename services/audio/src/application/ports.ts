import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Silence } from '#tenants/instance-protocol/voice-events.ts';
import type { Entry } from '../domain/entry.ts';
import type { NodeFilters } from '../domain/filters.ts';
import type { EndReason } from '../domain/track-reports.ts';
import type { Session } from '../domain/session.ts';
import type { LeftOut, PlayerEvent } from '#services/contracts/player.ts';
import type { MusicEvent } from '../domain/music-events.ts';
import type { Moment, SessionEvent } from '#services/contracts/timeline.ts';

/** Whose music: a guild of a tenant. Two tenants' bots in one guild have nothing in common. */
export interface GuildKey {
  readonly tenant: TenantId;
  readonly guild: Snowflake;
}

/**
 * Stored sessions. Every method sees only the rows of the given tenant. Those that need the keys reject with
 * player.unavailable (424) while these cannot be reached, and those that write with lease.lost (421) when another
 * process acts for the tenant.
 */
export interface SessionStore {
  read(guildKey: GuildKey): Promise<Session | undefined>;
  /**
   * Stores the session, and with it what has happened, if the stored version is the one before it (0: none is stored);
   * false if it is another, in which case nothing was changed.
   */
  write(guildKey: GuildKey, session: Session, happened?: Pick<Happened, 'events' | 'atMs'>): Promise<boolean>;
  /** The position of the current track, independent of versions: a hint for after a crash, never a conflict. */
  writePosition(guildKey: GuildKey, session: Session): Promise<void>;
  /** A tenant's sessions that play, wait, are in voice, or have a now-playing message. */
  active(tenant: TenantId): Promise<Session[]>;
  /** The same for several tenants. @throws keyring.unavailable */
  activeOf(tenants: readonly TenantId[]): Promise<{ tenant: TenantId; session: Session }[]>;
  /** The guilds for which there is a session, active or not. */
  guilds(tenant: TenantId): Promise<Snowflake[]>;
  /** Seals what an earlier release has stored unsealed. Can be interrupted and repeated. @throws keyring.unavailable */
  sealEarlier(): Promise<void>;
  /** With their timelines. */
  deleteTenant(tenant: TenantId): Promise<void>;
  /** What this member has asked for was asked for by nobody, also in the past. Can be interrupted and repeated. */
  eraseFromTimelines(tenant: TenantId, user: Snowflake): Promise<void>;
}

/** What a change of a session consists of, and the session after it. */
export interface Happened {
  readonly events: readonly MusicEvent[];
  readonly atMs: number;
  readonly session: Session;
}

/** What has happened in sessions. @throws player.unavailable (424) while the keys cannot be reached */
export interface SessionTimeline {
  /** What could be seen then, and since when; undefined if that is not kept, or nothing had happened. */
  momentAt(
    guildKey: GuildKey,
    atMs: number,
  ): Promise<{ readonly moment: Moment; readonly sinceMs: number } | undefined>;
  /** What happened in a time, both ends included, in order: at most `limit`, those above version `after`. */
  events(
    guildKey: GuildKey,
    range: { readonly fromMs: number; readonly toMs: number; readonly after: number; readonly limit: number },
  ): Promise<readonly { readonly version: number; readonly atMs: number; readonly event: SessionEvent }[]>;
}

/** The bot's own voice connection in a guild, as Discord reports it. */
export interface VoiceState {
  readonly userId: Snowflake;
  readonly channelId: Snowflake;
  readonly sessionId: string;
  /** Members in the channel, without bots. */
  readonly listeners: number;
  /** Who they are, unless there are too many. */
  readonly listenerIds?: readonly Snowflake[] | undefined;
  /** Those who hear nothing, being deafened: they have no part in votes. */
  readonly deafIds?: readonly Snowflake[] | undefined;
  /** Why nobody hears the bot there. */
  readonly silenced?: Silence | undefined;
  /** What a voice server needs; undefined until Discord has named one. */
  readonly server: { readonly token: string; readonly endpoint: string } | undefined;
}

/** `lost`: it existed and Discord's session lost it. `ended`: somebody or we ended it, or the channel was deleted. */
export type VoiceChange = { readonly guildKey: GuildKey } & (
  | { readonly kind: 'state'; readonly state: VoiceState; readonly before: VoiceState | undefined }
  | { readonly kind: 'ended' | 'lost'; readonly before: VoiceState | undefined; readonly isDeleted?: boolean }
);

/** Joins and leaves voice as a tenant's bot, through discord-edge. */
export interface VoiceGateway {
  /**
   * Resolves when Discord has let the bot in and named a voice server; otherwise player.voice-unavailable, and the bot is
   * sent back to where it was.
   */
  join(guildKey: GuildKey, channel: Snowflake): Promise<VoiceState>;
  /** Resolves when the edge has sent it. */
  leave(guildKey: GuildKey): Promise<void>;
  /** What is known of the connection is wrong: takes the bot out and reports it lost, so that it is made again. */
  discard(guildKey: GuildKey): Promise<void>;
  state(guildKey: GuildKey): VoiceState | undefined;
  /** Where bots are in voice now, for whichever tenants. */
  inVoice(): readonly GuildKey[];
  /** The user id of a tenant's bot, once it has been seen in voice. */
  botUser(tenant: TenantId): Snowflake | undefined;
}

/** The result of a search or URL. `entries` have no requester yet. */
export type Loaded =
  | {
      readonly kind: 'tracks';
      readonly entries: readonly Entry[];
      readonly playlistName: string | null;
      readonly isSearch: boolean;
      /** Of a playlist: what cannot be used, or exceeds what one request adds. */
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
  readonly filters: NodeFilters;
  /** SponsorBlock's categories that are left out; a node without its plugin plays everything. */
  readonly skipSegments: readonly string[];
  readonly voice: VoiceState;
  /** The node that had it last; another one is used if it is unavailable. */
  readonly node: string | null;
}

/** A guild's player as reported by a node. */
export interface NodePlayer {
  /** Of the order that it plays; undefined without a track, or with one that is not ours. */
  readonly attempt: number | undefined;
  readonly entryId: string | undefined;
  readonly positionMs: number;
  readonly paused: boolean;
  readonly volume: number;
  /** Whether any filter is on. */
  readonly filtered: boolean;
  readonly connected: boolean;
  /** The voice session whose credentials it has. */
  readonly voiceSession: string;
}

/** What at least one node has, as nodes name it; undefined while a node has not said. */
export interface Abilities {
  readonly sources: readonly string[] | undefined;
  readonly filters: readonly string[] | undefined;
  /** Whether parts of videos can be left out. */
  readonly segments: boolean | undefined;
}

/** `atMs` is when a line is sung; null in all of them if it is not known. */
export interface Lyrics {
  readonly provider: string;
  readonly lines: readonly { readonly atMs: number | null; readonly text: string }[];
}

/**
 * Lavalink nodes as a tenant sees them. Every method has a time limit; an unavailable node: player.node-unavailable;
 * one that does not respond in time, so that it is unknown whether it acted: player.node-no-answer.
 */
export interface Lavalink {
  load(tenant: TenantId, identifier: string): Promise<Loaded>;
  abilities(): Abilities;
  /** Of the entry that `node` plays; another node is asked if that one has no plugin for it. */
  lyrics(guildKey: GuildKey, node: string | null, entry: Entry): Promise<Lyrics | 'no-plugin' | 'none'>;
  /** Opens the tenant's session on the nodes, resuming a stored one; `play` does this too. */
  open(tenant: TenantId, botUser: Snowflake): Promise<void>;
  /** Whether there is a node that would accept an order now; `besides` that one, if it is named. */
  available(tenant: TenantId, besides?: string): boolean;
  /** Whether this node has an open session. */
  isReady(guildKey: GuildKey, node: string): boolean;
  /** Whether this node gets no requests because it has failed too often, although its sessions may be open. */
  isFailing(node: string): boolean;
  /** Resolves with the node that accepted the order; a track that the node rejects: player.node-refused, -failed. */
  play(guildKey: GuildKey, order: PlayOrder): Promise<string>;
  /** SponsorBlock's categories that are left out from now on; nothing happens at a node without its plugin. */
  skipSegments(guildKey: GuildKey, node: string, categories: readonly string[]): Promise<void>;
  setPaused(guildKey: GuildKey, node: string, paused: boolean): Promise<void>;
  setVolume(guildKey: GuildKey, node: string, volume: number): Promise<void>;
  /** Replaces all filters. */
  setFilters(guildKey: GuildKey, node: string, filters: NodeFilters): Promise<void>;
  setVoice(guildKey: GuildKey, node: string, voice: VoiceState): Promise<void>;
  /** Ends the track and keeps the voice connection. */
  silence(guildKey: GuildKey, node: string): Promise<void>;
  /** Ends the player with its voice connection. */
  remove(guildKey: GuildKey, node: string): Promise<void>;
  /** Guilds in which the node has a player for this tenant. */
  guilds(tenant: TenantId, node: string): Promise<Snowflake[]>;
  /** Undefined when the node knows no such player. */
  player(guildKey: GuildKey, node: string): Promise<NodePlayer | undefined>;
  /** Closes the tenant's connections if nothing plays for it anywhere: the next track opens them again. */
  rest(tenant: TenantId): Promise<void>;
  /** Closes a tenant's connections; its sessions stay on the nodes for a minute. */
  close(tenant: TenantId): Promise<void>;
}

/** Reports from nodes, and about them. `attempt` is the order's number, undefined for a track that is not ours. */
export type NodeEvent = { readonly node: string } & (
  | { readonly kind: 'ready'; readonly tenant: TenantId; readonly resumed: boolean }
  | { readonly kind: 'away'; readonly tenant: TenantId }
  /** It is being drained, and there is another node: players move to that. */
  | { readonly kind: 'draining'; readonly tenant: TenantId }
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
  /** A part was left out; the track goes on at this position. */
  | {
      readonly kind: 'segment-skipped';
      readonly guildKey: GuildKey;
      readonly category: string;
      readonly positionMs: number;
      readonly asOfMs: number;
    }
  | { readonly kind: 'voice-closed'; readonly guildKey: GuildKey; readonly code: number }
);

/** A follower of players. */
export interface Events {
  publish(tenant: TenantId, event: PlayerEvent): void;
}

/** Where players are followed: for streams to those who requested one. */
export interface PlayerFeed {
  /** The number of a tenant's followers. */
  count(tenant: TenantId): number;
  /** `listener` must not throw; the returned function stops it. */
  subscribe(tenant: TenantId, listener: (event: PlayerEvent) => void): () => void;
}
