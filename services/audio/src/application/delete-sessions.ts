import type { TenantId } from '#infra/kernel/ids.ts';
import { stop } from '../domain/controls.ts';
import type { SettingsStore } from './guild-settings.ts';
import type { TrackListStore } from './track-lists.ts';
import type { Lavalink, SessionStore } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';

/**
 * Ends a tenant's music everywhere, deletes what is stored of it and what members keep, and destroys the key of that;
 * repeating it changes nothing.
 */
export async function deleteSessions(
  ports: {
    readonly unitsOfWork: UnitsOfWork;
    readonly store: SessionStore;
    readonly lavalink: Lavalink;
    readonly lists: Pick<TrackListStore, 'deleteTenant'>;
    readonly settings: Pick<SettingsStore, 'deleteTenant'>;
  },
  tenant: TenantId,
): Promise<void> {
  for (const { guild } of await ports.store.active(tenant)) {
    await ports.unitsOfWork.enter({ tenant, guild }, (unit) => unit.apply(stop(unit.session, unit.nowMs)));
  }
  await ports.lavalink.close(tenant);
  await ports.store.deleteTenant(tenant);
  await ports.settings.deleteTenant(tenant);
  await ports.lists.deleteTenant(tenant);
}
