import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { interrupted, moved, replay, stop, type Session } from '../domain/session.ts';
import type { Lavalink, Place, VoiceChange, VoiceGateway, VoiceState } from './ports.ts';
import { nodeUnavailable, type Scene, type Stage } from './stage.ts';

export interface FollowVoicePorts {
  readonly stage: Stage;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** So long the bot stays in a channel where nobody listens. */
export const aloneMs = 60_000;
/** So long the bot stays after the last track. */
export const idleMs = 5 * 60_000;

/** Brings sessions in line with the bot's voice connections, and leaves channels in which nobody needs it. */
export class VoiceFollower {
  readonly #ports: FollowVoicePorts;
  readonly #alone: Timers;
  readonly #idle: Timers;

  constructor(ports: FollowVoicePorts) {
    this.#ports = ports;
    this.#alone = new Timers(ports.clock, aloneMs, (place) => this.#leaveAlone(place));
    this.#idle = new Timers(ports.clock, idleMs, (place) => this.#leaveIdle(place));
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

  /** After a start: the connection that a stored session counts on may be gone, and its timers are. */
  async recover(place: Place, session: Session): Promise<void> {
    this.changed(place, session);
    const state = this.#ports.voice.state(place);
    if (!state) await this.handle({ kind: 'lost', place, before: undefined });
    else if (state.listeners === 0) this.#alone.start(place);
  }

  close(): void {
    this.#alone.close();
    this.#idle.close();
  }

  #handle(change: VoiceChange): Promise<void> {
    const { stage, voice } = this.#ports;
    return stage.enter(change.place, async (scene) => {
      const state = voice.state(change.place);
      if (state) await this.#connected(scene, state);
      else if (change.kind === 'lost') await this.#lost(scene);
      else if (change.kind === 'ended') await this.#ended(scene);
    });
  }

  async #connected(scene: Scene, state: VoiceState): Promise<void> {
    const { session } = scene;
    if (session.voiceChannel === null) return;
    await scene.apply(moved(session, state.channelId));
    if (!state.server || !scene.session.current) return;
    if (scene.session.playback === 'waiting') return scene.apply(replay(scene.session, scene.nowMs));
    const { node } = scene.session;
    if (node) await this.#tellNode(scene, node, state);
  }

  /** A node that is away is told when it is back (NodeFollower). */
  async #tellNode(scene: Scene, node: string, state: VoiceState): Promise<void> {
    try {
      await this.#ports.lavalink.setVoice(scene.place, node, state);
    } catch (error) {
      if (!hasCode(error, nodeUnavailable)) throw error;
    }
  }

  /** Kicked, disconnected, or the channel was deleted: a session that we ended ourselves has no channel any more. */
  async #ended(scene: Scene): Promise<void> {
    if (scene.session.voiceChannel === null) return;
    await scene.apply(stop(scene.session, scene.nowMs, 'The bot was disconnected from the voice channel.'));
  }

  async #lost(scene: Scene): Promise<void> {
    const { session } = scene;
    if (session.voiceChannel === null) return;
    if (!session.current) return scene.apply(stop(session, scene.nowMs));
    const channel = session.voiceChannel;
    await scene.apply(interrupted(session, scene.nowMs));
    try {
      await this.#ports.voice.join(scene.place, channel);
    } catch (error) {
      this.#ports.logger.info({ err: error, ...scene.place }, 'voice is lost');
      return scene.apply(
        stop(scene.session, scene.nowMs, 'The voice connection was lost and could not be made again.'),
      );
    }
    await scene.apply(replay(scene.session, scene.nowMs, scene.session.positionMs));
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

/** One timer a place; starting one that runs changes nothing. */
class Timers {
  readonly #running = new Map<string, () => void>();
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #due: (place: Place) => Promise<void>;

  constructor(clock: Clock, delayMs: number, due: (place: Place) => Promise<void>) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#due = due;
  }

  start(place: Place): void {
    const key = `${place.tenant}/${place.guild}`;
    if (this.#running.has(key)) return;
    const cancel = this.#clock.after(this.#delayMs, () => {
      this.#running.delete(key);
      void this.#due(place);
    });
    this.#running.set(key, cancel);
  }

  cancel(place: Place): void {
    const key = `${place.tenant}/${place.guild}`;
    this.#running.get(key)?.();
    this.#running.delete(key);
  }

  close(): void {
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }
}
