import type { Player } from '#services/contracts/player.ts';
import { stop as stopSession } from '../domain/session.ts';
import { mustListen, mustPlay, type Asker } from './member-rules.ts';
import type { Place } from './ports.ts';
import type { Stage } from './stage.ts';
import { shown } from './view.ts';

/** Ends the music, empties the queue and leaves voice. */
export function stop(stage: Stage, place: Place, asker: Asker): Promise<Player> {
  return stage.once(
    place,
    asker.deed,
    async (scene) => {
      if (scene.session.voiceChannel === null && scene.session.queue.length === 0) mustPlay(scene.session);
      mustListen(asker, scene.session);
      await scene.apply(stopSession(scene.session, scene.nowMs));
      return shown(scene);
    },
    shown,
  );
}
