import type { Player } from '#services/contracts/player.ts';
import { remove as removeEntry } from '../domain/queueing.ts';
import { mustListen, type Asker } from './member-rules.ts';
import { unknownEntry } from './move.ts';
import type { GuildKey } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

/**
 * Removes a track from the queue. @throws BailiwickError player.unknown-entry if it has left the queue in the meantime
 */
export function remove(unitsOfWork: UnitsOfWork, guildKey: GuildKey, asker: Asker, entryId: string): Promise<Player> {
  return unitsOfWork.once(
    guildKey,
    asker.idempotencyKey,
    async (unit) => {
      mustListen(asker, unit.session);
      const change = removeEntry(unit.session, entryId);
      if (!change) throw unknownEntry();
      await unit.apply(change);
      return shown(unit);
    },
    shown,
  );
}
