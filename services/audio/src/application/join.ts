import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { playerErrorCodes, type Player } from '#services/contracts/player.ts';
import { entered } from '../domain/voice-presence.ts';
import { mustBeAtThePortal, type Asker } from './member-rules.ts';
import type { GuildKey, VoiceGateway } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

/**
 * Makes the bot join a voice channel, for a caller of the portal. It does not interrupt music elsewhere: then it is
 * refused (player.other-voice-channel). player.voice-unavailable if Discord does not let it in.
 */
export function join(
  ports: { readonly unitsOfWork: UnitsOfWork; readonly voice: VoiceGateway },
  guildKey: GuildKey,
  asker: Asker,
  channel: Snowflake,
): Promise<Player> {
  mustBeAtThePortal(asker);
  return ports.unitsOfWork.once(
    guildKey,
    asker.idempotencyKey,
    async (unit) => {
      const state = ports.voice.state(guildKey);
      if (state && state.channelId !== channel && unit.session.current) throw playsElsewhere();
      if (state?.channelId !== channel || !state.server) await ports.voice.join(guildKey, channel);
      await unit.apply(entered(unit.session, channel));
      return shown(unit);
    },
    shown,
  );
}

const playsElsewhere = () =>
  callerFault(
    playerErrorCodes.otherChannel,
    'The bot is playing in another voice channel. Stop it there first, or choose that channel.',
    409,
  );
