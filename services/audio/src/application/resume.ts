import type { Player } from '#services/contracts/player.ts';
import { resume as resumeSession } from '../domain/session.ts';
import { mustListen, mustPlay, type Asker } from './member-rules.ts';
import type { Place } from './ports.ts';
import type { Stage } from './stage.ts';
import { shown } from './view.ts';

/** Goes on after a pause, or with the queue that a run of failures has left; asking twice changes nothing. */
export function resume(stage: Stage, place: Place, asker: Asker): Promise<Player> {
  return stage.once(
    place,
    asker.deed,
    async (scene) => {
      if (scene.session.queue.length === 0) mustPlay(scene.session);
      mustListen(asker, scene.session);
      await scene.apply(resumeSession(scene.session, scene.nowMs));
      scene.mustHaveAnswered();
      return shown(scene);
    },
    shown,
  );
}
