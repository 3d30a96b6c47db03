import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import { historyWithout, listWithout, sessionWithout } from '../domain/without-member.ts';
import { historyList } from './library.ts';
import type { TrackListStore } from './track-lists.ts';
import type { SessionStore } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';

/**
 * Deletes a member's favourites and playlists at a tenant, what they asked for from the histories, and their id from
 * sessions, timelines and other members' lists. The music goes on. Repeating it changes nothing.
 */
export async function eraseMember(
  ports: {
    readonly unitsOfWork: UnitsOfWork;
    readonly store: Pick<SessionStore, 'guilds' | 'eraseFromTimelines'>;
    readonly lists: Pick<TrackListStore, 'changeAll' | 'deleteOwner'>;
  },
  tenant: TenantId,
  user: Snowflake,
): Promise<void> {
  const { unitsOfWork, store, lists } = ports;
  for (const guild of await store.guilds(tenant))
    await unitsOfWork.enter({ tenant, guild }, (unit) => unit.apply(sessionWithout(unit.session, user)));
  await store.eraseFromTimelines(tenant, user);
  await lists.deleteOwner({ tenant, owner: user });
  await lists.changeAll(tenant, (before, list) =>
    list === historyList ? historyWithout(before, user) : listWithout(before, user),
  );
}
