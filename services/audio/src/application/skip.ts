import type { Snowflake } from '#infra/kernel/ids.ts';
import type { SkipResponse } from '#services/contracts/player.ts';
import { skip as skipSession } from '../domain/session.ts';
import { hasVoted, tally, withVote, type Tally } from '../domain/votes.ts';
import { mustListen, mustPlay, type Asker } from './member-rules.ts';
import type { Place, VoiceGateway } from './ports.ts';
import type { Scene, Stage } from './stage.ts';
import { shown } from './view.ts';

export interface SkipPorts {
  readonly stage: Stage;
  readonly voice: VoiceGateway;
}

/**
 * Goes on with the next track; without one the music ends and the bot stays for a while. Who may not skip alone votes,
 * and the track is skipped once enough of those who listen have.
 */
export function skip({ stage, voice }: SkipPorts, place: Place, asker: Asker): Promise<SkipResponse> {
  const share = asker.obligations?.voteShare;
  return stage.once(
    place,
    asker.deed,
    async (scene) => {
      mustPlay(scene.session);
      mustListen(asker, scene.session);
      if (share !== undefined && asker.user !== null) return vote(scene, voice, asker.user, share);
      await scene.apply(skipSession(scene.session, scene.nowMs));
      scene.mustHaveAnswered();
      return { player: shown(scene) };
    },
    (scene) => {
      const { user } = asker;
      if (share === undefined || user === null || !hasVoted(scene.session, user)) return { player: shown(scene) };
      return { player: shown(scene), vote: { ...counted(scene, voice, user, share), skipped: false } };
    },
  );
}

async function vote(scene: Scene, voice: VoiceGateway, user: Snowflake, share: number): Promise<SkipResponse> {
  const session = withVote(scene.session, user, share);
  const { votes, needed } = counted({ place: scene.place, session }, voice, user, share);
  const skipped = votes >= needed;
  await scene.apply(skipped ? skipSession(session, scene.nowMs) : { session, effects: [] });
  scene.mustHaveAnswered();
  return { player: shown(scene), vote: { votes, needed, skipped } };
}

/** Whoever votes listens, also when the news of it is still on its way. */
function counted(
  { place, session }: Pick<Scene, 'place' | 'session'>,
  voice: VoiceGateway,
  voter: Snowflake,
  share: number,
): Tally {
  const { listeners = 0, listenerIds } = voice.state(place) ?? {};
  if (!listenerIds || listenerIds.includes(voter)) return tally(session, share, { count: listeners, ids: listenerIds });
  return tally(session, share, { count: listeners + 1, ids: [...listenerIds, voter] });
}
