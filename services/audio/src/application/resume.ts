import type { Player } from '#services/contracts/player.ts';
import { resume as resumeSession } from '../domain/controls.ts';
import { mustPlay } from '../domain/must-play.ts';
import { mustListen, type Asker } from './member-rules.ts';
import type { GuildKey } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

/** Continues after a pause, or with the queue that a run of failures has left; repeating it changes nothing. */
export function resume(unitsOfWork: UnitsOfWork, guildKey: GuildKey, asker: Asker): Promise<Player> {
  return unitsOfWork.once(
    guildKey,
    asker.idempotencyKey,
    async (unit) => {
      if (unit.session.queue.length === 0) mustPlay(unit.session);
      mustListen(asker, unit.session);
      await unit.apply(resumeSession(unit.session, unit.nowMs));
      unit.mustHaveAnswered();
      return shown(unit);
    },
    shown,
  );
}
