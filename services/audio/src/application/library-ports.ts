import type { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';
import type { ChangeRequest, LibraryChange, LibraryChangeResponse } from '#services/contracts/library.ts';
import type { EnqueuePorts } from './enqueue.ts';
import type { Asker } from './member-rules.ts';
import type { GuildKey, SessionStore } from './ports.ts';
import type { ListOwner, TrackListStore } from './track-lists.ts';

export interface LibraryPorts {
  readonly lists: TrackListStore;
  readonly sessions: Pick<SessionStore, 'read'>;
  readonly enqueuing: EnqueuePorts;
  /** Locked by member: their changes wait for each other. */
  readonly mutex: KeyedMutex;
  readonly now: () => number;
}

/** Who asks, and where. */
export interface Occasion {
  readonly guildKey: GuildKey;
  readonly asker: Asker;
  readonly member: ListOwner;
}

/** What each change does. */
export type Changes = {
  readonly [Name in LibraryChange]: (
    ports: LibraryPorts,
    occasion: Occasion,
    request: ChangeRequest<Name>,
  ) => Promise<LibraryChangeResponse>;
};
