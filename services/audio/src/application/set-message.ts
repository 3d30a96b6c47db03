import type { Player } from '#services/contracts/player.ts';
import { setMessage as setSessionMessage, type Session } from '../domain/session.ts';
import type { Place } from './ports.ts';
import type { Stage } from './stage.ts';
import { playerOf } from './view.ts';

/** Remembers the message that shows what plays, so that a bot that starts anew edits it instead of posting another. */
export function setMessage(stage: Stage, place: Place, message: Session['message']): Promise<Player> {
  return stage.enter(place, async (scene) => {
    await scene.apply(setSessionMessage(scene.session, message));
    return playerOf(scene.session, scene.nowMs);
  });
}
