import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { playerErrorCodes, type SkipResponse } from '#services/contracts/player.ts';
import { skip as skipSession } from '../domain/playing.ts';
import type { Session } from '../domain/session.ts';
import { hasVoted, hearing, tally, vote as castVote, type Tally } from '../domain/votes.ts';
import { mustPlay } from '../domain/must-play.ts';
import { mustListen, type Asker } from './member-rules.ts';
import type { GuildKey, VoiceGateway } from './ports.ts';
import type { UnitOfWork, UnitsOfWork } from './unit-of-work.ts';
import { shown } from './view.ts';

export interface SkipPorts {
  readonly unitsOfWork: UnitsOfWork;
  readonly voice: VoiceGateway;
}

/**
 * Skips to the next track; without one the music ends and the bot stays for a while. Members who may not skip alone
 * skip what they have requested, and vote about the rest, if there are votes: the track is skipped once enough
 * listeners have.
 * @throws BailiwickError player.skip-not-yours (403)
 */
export function skip({ unitsOfWork, voice }: SkipPorts, guildKey: GuildKey, asker: Asker): Promise<SkipResponse> {
  const share = asker.obligations?.voteShare;
  return unitsOfWork.once(
    guildKey,
    asker.idempotencyKey,
    async (unit) => {
      mustPlay(unit.session);
      mustListen(asker, unit.session);
      if (share !== undefined && asker.user !== null && !isTheirs(unit.session, asker))
        return vote(unit, voice, asker.user, share);
      if (asker.obligations?.onlyOwn && !isTheirs(unit.session, asker)) throw notTheirs();
      await unit.apply(skipSession(unit.session, unit.nowMs));
      unit.mustHaveAnswered();
      return { player: shown(unit) };
    },
    (unit) => {
      const { user } = asker;
      if (share === undefined || user === null || !hasVoted(unit.session, user)) return { player: shown(unit) };
      return { player: shown(unit), vote: { ...counted(unit, voice, user, share), skipped: false } };
    },
  );
}

async function vote(unit: UnitOfWork, voice: VoiceGateway, user: Snowflake, share: number): Promise<SkipResponse> {
  const voted = castVote(unit.session, user, share);
  const { votes, needed } = counted({ guildKey: unit.guildKey, session: voted.session }, voice, user, share);
  const skipped = votes >= needed;
  await unit.apply(skipped ? skipSession(unit.session, unit.nowMs) : voted);
  unit.mustHaveAnswered();
  return { player: shown(unit), vote: { votes, needed, skipped } };
}

const isTheirs = ({ current }: Session, { user }: Asker): boolean => user !== null && current?.requestedBy === user;

const notTheirs = () =>
  callerFault(
    playerErrorCodes.skipNotYours,
    'You may only skip tracks that you requested yourself. DJs of this server may skip every track.',
    403,
  );

function counted(
  { guildKey, session }: Pick<UnitOfWork, 'guildKey' | 'session'>,
  voice: VoiceGateway,
  voter: Snowflake,
  share: number,
): Tally {
  return tally(session, share, hearing(voice.state(guildKey) ?? { listeners: 0 }, voter));
}
