import type { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Player, playerListSchema, QueueSlice } from '#services/contracts/player.ts';
import { stillKept } from '../domain/leave.ts';
import { emptySession } from '../domain/session.ts';
import { asItStarts, type SettingsPorts, type SettingsStore } from './guild-settings.ts';
import type { GuildKey, SessionStore } from './ports.ts';
import { playerOf, sliceOf, type QueuePart } from './view.ts';

/** A guild's player as stored; a guild that never played has an idle one. One in no channel has the volume and filter to come. */
export async function read(
  {
    store,
    clock,
    ...ports
  }: Pick<SettingsPorts, 'features'> & {
    readonly store: SessionStore;
    readonly settings: Pick<SettingsStore, 'read'>;
    readonly clock: Clock;
  },
  guildKey: GuildKey,
): Promise<Player> {
  const kept = stillKept((await store.read(guildKey)) ?? emptySession(guildKey.guild), clock.now());
  const { session } = await asItStarts(ports, guildKey, kept.session);
  return playerOf(session, clock.now());
}

/** A part of a guild's queue. */
export async function slice(
  { store, clock }: { readonly store: SessionStore; readonly clock: Clock },
  guildKey: GuildKey,
  part: QueuePart,
): Promise<QueueSlice> {
  const { session } = stillKept((await store.read(guildKey)) ?? emptySession(guildKey.guild), clock.now());
  return sliceOf(session, part);
}

/** A tenant's players that play, wait or are in voice, without their queues. */
export async function list(
  store: SessionStore,
  clock: Clock,
  tenant: TenantId,
): Promise<z.infer<typeof playerListSchema>> {
  const active = await store.active(tenant);
  const players = active
    .filter(({ current, voiceChannel }) => current ?? voiceChannel)
    .map((session) => {
      const {
        queue: _queue,
        later: _later,
        message: _message,
        textChannel: _text,
        volume: _volume,
        loop: _loop,
        autoplay: _autoplay,
        filters: _filters,
        filterValues: _filterValues,
        why: _why,
        speed: _speed,
        ...summary
      } = playerOf(session, clock.now());
      return summary;
    });
  return { players };
}
