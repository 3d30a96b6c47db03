import type { Player } from '#services/contracts/player.ts';
import { stop as stopSession } from '../domain/controls.ts';
import { mustPlay } from '../domain/must-play.ts';
import { mustListen, type Asker } from './member-rules.ts';
import type { GuildKey } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

/** Ends the music, clears the queue and leaves voice. */
export function stop(unitsOfWork: UnitsOfWork, guildKey: GuildKey, asker: Asker): Promise<Player> {
  return unitsOfWork.once(
    guildKey,
    asker.idempotencyKey,
    async (unit) => {
      if (unit.session.voiceChannel === null && unit.session.queue.length === 0) mustPlay(unit.session);
      mustListen(asker, unit.session);
      await unit.apply(stopSession(unit.session, unit.nowMs));
      return shown(unit);
    },
    shown,
  );
}
