import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import { interrupted, moved, skip, stop, type Session } from '../domain/session.ts';
import { isVotedOut } from '../domain/votes.ts';
import type { Lavalink, Place, SessionStore, VoiceChange, VoiceGateway, VoiceState } from './ports.ts';
import { resync } from './resync.ts';
import type { VoiceRepair } from './repair-voice.ts';
import { isNodeTrouble, type Scene, type Stage } from './stage.ts';
import { Timers } from './timers.ts';

export interface FollowVoicePorts {
  readonly stage: Stage;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway;
  readonly store: SessionStore;
  readonly repair: VoiceRepair;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** So long the bot stays in a channel where nobody listens. */
const aloneMs = 60_000;
/** So long the bot stays after the last track. */
const idleMs = 5 * 60_000;
/** A connection that is lost is tried again this often, and so many times. */
const rejoinEveryMs = 10_000;
const rejoinLimit = 30;

/** Brings sessions in line with the bot's voice connections, and leaves channels in which nobody needs it. */
export class VoiceFollower {
  readonly #ports: FollowVoicePorts;
  readonly #alone: Timers;
  readonly #idle: Timers;
  readonly #rejoin: Timers;
  readonly #rejoins = new Map<string, number>();

  constructor(ports: FollowVoicePorts) {
    this.#ports = ports;
    this.#alone = new Timers(ports.clock, aloneMs, (place) => this.#leaveAlone(place));
    this.#idle = new Timers(ports.clock, idleMs, (place) => this.#leaveIdle(place));
    this.#rejoin = new Timers(ports.clock, rejoinEveryMs, (place) =>
      this.handle({ kind: 'lost', place, before: undefined }),
    );
  }

  /** Resolves when the change has had its effect; failures are logged. */
  async handle(change: VoiceChange): Promise<void> {
    if (change.kind === 'state' && change.state.listeners === 0) this.#alone.start(change.place);
    else this.#alone.cancel(change.place);
    await this.#guarded(change.place, () => this.#handle(change));
  }

  /** To be told of each stored change: a bot without anything to play leaves after a while. */
  changed(place: Place, session: Session): void {
    if (session.voiceChannel !== null && !session.current) this.#idle.start(place);
    else this.#idle.cancel(place);
  }

  /**
   * After a start: timers are gone, and so may be the connection that a stored session counts on; its state may also be
   * late.
   */
  recover(place: Place, session: Session): void {
    this.changed(place, session);
    const state = this.#ports.voice.state(place);
    if (!state) this.#rejoin.start(place);
    else if (state.listeners === 0) this.#alone.start(place);
  }

  close(): void {
    this.#alone.close();
    this.#idle.close();
    this.#rejoin.close();
  }

  #handle(change: VoiceChange): Promise<void> {
    const { stage, voice } = this.#ports;
    return stage.enter(change.place, async (scene) => {
      const state = voice.state(change.place);
      if (state || change.kind === 'ended') this.#settled(change.place);
      if (state) await this.#connected(scene, state);
      else if (change.kind === 'lost') await this.#lost(scene);
      else if (change.kind === 'ended') await this.#ended(scene);
    });
  }

  async #connected(scene: Scene, state: VoiceState): Promise<void> {
    const { session } = scene;
    if (session.voiceChannel === null) return;
    await scene.apply(moved(session, state.channelId));
    const { listeners: count, listenerIds: ids } = state;
    // Where nobody knows who listens, nobody knows whose votes still count.
    if (ids && isVotedOut(scene.session, { count, ids })) await scene.apply(skip(scene.session, scene.nowMs));
    if (!scene.session.current) return;
    await this.#ports.lavalink.open(scene.place.tenant, state.userId);
    if (!state.server) return;
    if (this.#ports.repair.isPending(scene.place) || this.#waitsForNode(scene, state)) return;
    if (state.silenced || scene.session.playback === 'waiting') return void (await resync(this.#ports, scene));
    const { node } = scene.session;
    if (node) await this.#tellNode(scene, node, state);
  }

  /**
   * A node that is away may play on all the while: it is asked when it is back, or the music moves on after a while
   * (NodeFollower). Ordered anew now it would be set back.
   */
  #waitsForNode({ place, session }: Scene, state: VoiceState): boolean {
    const { node, playback } = session;
    if (state.silenced || playback !== 'waiting' || node === null) return false;
    return !this.#ports.lavalink.isReady(place, node);
  }

  /** A node that is away is told when it is back (NodeFollower). */
  async #tellNode(scene: Scene, node: string, state: VoiceState): Promise<void> {
    try {
      await this.#ports.lavalink.setVoice(scene.place, node, state);
    } catch (error) {
      if (!isNodeTrouble(error)) throw error;
      if (!hasCode(error, playerErrorCodes.nodeAway)) await scene.doubt(error);
    }
  }

  /** Kicked, disconnected, or the channel was deleted: a session that we ended ourselves has no channel any more. */
  async #ended(scene: Scene): Promise<void> {
    if (scene.session.voiceChannel === null) return;
    await scene.apply(stop(scene.session, scene.nowMs, 'The bot was disconnected from the voice channel.'));
    // A tenant that was suspended is let in nowhere any more: its connections would be tried again in vain.
    await this.#ports.lavalink.rest(scene.place.tenant);
  }

  async #lost(scene: Scene): Promise<void> {
    const { session, place } = scene;
    if (session.voiceChannel === null) return;
    if (!session.current) return scene.apply(stop(session, scene.nowMs));
    const channel = session.voiceChannel;
    await scene.apply(interrupted(session, scene.nowMs, 'voice'));
    try {
      await this.#ports.voice.join(place, channel);
    } catch (error) {
      return this.#notRejoined(scene, error);
    }
    this.#settled(place);
    const state = this.#ports.voice.state(place);
    if (!state || !this.#waitsForNode(scene, state)) await resync(this.#ports, scene);
  }

  /** Discord's refusal is final; an edge that is away comes back. */
  async #notRejoined(scene: Scene, error: unknown): Promise<void> {
    const { place } = scene;
    const key = keyOf(place);
    const tries = (this.#rejoins.get(key) ?? 0) + 1;
    this.#ports.logger.info({ err: error, tries, ...place }, 'voice is lost');
    if (!hasCode(error, playerErrorCodes.voiceFull) && tries < rejoinLimit) {
      this.#rejoins.set(key, tries);
      return this.#rejoin.start(place);
    }
    this.#settled(place);
    await scene.apply(stop(scene.session, scene.nowMs, 'The voice connection was lost and could not be made again.'));
  }

  #settled(place: Place): void {
    this.#rejoin.cancel(place);
    this.#rejoins.delete(keyOf(place));
  }

  async #leaveAlone(place: Place): Promise<void> {
    await this.#guarded(place, () =>
      this.#ports.stage.enter(place, async (scene) => {
        const state = this.#ports.voice.state(place);
        if (!state || state.listeners > 0 || scene.session.voiceChannel === null) return;
        await scene.apply(stop(scene.session, scene.nowMs, 'Nobody was listening any more, so the bot has left.'));
      }),
    );
  }

  async #leaveIdle(place: Place): Promise<void> {
    await this.#guarded(place, () =>
      this.#ports.stage.enter(place, async (scene) => {
        if (scene.session.current || scene.session.voiceChannel === null) return;
        await scene.apply(
          stop(scene.session, scene.nowMs, 'The queue has been at its end for a while, so the bot has left.'),
        );
      }),
    );
  }

  async #guarded(place: Place, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#ports.logger.error({ err: error, ...place }, 'a voice change could not be handled');
    }
  }
}

const keyOf = (place: Place) => `${place.tenant}/${place.guild}`;
