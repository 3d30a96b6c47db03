import type { Player } from '#services/contracts/player.ts';
import { remove as removeEntry } from '../domain/session.ts';
import { mustListen, type Asker } from './member-rules.ts';
import { unknownEntry } from './move.ts';
import type { Place } from './ports.ts';
import type { Stage } from './stage.ts';
import { shown } from './view.ts';

/** Takes a track out of the queue. @throws BailiwickError player.unknown-entry when it has left the queue meanwhile */
export function remove(stage: Stage, place: Place, asker: Asker, entryId: string): Promise<Player> {
  return stage.once(
    place,
    asker.deed,
    async (scene) => {
      mustListen(asker, scene.session);
      const change = removeEntry(scene.session, entryId);
      if (!change) throw unknownEntry();
      await scene.apply(change);
      return shown(scene);
    },
    shown,
  );
}
