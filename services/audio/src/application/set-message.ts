import type { Player } from '#services/contracts/player.ts';
import { setMessage as setSessionMessage } from '../domain/bookkeeping.ts';
import type { Session } from '../domain/session.ts';
import type { GuildKey } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';
import { playerOf } from './view.ts';

/** Stores the now-playing message, so that a restarted bot edits it instead of posting another. */
export function setMessage(unitsOfWork: UnitsOfWork, guildKey: GuildKey, message: Session['message']): Promise<Player> {
  return unitsOfWork.enter(guildKey, async (unit) => {
    await unit.apply(setSessionMessage(unit.session, message));
    return playerOf(unit.session, unit.nowMs);
  });
}
