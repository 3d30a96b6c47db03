import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { playerErrorCodes, type EnqueueResponse } from '#services/contracts/player.ts';
import { enqueue as enqueueEntries, playlistLimit, queueLimit } from '../domain/session.ts';
import type { Added } from '../domain/deeds.ts';
import { leftOutFor, playable, withinQuota } from '../domain/obligations.ts';
import type { Entry } from '../domain/entry.ts';
import { find, type LoadPorts } from './load.ts';
import { channelToPlayIn, type Asker } from './member-rules.ts';
import type { Place, VoiceGateway } from './ports.ts';
import type { Scene, Stage } from './stage.ts';
import { shown, trackOf } from './view.ts';

export interface EnqueuePorts extends LoadPorts {
  readonly stage: Stage;
  readonly voice: VoiceGateway;
  /** Tries again to play what waits. */
  readonly again: (scene: Scene) => Promise<void>;
}

/**
 * Adds what a search or an address leads to, joining the member's voice channel when needed. Refused before anything
 * is loaded when the member's channel does not allow it, and again when it is this guild's turn, since things move.
 * `named` is the voice channel that somebody at the portal names for a bot that is in none.
 */
export async function enqueue(
  ports: EnqueuePorts,
  place: Place,
  asker: Asker,
  query: string,
  named?: Snowflake,
): Promise<EnqueueResponse> {
  channelToPlayIn(asker, ports.voice.state(place), named);
  const found = await find(ports, place.tenant, query);
  const wanted = playable(found.entries, asker.obligations);
  const entries = wanted.entries
    .slice(0, found.isSearch ? 1 : playlistLimit)
    .map((entry): Entry => ({ ...entry, requestedBy: asker.user }));
  const { playlistName } = found;
  const addTo = async (scene: Scene): Promise<EnqueueResponse> => {
    const channel = channelToPlayIn(asker, ports.voice.state(place), named, scene.session);
    if (scene.session.queue.length >= queueLimit) throw queueFull();
    const fitting = withinQuota(scene.session, entries, asker.user, asker.obligations);
    await join(ports.voice, scene, channel);
    const text = asker.kind === 'discord' ? asker.channel : null;
    const change = enqueueEntries(scene.session, fitting.entries, { voice: channel, text }, scene.nowMs);
    const [first = null] = change.added;
    const count = change.added.length;
    const full = leftOutFor('queue-full', fitting.entries.length - count);
    const leftOut = playlistName === null ? [] : [...found.leftOut, ...wanted.leftOut, ...fitting.leftOut, ...full];
    const added = { first, count, playlistName, leftOut };
    const waited = scene.session.current !== null && scene.session.playback === 'waiting';
    await scene.apply(change, added);
    if (waited) await ports.again(scene);
    return answer(scene, added);
  };
  return ports.stage.once(place, asker.deed, addTo, (scene, { added }) => answer(scene, added));
}

/** A single track that the node refused at once is neither played nor waited for. */
function refusalOf({ session }: Scene, { first, playlistName }: Added): string | null {
  const { reason, current, queue } = session;
  if (first === null || playlistName !== null || reason?.entryId !== first.entryId) return null;
  const isThere = [current, ...queue].some((entry) => entry?.entryId === first.entryId);
  return isThere ? null : reason.text;
}

const nothing: Added = { first: null, count: 0, playlistName: null, leftOut: [] };

function answer(scene: Scene, added: Added = nothing): EnqueueResponse {
  const { first, count, playlistName, leftOut } = added;
  const outcome = { addedCount: count, leftOut: [...leftOut], refused: refusalOf(scene, added), playlistName };
  return { added: first ? [trackOf(first)] : [], ...outcome, player: shown(scene) };
}

async function join(voice: VoiceGateway, scene: Scene, channel: Place['guild']): Promise<void> {
  const state = voice.state(scene.place);
  if (state?.channelId === channel && state.server) return;
  await voice.join(scene.place, channel);
}

function queueFull() {
  return callerFault(
    playerErrorCodes.queueFull,
    `The queue is full: ${queueLimit} tracks wait already. Skip some, or wait until they have been played.`,
    409,
  );
}
