import { callerFault } from '#infra/kernel/errors.ts';
import { playerErrorCodes, type Player } from '#services/contracts/player.ts';
import { move as moveEntry } from '../domain/session.ts';
import { mustListen, type Asker } from './member-rules.ts';
import type { Place } from './ports.ts';
import type { Stage } from './stage.ts';
import { shown } from './view.ts';

/** Moves a track within the queue. @throws BailiwickError player.unknown-entry when it has left the queue meanwhile */
export function move(
  stage: Stage,
  place: Place,
  asker: Asker,
  { entryId, to }: { entryId: string; to: number },
): Promise<Player> {
  return stage.once(
    place,
    asker.deed,
    async (scene) => {
      mustListen(asker, scene.session);
      const change = moveEntry(scene.session, entryId, to);
      if (!change) throw unknownEntry();
      await scene.apply(change);
      return shown(scene);
    },
    shown,
  );
}

export const unknownEntry = () =>
  callerFault(playerErrorCodes.unknownEntry, 'This track is not in the queue any more.', 404);
