import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { TrackList } from '../domain/track-list.ts';

/** A member at one tenant's bot, or a server. */
export interface ListOwner {
  readonly tenant: TenantId;
  readonly owner: Snowflake;
}

/** `list`: `favourites`, `history`, or the id of a playlist. */
export interface ListKey extends ListOwner {
  readonly list: string;
}

/** Stored lists. Everything but `delete` and `deleteOwner` rejects with library.unavailable (424) while the keys cannot be reached. */
export interface TrackListStore {
  /** A member's playlists, without their tracks. */
  playlists(
    owner: ListOwner,
  ): Promise<readonly { readonly list: string; readonly name: string; readonly length: number }[]>;
  read(key: ListKey): Promise<TrackList | undefined>;
  /** Stores what `edit` returns and resolves with it; nothing is stored if that is what it was given. */
  change(key: ListKey, edit: (before: TrackList | undefined) => TrackList): Promise<TrackList>;
  /** The same for every list of a tenant, one after the other; what is deleted meanwhile stays so. */
  changeAll(tenant: TenantId, edit: (before: TrackList, list: string) => TrackList): Promise<void>;
  delete(key: ListKey): Promise<void>;
  /** Deletes what a member keeps; the history of a server stays, whatever its id. */
  deleteOwner(owner: ListOwner): Promise<void>;
  /** Deletes a tenant's lists, and destroys the key that sealed them. @throws keyring.unavailable */
  deleteTenant(tenant: TenantId): Promise<void>;
}
