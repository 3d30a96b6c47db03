import type {
  ChangeRequest,
  Exported,
  LibraryChange,
  LibraryChangeResponse,
  LibraryList,
  LibraryPart,
  LibraryPlay,
  ListQuery,
  Playlists,
  PlayRequest,
} from '#services/contracts/library.ts';
import type { EnqueueResponse } from '#services/contracts/player.ts';
import type { OnBehalf } from './player-port.ts';

/**
 * What members keep and what has played, as the bot's use cases see it; whose it is comes from the transaction token.
 * Requests are the options as the member entered them. Refusals as of PlayerPort, and libraryErrorCodes.
 */
export interface LibraryPort {
  change<Name extends LibraryChange>(
    on: OnBehalf,
    name: Name,
    request: ChangeRequest<Name>,
  ): Promise<LibraryChangeResponse>;
  /** Adds a whole list to the queue. */
  play<Name extends LibraryPlay>(on: OnBehalf, name: Name, request: PlayRequest<Name>): Promise<EnqueueResponse>;
  part<Name extends LibraryList>(on: OnBehalf, name: Name, query: ListQuery<Name>): Promise<LibraryPart>;
  /** The member's playlists; gives up after 2 s, since Discord waits 3 s for choices. */
  playlists(on: OnBehalf): Promise<Playlists>;
  /** The whole of a playlist. */
  export(on: OnBehalf, name: string): Promise<Exported>;
}
