import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { TrackList } from '../domain/track-list.ts';

/** A member at one tenant's bot, or a server. */
export interface ListOwner {
  readonly tenant: TenantId;
  readonly owner: Snowflake;
}

/** `list`: `favourites`, `top` or the id of a playlist; of a server `history`, `top-server`, `played-<day>` or a page of its queue, `page_…`. */
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
  /** The list of any member of this tenant that is shared by this code. */
  shared(tenant: TenantId, code: string): Promise<TrackList | undefined>;
  /** Stores what `edit` returns and resolves with it; nothing is stored if that is what it was given. */
  change(key: ListKey, edit: (before: TrackList | undefined) => TrackList): Promise<TrackList>;
  /** The same for every list of a tenant, one after the other; what is deleted meanwhile stays so. */
  changeAll(tenant: TenantId, edit: (before: TrackList, list: string) => TrackList): Promise<void>;
  /**
   * What was played on days (played-days.ts), of all servers or one, the newest first. `from` and `to` are names of lists,
   * both included; `after`: the last one that is known.
   */
  days(
    tenant: TenantId,
    range: {
      readonly from: string;
      readonly to: string;
      readonly guild?: Snowflake | undefined;
      readonly after?: { readonly list: string; readonly owner: Snowflake } | undefined;
      readonly limit: number;
    },
  ): Promise<readonly { readonly owner: Snowflake; readonly list: string; readonly day: TrackList }[]>;
  delete(key: ListKey): Promise<void>;
  /** Deletes the pages of a server's queue (long-queues.ts) except for these. */
  deleteOtherPages(server: ListOwner, kept: readonly string[]): Promise<void>;
  /** Deletes what a member keeps; what belongs to a server stays, whatever its id. */
  deleteOwner(owner: ListOwner): Promise<void>;
  /** Deletes a tenant's lists, and destroys the key that sealed them. @throws keyring.unavailable */
  deleteTenant(tenant: TenantId): Promise<void>;
}
