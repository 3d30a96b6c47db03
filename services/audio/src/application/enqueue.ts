import { callerFault } from '#infra/kernel/errors.ts';
import { playerErrorCodes, type EnqueueResponse } from '#services/contracts/player.ts';
import { enqueue as enqueueEntries, playlistLimit, queueLimit, replay } from '../domain/session.ts';
import type { Entry } from '../domain/entry.ts';
import { find, type LoadPorts } from './load.ts';
import { channelToPlayIn, type Asker } from './member-rules.ts';
import type { Place, VoiceGateway } from './ports.ts';
import type { Scene, Stage } from './stage.ts';
import { playerOf, trackOf } from './view.ts';

export interface EnqueuePorts extends LoadPorts {
  readonly stage: Stage;
  readonly voice: VoiceGateway;
}

/**
 * Adds what a search or an address leads to, joining the member's voice channel when needed. Refused before anything
 * is loaded when the member's channel does not allow it, and again when it is this guild's turn, since things move.
 */
export async function enqueue(
  ports: EnqueuePorts,
  place: Place,
  asker: Asker,
  query: string,
): Promise<EnqueueResponse> {
  channelToPlayIn(asker, ports.voice.state(place));
  const found = await find(ports, place.tenant, query);
  const wanted = found.isSearch ? found.entries.slice(0, 1) : found.entries.slice(0, playlistLimit);
  const entries = wanted.map((entry): Entry => ({ ...entry, requestedBy: asker.user }));
  return ports.stage.enter(place, async (scene) => {
    const channel = channelToPlayIn(asker, ports.voice.state(place));
    if (scene.session.queue.length >= queueLimit) throw queueFull();
    await join(ports.voice, scene, channel);
    const text = asker.kind === 'discord' ? asker.channel : null;
    const change = enqueueEntries(scene.session, entries, { voice: channel, text }, scene.nowMs);
    await scene.apply(change);
    if (scene.session.current && scene.session.playback === 'waiting')
      await scene.apply(replay(scene.session, scene.nowMs));
    return {
      added: change.added.slice(0, 1).map(trackOf),
      addedCount: change.added.length,
      playlistName: found.playlistName,
      player: playerOf(scene.session, scene.nowMs),
    };
  });
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
