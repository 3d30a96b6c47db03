import { adopted, interrupted, replay } from '../domain/session.ts';
import type { Lavalink, NodePlayer, SessionStore, VoiceGateway } from './ports.ts';
import { isNodeTrouble, type Scene } from './stage.ts';

export interface ResyncPorts {
  readonly store: Pick<SessionStore, 'writePosition'>;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway;
}

/** `unsettled`: the node does not play what it should; it may have told why, and that may be on its way. */
export type Outcome = 'settled' | 'unsettled';

/**
 * Brings the session and its node together: what the node plays of the current track counts, with the node's own
 * position. What it does not play is ordered again from where it was, if it waits for that or `isSure`. Where nobody would
 * hear it, it waits, and the node with it.
 */
export async function resync(ports: ResyncPorts, scene: Scene, isSure = false): Promise<Outcome> {
  const { place, session } = scene;
  const { current, node } = session;
  try {
    const player =
      node !== null && ports.lavalink.isReady(place, node) ? await ports.lavalink.player(place, node) : null;
    const silenced = ports.voice.state(place)?.silenced;
    if (!current) {
      if (node !== null && player?.attempt !== undefined) await ports.lavalink.silence(place, node);
    } else if (silenced) {
      await scene.apply(interrupted(session, scene.nowMs, silenced));
      if (node !== null && player && !player.paused) await ports.lavalink.setPaused(place, node, true);
    } else if (node !== null && player && plays(player, current)) await adopt(ports, scene, node, player);
    else if (session.playback !== 'waiting' && !isSure) return 'unsettled';
    else await scene.apply(replay(session, scene.nowMs));
  } catch (error) {
    if (!isNodeTrouble(error)) throw error;
    await scene.doubt(error);
  }
  return 'settled';
}

/** Is it the current track, by whichever order? */
export const plays = (
  player: NodePlayer,
  current: { readonly entryId: string },
): player is NodePlayer & { attempt: number } => player.attempt !== undefined && player.entryId === current.entryId;

/** The node plays the current track: its position is taken over, and the rest is put as the session has it. */
export async function adopt(
  { store, lavalink, voice }: ResyncPorts,
  scene: Scene,
  node: string,
  player: NodePlayer & { attempt: number },
): Promise<void> {
  const known = adopted(scene.session, player.attempt, player.positionMs, scene.nowMs);
  if (known.cause) await scene.apply(known);
  else await store.writePosition(scene.place, known.session);
  const { paused, volume } = scene.session;
  if (player.paused !== paused) await lavalink.setPaused(scene.place, node, paused);
  if (player.volume !== volume) await lavalink.setVolume(scene.place, node, volume);
  const state = voice.state(scene.place);
  const isHeard = player.connected && player.voiceSession === state?.sessionId;
  if (state?.server && !isHeard) await lavalink.setVoice(scene.place, node, state);
}
