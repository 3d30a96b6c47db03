import { nodeFiltersOf } from '../domain/filters.ts';
import { adopted } from '../domain/track-reports.ts';
import { interrupted, replay } from '../domain/voice-presence.ts';
import type { GuildKey, Lavalink, NodePlayer, SessionStore, VoiceGateway } from './ports.ts';
import { unheard } from './unheard.ts';
import { isNodeTrouble, type UnitOfWork } from './unit-of-work.ts';

export interface ResyncPorts {
  readonly store: Pick<SessionStore, 'writePosition'>;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway;
}

/** `unsettled`: the node does not play what it should; the event that explains it may still be on its way. */
export type Outcome = 'settled' | 'unsettled';

/**
 * Reconciles the session with its node: if the node plays the current track, the node's own position counts. If it does
 * not, the track is ordered again from its last position, if it waits for that or `isSure`. If nobody would hear it, it
 * waits, and the node with it.
 */
export async function resync(ports: ResyncPorts, unit: UnitOfWork, isSure = false): Promise<Outcome> {
  const { guildKey, session } = unit;
  const { current, node } = session;
  try {
    const player = node === null ? null : await playerAt(ports.lavalink, guildKey, node);
    const silenced = unheard(session, ports.voice.state(guildKey));
    if (!current) {
      if (node !== null && player?.attempt !== undefined) await ports.lavalink.silence(guildKey, node);
    } else if (silenced) {
      await unit.apply(interrupted(session, unit.nowMs, silenced));
      if (node !== null && player && !player.paused) await ports.lavalink.setPaused(guildKey, node, true);
    } else if (node !== null && player && plays(player, current)) await adopt(ports, unit, node, player);
    else if (session.playback !== 'waiting' && !isSure) return 'unsettled';
    else await unit.apply(replay(session, unit.nowMs));
  } catch (error) {
    if (!isNodeTrouble(error)) throw error;
    await unit.doubt(error);
  }
  return 'settled';
}

/** Null if the node cannot be asked, and another one could play instead. */
async function playerAt(lavalink: Lavalink, guildKey: GuildKey, node: string): Promise<NodePlayer | null | undefined> {
  if (!lavalink.isReady(guildKey, node)) return null;
  try {
    return await lavalink.player(guildKey, node);
  } catch (error) {
    if (isNodeTrouble(error) && lavalink.isFailing(node) && lavalink.available(guildKey.tenant, node)) return null;
    throw error;
  }
}

/** Whether it is the current track, by whichever order. */
export const plays = (
  player: NodePlayer,
  current: { readonly entryId: string },
): player is NodePlayer & { attempt: number } => player.attempt !== undefined && player.entryId === current.entryId;

/** The node plays the current track: its position is adopted, and the rest is set as in the session. */
export async function adopt(
  { store, lavalink, voice }: ResyncPorts,
  unit: UnitOfWork,
  node: string,
  player: NodePlayer & { attempt: number },
): Promise<void> {
  const known = adopted(unit.session, player.attempt, player.positionMs, unit.nowMs);
  if (known.cause) await unit.apply(known);
  else await store.writePosition(unit.guildKey, known.session);
  const { paused, volume, filters } = unit.session;
  if (player.paused !== paused) await lavalink.setPaused(unit.guildKey, node, paused);
  if (player.volume !== volume) await lavalink.setVolume(unit.guildKey, node, volume);
  const wanted = nodeFiltersOf(filters);
  // A node rounds what it was told, so that they cannot be compared.
  if (player.filtered || Object.keys(wanted).length > 0) await lavalink.setFilters(unit.guildKey, node, wanted);
  const state = voice.state(unit.guildKey);
  const isHeard = player.connected && player.voiceSession === state?.sessionId;
  if (state?.server && !isHeard) await lavalink.setVoice(unit.guildKey, node, state);
}
