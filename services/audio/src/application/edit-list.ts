import { callerFault, callerFaultWith } from '#infra/kernel/errors.ts';
import {
  libraryErrorCodes,
  type KeptLeftOut,
  type KeptTrack,
  type LibraryChangeResponse,
} from '#services/contracts/library.ts';
import { mustPlay } from '../domain/must-play.ts';
import { emptySession } from '../domain/session.ts';
import { shownCode } from '../domain/share-code.ts';
import {
  emptyList,
  isSameName,
  keptOf,
  withDone,
  type Edited,
  type Kept,
  type TrackList,
} from '../domain/track-list.ts';
import type { LibraryPorts, Occasion } from './library-ports.ts';
import type { ListKey, ListOwner } from './track-lists.ts';
import { trackOf } from '../domain/entry.ts';

export const favouritesName = 'Favourites';
export const favourites = (member: ListOwner): ListKey => ({ ...member, list: 'favourites' });

/** Changes a list, once per request; a repeated request gets the same answer. `name`: of a list that is not stored yet. */
export async function editList(
  ports: Pick<LibraryPorts, 'lists' | 'now'>,
  { asker }: Pick<Occasion, 'asker'>,
  key: ListKey,
  change: (list: TrackList) => Edited,
  name: string = favouritesName,
): Promise<LibraryChangeResponse> {
  const id = asker.idempotencyKey;
  let outcome: Outcome = { count: 0, first: null };
  const stored = await ports.lists.change(key, (before = emptyList(name)) => {
    const done = before.done.find((each) => each.id === id);
    if (done) {
      outcome = done;
      return before;
    }
    const { list, affected, leftOut } = change(before);
    const { length: count, 0: first = null } = affected;
    outcome = { count, first, leftOut };
    return id === undefined ? list : withDone(list, { id, atMs: ports.now(), count, first });
  });
  return answerOf(stored, outcome);
}

interface Outcome {
  readonly count: number;
  readonly first: Kept | null;
  readonly leftOut?: readonly KeptLeftOut[] | undefined;
}

export const answerOf = (
  { name, tracks, share }: TrackList,
  { count, first, leftOut = [] }: Outcome,
): LibraryChangeResponse => ({
  name,
  length: tracks.length,
  count,
  first: first && shownTrack(first),
  leftOut: [...leftOut],
  code: share === undefined ? null : shownCode(share),
});

export const shownTrack = ({ atMs, plays, ...track }: Kept): KeptTrack => ({
  ...trackOf({ ...track, failures: 0 }),
  atMs,
  ...(plays === undefined ? {} : { plays }),
});

/** @throws BailiwickError library.unknown-playlist */
export async function playlistNamed(
  { lists }: Pick<LibraryPorts, 'lists'>,
  member: ListOwner,
  entered: string,
): Promise<ListKey> {
  const list = (await lists.playlists(member)).find(({ name }) => isSameName(name, entered));
  if (list) return { ...member, list: list.list };
  throw callerFault(
    libraryErrorCodes.unknown,
    'You have no playlist with this name. /playlist list shows the ones that you have.',
    404,
  );
}

export const nameTaken = (name: string) =>
  callerFaultWith({ name }, libraryErrorCodes.nameTaken, `You already have a playlist named “${name}”.`, 409);

/** @throws BailiwickError player.nothing-plays */
export async function currentTrack(
  { sessions, now }: Pick<LibraryPorts, 'sessions' | 'now'>,
  { guildKey }: Pick<Occasion, 'guildKey'>,
): Promise<Kept> {
  const session = (await sessions.read(guildKey)) ?? emptySession(guildKey.guild);
  return keptOf(mustPlay(session), now());
}
