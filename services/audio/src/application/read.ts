import type { Clock } from '#infra/kernel/clock.ts';
import type { Player } from '#services/contracts/player.ts';
import { emptySession } from '../domain/session.ts';
import type { Place, SessionStore } from './ports.ts';
import { playerOf } from './view.ts';

/** A guild's player as it is stored; a guild that never played has an idle one. */
export async function read(store: SessionStore, clock: Clock, place: Place): Promise<Player> {
  const session = (await store.read(place)) ?? emptySession(place.guild);
  return playerOf(session, clock.now());
}
