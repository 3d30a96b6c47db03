import { callerFault, callerFaultWith } from '#infra/kernel/errors.ts';
import { newId } from '#infra/kernel/ids.ts';
import type { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';
import {
  libraryErrorCodes,
  playlistLimit,
  type ChangeRequest,
  type KeptTrack,
  type LibraryChange,
  type LibraryChangeResponse,
  type LibraryList,
  type LibraryPart,
  type LibraryPlay,
  type ListQuery,
  type PlayRequest,
  type Playlists,
} from '#services/contracts/library.ts';
import type { EnqueueResponse } from '#services/contracts/player.ts';
import { trackOf, type Entry } from '../domain/entry.ts';
import { mustPlay } from '../domain/must-play.ts';
import { playable } from '../domain/obligations.ts';
import { emptySession } from '../domain/session.ts';
import {
  emptyList,
  isSameName,
  keptOf,
  notEmpty,
  playlistName,
  withDone,
  withFavourite,
  withTracks,
  withoutTrack,
  type Edited,
  type Kept,
  type TrackList,
} from '../domain/track-list.ts';
import { enqueueFound, type EnqueuePorts } from './enqueue.ts';
import type { ListKey, ListOwner, TrackListStore } from './library-ports.ts';
import { find, type Found } from './load.ts';
import type { Asker } from './member-rules.ts';
import type { GuildKey, SessionStore } from './ports.ts';

export interface LibraryPorts {
  readonly lists: TrackListStore;
  readonly sessions: Pick<SessionStore, 'read'>;
  readonly enqueuing: EnqueuePorts;
  /** Locked by member: their changes wait for each other. */
  readonly mutex: KeyedMutex;
  readonly now: () => number;
}

/** Who asks, and where. */
interface Occasion {
  readonly guildKey: GuildKey;
  readonly asker: Asker;
  readonly member: ListOwner;
}

type Changes = {
  readonly [Name in LibraryChange]: (
    ports: LibraryPorts,
    occasion: Occasion,
    request: ChangeRequest<Name>,
  ) => Promise<LibraryChangeResponse>;
};

const favourites = (member: ListOwner): ListKey => ({ ...member, list: 'favourites' });

/** What each change does to a member's lists. */
const changes: Changes = {
  async 'favourite.add'(ports, occasion) {
    const track = await currentTrack(ports, occasion);
    return edit(ports, occasion, favourites(occasion.member), (list) => withFavourite(list, track));
  },
  'favourite.remove': (ports, occasion, { position }) =>
    edit(ports, occasion, favourites(occasion.member), (list) => withoutTrack(list, position)),
  async 'playlist.create'(ports, occasion, request) {
    const name = playlistName(request.name);
    const id = occasion.asker.idempotencyKey;
    const lists = await ports.lists.playlists(occasion.member);
    const taken = lists.find((each) => isSameName(each.name, name));
    if (taken) {
      const stored = await ports.lists.read({ ...occasion.member, list: taken.list });
      if (stored?.done.some((done) => done.id === id)) return answer(stored, { count: 0, first: null });
      throw nameTaken(taken.name);
    }
    if (lists.length >= playlistLimit)
      throw callerFault(
        libraryErrorCodes.tooMany,
        `You have ${playlistLimit} playlists, which is the most. Delete one first.`,
        409,
      );
    const key = { ...occasion.member, list: newId('lst', ports.now()) };
    return edit(ports, occasion, key, (list) => ({ list, affected: [] }), name);
  },
  async 'playlist.add'(ports, occasion, { name, query }) {
    const key = await playlistNamed(ports, occasion.member, name);
    const tracks = query === undefined ? [await currentTrack(ports, occasion)] : await found(ports, occasion, query);
    return edit(ports, occasion, key, (list) => withTracks(list, tracks));
  },
  async 'playlist.remove'(ports, occasion, { name, position }) {
    return edit(ports, occasion, await playlistNamed(ports, occasion.member, name), (list) =>
      withoutTrack(list, position),
    );
  },
  async 'playlist.rename'(ports, occasion, request) {
    const to = playlistName(request.to);
    const key = await playlistNamed(ports, occasion.member, request.name);
    const taken = (await ports.lists.playlists(occasion.member)).find(
      (each) => each.list !== key.list && isSameName(each.name, to),
    );
    if (taken) throw nameTaken(taken.name);
    return edit(ports, occasion, key, (list) => ({ list: { ...list, name: to }, affected: [] }));
  },
  async 'playlist.delete'({ lists }, { member }, { name }) {
    const key = await playlistNamed({ lists }, member, name);
    const list = (await lists.read(key)) ?? emptyList(name);
    await lists.delete(key);
    return { name: list.name, length: 0, count: list.tracks.length, first: null };
  },
};

/** Changes what a member keeps, once per request. */
export function changeLibrary<Name extends LibraryChange>(
  ports: LibraryPorts,
  guildKey: GuildKey,
  asker: Asker,
  name: Name,
  request: ChangeRequest<Name>,
): Promise<LibraryChangeResponse> {
  const change: Changes[Name] = changes[name];
  const member = memberOf(guildKey, asker);
  return ports.mutex.run(`${member.tenant}/${member.owner}`, () => change(ports, { guildKey, asker, member }, request));
}

/** Adds a whole list of the member's to the queue, under the same rules as a playlist of a music service. */
export function playLibrary<Name extends LibraryPlay>(
  ports: LibraryPorts,
  guildKey: GuildKey,
  asker: Asker,
  request: PlayRequest<Name>,
): Promise<EnqueueResponse> {
  const member = memberOf(guildKey, asker);
  const lookUp = async (): Promise<Found> => {
    const key = request ? await playlistNamed(ports, member, request.name) : favourites(member);
    const list = (await ports.lists.read(key)) ?? emptyList(favouritesName);
    const entries = notEmpty(list).map((track) => entryOf(track, ports.now()));
    return { kind: 'tracks', entries, playlistName: list.name, isSearch: false, leftOut: [] };
  };
  return enqueueFound(ports.enqueuing, guildKey, asker, lookUp);
}

/** A part of a member's list, or of the server's history; one past the end is the last. */
export async function readLibrary<Name extends LibraryList>(
  ports: LibraryPorts,
  guildKey: GuildKey,
  asker: Asker,
  name: Name,
  query: ListQuery<Name>,
): Promise<LibraryPart> {
  const member = memberOf(guildKey, asker);
  const key =
    name === 'history.read'
      ? historyOf(guildKey)
      : 'name' in query
        ? await playlistNamed(ports, member, query.name)
        : favourites(member);
  const list = (await ports.lists.read(key)) ?? emptyList(name === 'history.read' ? 'History' : favouritesName);
  const { length } = list.tracks;
  const { limit } = query;
  const from = query.from < length ? query.from : Math.max(0, Math.ceil(length / limit) - 1) * limit;
  return { name: list.name, length, from, tracks: list.tracks.slice(from, from + limit).map(shownTrack) };
}

/** A member's playlists, by name. */
export async function listPlaylists(ports: LibraryPorts, guildKey: GuildKey, asker: Asker): Promise<Playlists> {
  const lists = await ports.lists.playlists(memberOf(guildKey, asker));
  return lists
    .map(({ name, length }) => ({ name, length }))
    .sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

/** What has played in a server belongs to the server. */
export const historyOf = ({ tenant, guild }: GuildKey): ListKey => ({ tenant, owner: guild, list: historyList });

/** The name of the list that has what has played in a server. */
export const historyList = 'history';

const favouritesName = 'Favourites';

/** Only members in Discord keep something. */
function memberOf({ tenant }: GuildKey, asker: Asker): ListOwner {
  if (asker.kind === 'discord') return { tenant, owner: asker.user };
  throw callerFault('library.members-only', 'Favourites and playlists belong to members in Discord.', 403);
}

async function edit(
  ports: LibraryPorts,
  { asker }: Occasion,
  key: ListKey,
  change: (list: TrackList) => Edited,
  name: string = favouritesName,
): Promise<LibraryChangeResponse> {
  const id = asker.idempotencyKey;
  let outcome: Pick<LibraryChangeResponse, 'count'> & { readonly first: Kept | null } = { count: 0, first: null };
  const stored = await ports.lists.change(key, (before = emptyList(name)) => {
    const done = before.done.find((each) => each.id === id);
    if (done) {
      outcome = done;
      return before;
    }
    const { list, affected } = change(before);
    outcome = { count: affected.length, first: affected[0] ?? null };
    return id === undefined ? list : withDone(list, { id, atMs: ports.now(), ...outcome });
  });
  return answer(stored, outcome);
}

const answer = (
  { name, tracks }: TrackList,
  { count, first }: { readonly count: number; readonly first: Kept | null },
): LibraryChangeResponse => ({ name, length: tracks.length, count, first: first && shownTrack(first) });

async function playlistNamed(
  { lists }: Pick<LibraryPorts, 'lists'>,
  member: ListOwner,
  entered: string,
): Promise<ListKey> {
  const list = (await lists.playlists(member)).find(({ name }) => isSameName(name, entered));
  if (list) return { ...member, list: list.list };
  throw callerFault(
    libraryErrorCodes.unknown,
    'You have no playlist of this name. /playlist list shows those that you have.',
    404,
  );
}

const nameTaken = (name: string) =>
  callerFaultWith({ name }, libraryErrorCodes.nameTaken, `You already have a playlist named “${name}”.`, 409);

async function currentTrack({ sessions, now }: LibraryPorts, { guildKey }: Occasion): Promise<Kept> {
  const session = (await sessions.read(guildKey)) ?? emptySession(guildKey.guild);
  return keptOf(mustPlay(session), now());
}

/** What this server would play of what is found; of a search, the first. */
async function found(ports: LibraryPorts, { guildKey, asker }: Occasion, query: string): Promise<readonly Kept[]> {
  const { entries, isSearch } = await find(ports.enqueuing, guildKey.tenant, query);
  const tracks = playable(entries, asker.obligations).entries.map((entry) =>
    keptOf({ ...entry, requestedBy: asker.user }, ports.now()),
  );
  return isSearch ? tracks.slice(0, 1) : tracks;
}

/** Each time it is played, a track is another entry of the queue. */
const entryOf = ({ atMs: _atMs, ...track }: Kept, nowMs: number): Entry => ({
  ...track,
  entryId: newId('ent', nowMs),
  failures: 0,
});

const shownTrack = ({ atMs, ...track }: Kept): KeptTrack => ({ ...trackOf({ ...track, failures: 0 }), atMs });
