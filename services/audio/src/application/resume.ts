import type { Player } from '#services/contracts/player.ts';
import { resume as resumeSession } from '../domain/controls.ts';
import { comeBack } from '../domain/leave.ts';
import { mustPlay } from '../domain/must-play.ts';
import { channelToPlayIn, mustListen, type Asker } from './member-rules.ts';
import type { GuildKey, VoiceGateway } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

export interface ResumePorts {
  readonly unitsOfWork: UnitsOfWork;
  readonly voice: VoiceGateway;
}

/**
 * Continues after a pause, with the queue that a run of failures has left, or with what the bot has left with: then it
 * comes to the member. Repeating it changes nothing.
 */
export function resume({ unitsOfWork, voice }: ResumePorts, guildKey: GuildKey, asker: Asker): Promise<Player> {
  return unitsOfWork.once(
    guildKey,
    asker.idempotencyKey,
    async (unit) => {
      if (unit.session.queue.length === 0) mustPlay(unit.session);
      mustListen(asker, unit.session);
      if (unit.session.voiceChannel === null) {
        const channel = channelToPlayIn(asker, voice.state(guildKey), undefined, unit.session);
        await voice.join(guildKey, channel);
        await unit.apply(comeBack(unit.session, channel, unit.nowMs));
      } else await unit.apply(resumeSession(unit.session, unit.nowMs));
      unit.mustHaveAnswered();
      return shown(unit);
    },
    shown,
  );
}
