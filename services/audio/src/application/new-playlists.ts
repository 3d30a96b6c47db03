import { callerFault } from '#infra/kernel/errors.ts';
import { displayName } from '#infra/kernel/names.ts';
import { newId } from '#infra/kernel/ids.ts';
import {
  libraryErrorCodes,
  longestName,
  playlistLimit,
  type KeptLeftOut,
  type LibraryChangeResponse,
} from '#services/contracts/library.ts';
import { mustPlay } from '../domain/must-play.ts';
import { emptySession } from '../domain/session.ts';
import { enteredCode } from '../domain/share-code.ts';
import { isSameName, keptOf, notEmpty, playlistName, withTracks, type Kept } from '../domain/track-list.ts';
import { answerOf, editList, nameTaken } from './edit-list.ts';
import type { Changes, LibraryPorts, Occasion } from './library-ports.ts';
import { foundFor } from './list-changes.ts';

/** What makes a playlist that there was not before. */
export const newPlaylists = {
  'playlist.create': (ports, occasion, { name }) => create(ports, occasion, name, () => ({ tracks: [] })),
  'playlist.save': (ports, occasion, { name }) =>
    create(ports, occasion, name, async () => {
      const { guildKey, asker } = occasion;
      const session = (await ports.sessions.read(guildKey)) ?? emptySession(guildKey.guild);
      const waiting = [mustPlay(session), ...session.queue].map((entry) => keptOf(entry, ports.now()));
      const later = [];
      for (const { id: list } of session.later)
        later.push(await ports.lists.read({ tenant: guildKey.tenant, owner: guildKey.guild, list }));
      const tracks = [...waiting, ...later.flatMap((page) => page?.tracks ?? [])];
      return { tracks: tracks.map((track) => ({ ...track, requestedBy: asker.user })) };
    }),
  async 'playlist.import'(ports, occasion, { link, name }) {
    if (!/^https?:\/\//i.test(link))
      throw callerFault(
        libraryErrorCodes.noLink,
        'Give the link of a playlist, such as https://… To add what a search finds, use /playlist add.',
        422,
      );
    const found = await foundFor(ports, occasion, link);
    return create(ports, occasion, name ?? nameFrom(found.name ?? found.tracks[0]?.title), () => found);
  },
  async 'playlist.copy'(ports, occasion, { code, name }) {
    const entered = enteredCode(code);
    const shared = entered === undefined ? undefined : await ports.lists.shared(occasion.member.tenant, entered);
    if (!shared)
      throw callerFault(
        libraryErrorCodes.unknownCode,
        'No playlist of this bot has this code. Check it; whoever shared the playlist may have ended the code.',
        404,
      );
    const tracks = notEmpty(shared).map((track) => ({
      ...track,
      requestedBy: occasion.asker.user,
      atMs: ports.now(),
    }));
    return create(ports, occasion, name ?? shared.name, () => ({ tracks }));
  },
} as const satisfies Partial<Changes>;

/** What a link calls its tracks, as the name of a playlist. */
const nameFrom = (text: string | undefined): string =>
  displayName(text ?? '', { maxCharacters: longestName, otherwise: 'Playlist' });

interface Contents {
  readonly tracks: readonly Kept[];
  readonly leftOut?: readonly KeptLeftOut[];
}

/** Makes a playlist of this name, once per request. `contents` is asked only if there can be one. */
async function create(
  ports: LibraryPorts,
  occasion: Occasion,
  entered: string,
  contents: () => Contents | Promise<Contents>,
): Promise<LibraryChangeResponse> {
  const name = playlistName(entered);
  const id = occasion.asker.idempotencyKey;
  const lists = await ports.lists.playlists(occasion.member);
  const taken = lists.find((each) => isSameName(each.name, name));
  if (taken) {
    const stored = await ports.lists.read({ ...occasion.member, list: taken.list });
    const done = stored?.done.find((each) => each.id === id);
    if (stored && done) return answerOf(stored, done);
    throw nameTaken(taken.name);
  }
  if (lists.length >= playlistLimit)
    throw callerFault(
      libraryErrorCodes.tooMany,
      `You have ${playlistLimit} playlists, the most that you can have. Delete one first.`,
      409,
    );
  const { tracks, leftOut } = await contents();
  const key = { ...occasion.member, list: newId('lst', ports.now()) };
  return editList(
    ports,
    occasion,
    key,
    (list) => (tracks.length === 0 ? { list, affected: [] } : withTracks(list, tracks, leftOut)),
    name,
  );
}
