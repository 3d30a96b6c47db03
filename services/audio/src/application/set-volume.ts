import type { Player } from '#services/contracts/player.ts';
import { setVolume as setSessionVolume } from '../domain/session.ts';
import { mustListen, type Asker } from './member-rules.ts';
import type { Place } from './ports.ts';
import type { Stage } from './stage.ts';
import { shown } from './view.ts';

/** Sets the guild's volume in percent, 0 to 150; it is kept for what plays later too. */
export function setVolume(stage: Stage, place: Place, asker: Asker, percent: number): Promise<Player> {
  return stage.once(
    place,
    asker.deed,
    async (scene) => {
      mustListen(asker, scene.session);
      await scene.apply(setSessionVolume(scene.session, percent));
      scene.mustHaveAnswered();
      return shown(scene);
    },
    shown,
  );
}
