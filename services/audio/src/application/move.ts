import { callerFault } from '#infra/kernel/errors.ts';
import { playerErrorCodes, type Player } from '#services/contracts/player.ts';
import { move as moveEntry } from '../domain/queueing.ts';
import { mustListen, type Asker } from './member-rules.ts';
import type { GuildKey } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

/**
 * Moves a track within the queue. @throws BailiwickError player.unknown-entry if it has left the queue in the meantime
 */
export function move(
  unitsOfWork: UnitsOfWork,
  guildKey: GuildKey,
  asker: Asker,
  { entryId, to }: { entryId: string; to: number },
): Promise<Player> {
  return unitsOfWork.once(
    guildKey,
    asker.idempotencyKey,
    async (unit) => {
      mustListen(asker, unit.session);
      const change = moveEntry(unit.session, entryId, to);
      if (!change) throw unknownEntry();
      await unit.apply(change);
      return shown(unit);
    },
    shown,
  );
}

export const unknownEntry = () =>
  callerFault(playerErrorCodes.unknownEntry, 'This track is no longer in the queue.', 404);
