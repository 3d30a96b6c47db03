import { callerFault } from '#infra/kernel/errors.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import type { Entry } from './entry.ts';
import type { Session } from './session.ts';

/** For commands that make sense only while something can play. @throws BailiwickError player.nothing-plays */
export function mustPlay({ current }: Session): Entry {
  if (!current) throw callerFault(playerErrorCodes.nothingPlays, 'Nothing is playing right now.', 409);
  return current;
}
