import type { Player } from '#services/contracts/player.ts';
import { pause as pauseSession } from '../domain/controls.ts';
import { mustPlay } from '../domain/must-play.ts';
import { mustListen, type Asker } from './member-rules.ts';
import type { GuildKey } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

/** Pauses the music; repeating it changes nothing. */
export function pause(unitsOfWork: UnitsOfWork, guildKey: GuildKey, asker: Asker): Promise<Player> {
  return unitsOfWork.once(
    guildKey,
    asker.idempotencyKey,
    async (unit) => {
      mustPlay(unit.session);
      mustListen(asker, unit.session);
      await unit.apply(pauseSession(unit.session, unit.nowMs));
      unit.mustHaveAnswered();
      return shown(unit);
    },
    shown,
  );
}
