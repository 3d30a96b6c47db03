import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { playerErrorCodes, type Player } from '#services/contracts/player.ts';
import { entered } from '../domain/session.ts';
import { mustBeAtThePortal, type Asker } from './member-rules.ts';
import type { Place, VoiceGateway } from './ports.ts';
import type { Stage } from './stage.ts';
import { shown } from './view.ts';

/**
 * Brings the bot into a voice channel, for somebody at the portal. What plays elsewhere stays there: then it is refused
 * (player.other-voice-channel). player.voice-unavailable when Discord does not let it in.
 */
export function join(
  ports: { readonly stage: Stage; readonly voice: VoiceGateway },
  place: Place,
  asker: Asker,
  channel: Snowflake,
): Promise<Player> {
  mustBeAtThePortal(asker);
  return ports.stage.once(
    place,
    asker.deed,
    async (scene) => {
      const state = ports.voice.state(place);
      if (state && state.channelId !== channel && scene.session.current) throw playsElsewhere();
      if (state?.channelId !== channel || !state.server) await ports.voice.join(place, channel);
      await scene.apply(entered(scene.session, channel));
      return shown(scene);
    },
    shown,
  );
}

const playsElsewhere = () =>
  callerFault(
    playerErrorCodes.otherChannel,
    'The bot plays in another voice channel. Stop it there first, or choose that channel.',
    409,
  );
