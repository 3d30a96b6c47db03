import { callerFault } from '#infra/kernel/errors.ts';
import type {
  ChangeRequest,
  Exported,
  LibraryChange,
  LibraryChangeResponse,
  LibraryList,
  LibraryPart,
  LibraryPlay,
  ListQuery,
  PlayRequest,
  Playlists,
} from '#services/contracts/library.ts';
import type { EnqueueResponse } from '#services/contracts/player.ts';
import { emptyList, entryOf, notEmpty } from '../domain/track-list.ts';
import { favourites, favouritesName, playlistNamed, shownTrack } from './edit-list.ts';
import { enqueueFound } from './enqueue.ts';
import type { Changes, LibraryPorts } from './library-ports.ts';
import type { ListKey, ListOwner } from './track-lists.ts';
import { listChanges } from './list-changes.ts';
import type { Found } from './load.ts';
import type { Asker } from './member-rules.ts';
import { newPlaylists } from './new-playlists.ts';
import { topOfMember, topOfServer, topServerList } from './top-tracks.ts';
import type { GuildKey } from './ports.ts';

/** What each change does to a member's lists. */
const changes: Changes = { ...listChanges, ...newPlaylists };

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
  const key = 'name' in query ? await playlistNamed(ports, member, query.name) : keyOf(name, guildKey, member);
  const list = (await ports.lists.read(key)) ?? emptyList(favouritesName);
  const { length } = list.tracks;
  const { limit } = query;
  const from = query.from < length ? query.from : Math.max(0, Math.ceil(length / limit) - 1) * limit;
  return { name: list.name, length, from, tracks: list.tracks.slice(from, from + limit).map(shownTrack) };
}

function keyOf(name: LibraryList, guildKey: GuildKey, member: ListOwner): ListKey {
  switch (name) {
    case 'history.read':
      return historyOf(guildKey);
    case 'top.server':
      return topOfServer(guildKey);
    case 'top.mine':
      return topOfMember(member);
    case 'favourite.list':
    case 'playlist.show':
      return favourites(member);
    default:
      return name satisfies never;
  }
}

/** A member's playlists, by name. */
export async function listPlaylists(ports: LibraryPorts, guildKey: GuildKey, asker: Asker): Promise<Playlists> {
  const lists = await ports.lists.playlists(memberOf(guildKey, asker));
  return lists
    .map(({ name, length }) => ({ name, length }))
    .sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

/** The whole of a member's playlist, without what only this bot could use. */
export async function exportPlaylist(
  ports: LibraryPorts,
  guildKey: GuildKey,
  asker: Asker,
  entered: string,
): Promise<Exported> {
  const key = await playlistNamed(ports, memberOf(guildKey, asker), entered);
  const list = (await ports.lists.read(key)) ?? emptyList(entered);
  const tracks = notEmpty(list).map(({ title, author, uri, lengthMs, source, atMs }) => ({
    title,
    author,
    uri,
    lengthMs,
    source,
    atMs,
  }));
  return { name: list.name, tracks };
}

/** What has played in a server belongs to the server. */
export const historyOf = ({ tenant, guild }: GuildKey): ListKey => ({ tenant, owner: guild, list: historyList });

/** The name of the list that has what has played in a server. */
export const historyList = 'history';

/** Those that belong to a server, whose id may be that of a member. */
export const listsOfServers: readonly string[] = [historyList, topServerList];

/** Only members in Discord keep something. */
function memberOf({ tenant }: GuildKey, asker: Asker): ListOwner {
  if (asker.kind === 'discord') return { tenant, owner: asker.user };
  throw callerFault('library.members-only', 'Favourites and playlists belong to members in Discord.', 403);
}
