import type { Player } from '#services/contracts/player.ts';
import { remove as removeEntry } from '../domain/session.ts';
import { mustListen, type Asker } from './member-rules.ts';
import { unknownEntry } from './move.ts';
import type { GuildKey } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

/** Takes a track out of the queue. @throws BailiwickError player.unknown-entry when it has left the queue meanwhile */
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
