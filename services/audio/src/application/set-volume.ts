import type { Player } from '#services/contracts/player.ts';
import { setVolume as setSessionVolume } from '../domain/controls.ts';
import { mustListen, type Asker } from './member-rules.ts';
import type { GuildKey } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

/** Sets the guild's volume in percent, 0 to 150; it also applies to later tracks. */
export function setVolume(
  unitsOfWork: UnitsOfWork,
  guildKey: GuildKey,
  asker: Asker,
  percent: number,
): Promise<Player> {
  return unitsOfWork.once(
    guildKey,
    asker.idempotencyKey,
    async (unit) => {
      mustListen(asker, unit.session);
      await unit.apply(setSessionVolume(unit.session, percent));
      unit.mustHaveAnswered();
      return shown(unit);
    },
    shown,
  );
}
