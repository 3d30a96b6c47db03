import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Track } from '#services/contracts/player.ts';
import type { SessionEvent } from '#services/contracts/timeline.ts';
import { trackOf, type Entry } from './entry.ts';
import type { DoneRequest } from './idempotency.ts';
import type { Page } from './later.ts';
import type { Session } from './session.ts';

/** What can be seen of a session to happen, with tracks as whoever reads the event has them. */
export type SeenEvent<Item> = {
  readonly [Type in SessionEvent['type']]: {
    readonly type: Type;
    readonly data: With<Item, Extract<SessionEvent, { readonly type: Type }>['data']>;
  };
}[SessionEvent['type']];
type With<Item, Data> = {
  readonly [Name in keyof Data]: Data[Name] extends Track
    ? Item
    : Data[Name] extends readonly Track[]
      ? readonly Item[]
      : Data[Name];
};

/** What happens beside that, and is not told outside. */
interface UnseenData {
  readonly TextChannelChanged: { readonly textChannel: Snowflake };
  /** These pages wait beside the queue, in this order. */
  readonly PagesChanged: { readonly pages: readonly Page[] };
  /** The queue's order before it was shuffled; null: it is not shuffled any more. */
  readonly OrderRemembered: { readonly entryIds: readonly string[] | null };
  /** Under a loop, these wait again, behind the pages. */
  readonly TurnsPassed: { readonly entryIds: readonly string[] };
  /** The current track becomes the newest of the history. */
  readonly TrackRemembered: { readonly entryId: string };
  /** The newest of the history, which is this one, leaves it to be played again. */
  readonly WentBack: { readonly entryId: string };
  /** The node was told again to play the current track. */
  readonly OrderRepeated: { readonly attempt: number };
  /** The node turned out to play the current track, by this order. */
  readonly OrderRecognised: { readonly attempt: number };
  /** Another node than before has the current track; null: none has. */
  readonly NodeChosen: { readonly node: string | null };
  /** Nothing follows the track that has ended. */
  readonly MusicEnded: { readonly atMs: number };
  /** Everything has ended, and the bot leaves. */
  readonly MusicStopped: { readonly atMs: number };
  /** The bot leaves, and the queue waits; `entryId`: the track that played, and where it was. */
  readonly MusicKept: NonNullable<Session['left']>;
  /** The track with which the bot had left goes on from where it was. */
  readonly MusicTakenUp: { readonly entryId: string };
  /** Nobody has brought the bot back in time. */
  readonly KeptMusicLapsed: { readonly atMs: number };
  readonly TrackFailed: { readonly entryId: string };
  /** The current track, which has failed, is given up. */
  readonly TrackPassedOver: { readonly entryId: string };
  /** After so many, a track has ended well, or somebody has to ask for more. */
  readonly FailuresForgotten: { readonly failureRun: number };
  readonly SkipVoted: { readonly user: Snowflake; readonly share: number };
  readonly AutoplayChanged: { readonly autoplay: Session['autoplay'] };
  /** Whether anybody listens. */
  readonly ListenersNoted: { readonly heard: boolean };
  readonly MessageChanged: { readonly message: Session['message'] };
  readonly RequestDone: DoneRequest;
  /** Beside RequestersErased: where else a member was named. `voters`: those who are left. */
  readonly MemberErased: {
    readonly entryIds: readonly string[];
    readonly pageIds: readonly string[];
    readonly requestIds: readonly string[];
    readonly voters: readonly Snowflake[];
  };
}
type UnseenEvent = {
  readonly [Type in keyof UnseenData]: { readonly type: Type; readonly data: UnseenData[Type] };
}[keyof UnseenData];

/** What happens in a session: all that it is follows from these (evolve.ts). */
export type MusicEvent = SeenEvent<Entry> | UnseenEvent;

/** The same as it is told outside: without what only the node needs; undefined if it is not told. */
export function toldOf(event: MusicEvent): SessionEvent | undefined {
  switch (event.type) {
    case 'TracksAdded':
    case 'TracksReturned':
      return { type: event.type, data: { at: event.data.at, tracks: event.data.tracks.map(trackOf) } };
    case 'TrackOrdered':
      return { type: event.type, data: { ...event.data, track: trackOf(event.data.track) } };
    case 'TrackEnded':
      return { type: event.type, data: { ...event.data, track: trackOf(event.data.track) } };
    default:
      return isUnseen(event) ? undefined : event;
  }
}

/** The types of what is not told. */
export const unseen: Readonly<Record<keyof UnseenData, true>> = {
  TextChannelChanged: true,
  PagesChanged: true,
  OrderRemembered: true,
  TurnsPassed: true,
  TrackRemembered: true,
  WentBack: true,
  OrderRepeated: true,
  OrderRecognised: true,
  NodeChosen: true,
  MusicEnded: true,
  MusicStopped: true,
  MusicKept: true,
  MusicTakenUp: true,
  KeptMusicLapsed: true,
  TrackFailed: true,
  TrackPassedOver: true,
  FailuresForgotten: true,
  SkipVoted: true,
  AutoplayChanged: true,
  ListenersNoted: true,
  MessageChanged: true,
  RequestDone: true,
  MemberErased: true,
};
const isUnseen = (event: MusicEvent): event is UnseenEvent => Object.hasOwn(unseen, event.type);
