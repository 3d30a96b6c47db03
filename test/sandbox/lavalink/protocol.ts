/**
 * Info about a track, in every response and event (Lavalink docs/api/rest.md, "Track Info"). Lengths and positions in
 * ms.
 */
export interface TrackInfo {
  readonly identifier: string;
  readonly isSeekable: boolean;
  readonly author: string;
  readonly length: number;
  readonly isStream: boolean;
  readonly position: number;
  readonly title: string;
  readonly uri: string | null;
  readonly artworkUrl: string | null;
  readonly isrc: string | null;
  readonly sourceName: string;
}

/** Lavalink's Track: `encoded` is enough to play it again on any node. */
export interface Track {
  readonly encoded: string;
  readonly info: TrackInfo;
  readonly pluginInfo: Readonly<Record<string, unknown>>;
  readonly userData: Readonly<Record<string, unknown>>;
}

/** How severe a failure is and who is to blame (docs/api/websocket.md, "Severity"). */
export const severities = ['common', 'suspicious', 'fault'] as const;
export type Severity = (typeof severities)[number];

/** A failure as Lavalink reports it, in load results and TrackExceptionEvent. */
export interface LavalinkException {
  readonly message: string | null;
  readonly severity: Severity;
  readonly cause: string;
  readonly causeStackTrace: string;
}

/** The response of `GET /v4/loadtracks`. `empty` has null data, as in Lavalink 4. */
export type LoadResult =
  | { readonly loadType: 'track'; readonly data: Track }
  | {
      readonly loadType: 'playlist';
      readonly data: {
        readonly info: { readonly name: string; readonly selectedTrack: number };
        readonly pluginInfo: Readonly<Record<string, unknown>>;
        readonly tracks: readonly Track[];
      };
    }
  | { readonly loadType: 'search'; readonly data: readonly Track[] }
  | { readonly loadType: 'empty'; readonly data: null }
  | { readonly loadType: 'error'; readonly data: LavalinkException };

/** The credentials of a voice connection, as passed on by a client (v4.2: channelId is required for DAVE). */
export interface VoiceState {
  readonly token: string;
  readonly endpoint: string;
  readonly sessionId: string;
  readonly channelId: string | null;
}

/** A player's state; `time` in ms since the epoch, `ping` is -1 without a voice connection. */
export interface PlayerState {
  readonly time: number;
  readonly position: number;
  readonly connected: boolean;
  readonly ping: number;
}

/** Filters are stored and returned as given; only `timescale` has an effect here (the speed of the track). */
export type Filters = Readonly<Record<string, unknown>>;

/** A player as REST returns it. */
export interface PlayerBody {
  readonly guildId: string;
  readonly track: Track | null;
  readonly volume: number;
  readonly paused: boolean;
  readonly state: PlayerState;
  readonly voice: VoiceState;
  readonly filters: Filters;
}

/** Why a track ended; only after `finished` and `loadFailed` may a client start the next. */
export type TrackEndReason = 'finished' | 'loadFailed' | 'stopped' | 'replaced' | 'cleanup';

/** Of SponsorBlock-Plugin: from `start` up to `end`, in ms of the track. */
export interface Segment {
  readonly category: string;
  readonly start: number;
  readonly end: number;
}

/** Events of SponsorBlock-Plugin, after its `categories` were set. */
export type SegmentEvent =
  | { readonly type: 'SegmentsLoaded'; readonly segments: readonly Segment[] }
  | { readonly type: 'SegmentSkipped'; readonly segment: Segment };

/** Events that a player sends to its client. */
export type PlayerEvent =
  | { readonly type: 'TrackStartEvent'; readonly track: Track }
  | { readonly type: 'TrackEndEvent'; readonly track: Track; readonly reason: TrackEndReason }
  | { readonly type: 'TrackExceptionEvent'; readonly track: Track; readonly exception: LavalinkException }
  | { readonly type: 'TrackStuckEvent'; readonly track: Track; readonly thresholdMs: number }
  | {
      readonly type: 'WebSocketClosedEvent';
      readonly code: number;
      readonly reason: string;
      readonly byRemote: boolean;
    }
  | SegmentEvent;

/** Node statistics; `frameStats` is null without players and absent over REST. */
export interface Stats {
  readonly players: number;
  readonly playingPlayers: number;
  readonly uptime: number;
  readonly memory: {
    readonly free: number;
    readonly used: number;
    readonly allocated: number;
    readonly reservable: number;
  };
  readonly cpu: { readonly cores: number; readonly systemLoad: number; readonly lavalinkLoad: number };
  readonly frameStats?: { readonly sent: number; readonly nulled: number; readonly deficit: number } | null;
}

/** Every WebSocket message (server to client only in v4). */
export type Message =
  | { readonly op: 'ready'; readonly resumed: boolean; readonly sessionId: string }
  | { readonly op: 'playerUpdate'; readonly guildId: string; readonly state: PlayerState }
  | ({ readonly op: 'stats' } & Stats)
  | ({ readonly op: 'event'; readonly guildId: string } & PlayerEvent);
