import { callerFault } from '#infra/kernel/errors.ts';
import { libraryErrorCodes } from '#services/contracts/library.ts';
import { playable } from '../domain/obligations.ts';
import { newShareCode } from '../domain/share-code.ts';
import {
  emptyList,
  isSameName,
  keptOf,
  playlistName,
  withFavourites,
  withMoved,
  withTracks,
  withoutTrack,
  type Edited,
  type Kept,
} from '../domain/track-list.ts';
import { answerOf, currentTrack, editList, favourites, nameTaken, playlistNamed } from './edit-list.ts';
import type { Changes, LibraryPorts, Occasion } from './library-ports.ts';
import { findFor, type Found } from './load.ts';
import { topOfMember } from './top-tracks.ts';

/** What changes a list that a member has. */
export const listChanges = {
  async 'favourite.add'(ports, occasion, request) {
    const { tracks, leftOut } =
      request === undefined
        ? { tracks: [await currentTrack(ports, occasion)], leftOut: [] }
        : await foundFor(ports, occasion, request.query);
    return editList(ports, occasion, favourites(occasion.member), (list) => withFavourites(list, tracks, leftOut));
  },
  'favourite.remove': (ports, occasion, { position }) =>
    editList(ports, occasion, favourites(occasion.member), (list) => withoutTrack(list, position)),
  'top.count': (ports, occasion, { on }) =>
    editList(ports, occasion, topOfMember(occasion.member), ({ uncounted, ...list }): Edited => {
      const counted = uncounted ? { ...list, countedSinceMs: ports.now() } : list;
      return { list: on ? counted : { ...list, tracks: [], uncounted: true }, affected: [] };
    }),
  async 'playlist.add'(ports, occasion, { name, query }) {
    const key = await playlistNamed(ports, occasion.member, name);
    const { tracks, leftOut } =
      query === undefined
        ? { tracks: [await currentTrack(ports, occasion)], leftOut: [] }
        : await foundFor(ports, occasion, query);
    return editList(ports, occasion, key, (list) => withTracks(list, tracks, leftOut));
  },
  async 'playlist.remove'(ports, occasion, { name, position }) {
    const key = await playlistNamed(ports, occasion.member, name);
    return editList(ports, occasion, key, (list) => withoutTrack(list, position));
  },
  async 'playlist.move'(ports, occasion, { name, from, to }) {
    const key = await playlistNamed(ports, occasion.member, name);
    return editList(ports, occasion, key, (list) => withMoved(list, from, to));
  },
  async 'playlist.rename'(ports, occasion, request) {
    const to = playlistName(request.to);
    const key = await playlistNamed(ports, occasion.member, request.name);
    const taken = (await ports.lists.playlists(occasion.member)).find(
      (each) => each.list !== key.list && isSameName(each.name, to),
    );
    if (taken) throw nameTaken(taken.name);
    return editList(ports, occasion, key, (list) => ({ list: { ...list, name: to }, affected: [] }));
  },
  async 'playlist.delete'({ lists }, { member }, { name }) {
    const key = await playlistNamed({ lists }, member, name);
    const list = (await lists.read(key)) ?? emptyList(name);
    await lists.delete(key);
    return answerOf({ ...list, tracks: [], share: undefined }, { count: list.tracks.length, first: null });
  },
  async 'playlist.share'(ports, occasion, { name }) {
    const key = await playlistNamed(ports, occasion.member, name);
    return editList(ports, occasion, key, (list): Edited => {
      return { list: { ...list, share: list.share ?? newShareCode() }, affected: [] };
    });
  },
  async 'playlist.unshare'(ports, occasion, { name }) {
    const key = await playlistNamed(ports, occasion.member, name);
    return editList(ports, occasion, key, ({ share, ...list }): Edited => {
      if (share === undefined)
        throw callerFault(libraryErrorCodes.notShared, `“${list.name}” is not shared, so it has no code.`, 409);
      return { list, affected: [] };
    });
  },
} as const satisfies Partial<Changes>;

interface Loaded {
  readonly tracks: readonly Kept[];
  readonly leftOut: Found['leftOut'];
  /** What is at a link may have one. */
  readonly name: string | null;
}

/** What this server would play of what is found; of a search, the first. */
export async function foundFor(ports: LibraryPorts, { guildKey, asker }: Occasion, query: string): Promise<Loaded> {
  const { entries, isSearch, leftOut, playlistName: name } = await findFor(ports.enqueuing, guildKey, query);
  const wanted = playable(entries, asker.obligations);
  const tracks = wanted.entries.map((entry) => keptOf({ ...entry, requestedBy: asker.user }, ports.now()));
  if (isSearch) return { tracks: tracks.slice(0, 1), leftOut: [], name: null };
  return { tracks, leftOut: [...leftOut, ...wanted.leftOut], name };
}
