import type { Player } from '#services/contracts/player.ts';
import { skip as skipSession } from '../domain/session.ts';
import { mustListen, mustPlay, type Asker } from './member-rules.ts';
import type { Place } from './ports.ts';
import type { Stage } from './stage.ts';
import { shown } from './view.ts';

/** Goes on with the next track; without one the music ends and the bot stays for a while. */
export function skip(stage: Stage, place: Place, asker: Asker): Promise<Player> {
  return stage.once(
    place,
    asker.deed,
    async (scene) => {
      mustPlay(scene.session);
      mustListen(asker, scene.session);
      await scene.apply(skipSession(scene.session, scene.nowMs));
      return shown(scene);
    },
    shown,
  );
}
