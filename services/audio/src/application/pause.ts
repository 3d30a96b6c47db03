import type { Player } from '#services/contracts/player.ts';
import { pause as pauseSession } from '../domain/session.ts';
import { mustListen, mustPlay, type Asker } from './member-rules.ts';
import type { Place } from './ports.ts';
import type { Stage } from './stage.ts';
import { shown } from './view.ts';

/** Holds the music where it is; asking twice changes nothing. */
export function pause(stage: Stage, place: Place, asker: Asker): Promise<Player> {
  return stage.once(
    place,
    asker.deed,
    async (scene) => {
      mustPlay(scene.session);
      mustListen(asker, scene.session);
      await scene.apply(pauseSession(scene.session, scene.nowMs));
      scene.mustHaveAnswered();
      return shown(scene);
    },
    shown,
  );
}
