import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { interrupted, stop } from '../domain/session.ts';
import type { Lavalink, Place, SessionStore, VoiceGateway } from './ports.ts';
import { resync } from './resync.ts';
import type { Scene, Stage } from './stage.ts';
import { answerTo } from './voice-closes.ts';

export interface RepairVoicePorts {
  readonly stage: Stage;
  readonly store: SessionStore;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Means = 'resend' | 'rejoin';

interface Repair {
  /** How often it was tried in this run of closes. */
  tries: number;
  lastMs: number;
  /** What is tried next, and how to call it off. */
  planned: { readonly means: Means; readonly cancel: () => void } | undefined;
  /** Being tried now. */
  mending: boolean;
}

/** So long a node may be without a connection while the bot is in the channel. */
const unconnectedMs = 5_000;
const firstDelayMs = 1_000;
const tryLimit = 5;
/** A connection that held for so long has nothing to do with what was before it. */
const calmMs = 60_000;

/**
 * Mends voice connections between nodes and Discord's voice servers: credentials are sent again or the channel joined
 * anew, after 1, 2, 4 … seconds, five times. Discord allows 120 messages a minute for all of a bot's guilds, so nothing
 * here is tried without a pause.
 */
export class VoiceRepair {
  readonly #ports: RepairVoicePorts;
  readonly #repairs = new BoundedMap<string, Repair>(20_000);

  constructor(ports: RepairVoicePorts) {
    this.#ports = ports;
  }

  /** Nobody else should order music or send credentials now: it would be one try more. */
  isPending(place: Place): boolean {
    const repair = this.#of(place);
    return repair?.mending === true || repair?.planned?.means === 'rejoin';
  }

  /** A node says whether it is connected; asked when it was not for five seconds. */
  heard(place: Place, connected: boolean): void {
    const repair = this.#of(place);
    if (connected) {
      if (repair?.planned?.means === 'resend') this.#callOff(repair);
      return;
    }
    if (!repair?.planned && !repair?.mending) this.#plan(place, 'resend', unconnectedMs);
  }

  /** A voice server closed a node's connection. */
  async closed(place: Place, code: number): Promise<void> {
    const answer = answerTo(code);
    this.#ports.logger.info({ ...place, code, answer }, 'a voice connection was closed');
    // What is about to be replaced may close as often as it likes.
    if (this.isPending(place)) return;
    const planned = this.#of(place)?.planned;
    if (answer === 'wait') return planned ? undefined : this.#plan(place, 'resend', unconnectedMs);
    if (typeof answer === 'object') return this.#giveUp(place, answer.stop);
    if (planned) this.#callOff(this.#of(place));
    if (this.#triesOf(place) >= tryLimit) return this.#giveUp(place, refused(code));
    this.#plan(place, answer, this.#delayMs(place));
    if (answer === 'rejoin')
      await this.#inChannel(place, (scene) => scene.apply(interrupted(scene.session, scene.nowMs, 'voice')));
  }

  close(): void {
    this.#repairs.deleteWhere((repair) => {
      this.#callOff(repair);
      return true;
    });
  }

  #plan(place: Place, means: Means, delayMs: number): void {
    const { clock, logger } = this.#ports;
    const repair: Repair = this.#of(place) ?? { tries: 0, lastMs: 0, planned: undefined, mending: false };
    const cancel = clock.after(delayMs, () => {
      repair.planned = undefined;
      repair.mending = true;
      this.#mend(place, repair, means)
        .catch((error: unknown) => logger.warn({ err: error, ...place }, 'a voice connection could not be mended'))
        .finally(() => (repair.mending = false));
    });
    repair.planned = { means, cancel };
    this.#repairs.set(keyOf(place), repair);
  }

  #mend(place: Place, repair: Repair, means: Means): Promise<void> {
    return this.#inChannel(place, async (scene) => {
      const { voice, lavalink, logger, clock } = this.#ports;
      const state = voice.state(place);
      const { node } = scene.session;
      // Without a state or a server there is nothing to mend: the follower of voice waits for them.
      if (!state?.server || node === null || !lavalink.isReady(place, node)) return;
      const player = await lavalink.player(place, node);
      // A close of an earlier connection, or one that came back by itself.
      if (player?.connected && player.voiceSession === state.sessionId) {
        if (scene.session.playback === 'waiting') await resync(this.#ports, scene);
        return;
      }
      repair.tries = this.#triesOf(place) + 1;
      repair.lastMs = clock.now();
      if (repair.tries > tryLimit) return scene.apply(stop(scene.session, scene.nowMs, unheard));
      logger.info({ ...place, means, tries: repair.tries }, 'mending a voice connection');
      if (means === 'rejoin') return this.#rejoin(scene);
      // Should it not help, the channel is joined anew.
      this.#plan(place, 'rejoin', unconnectedMs);
      await lavalink.setVoice(place, node, state);
    });
  }

  async #rejoin(scene: Scene): Promise<void> {
    await scene.apply(interrupted(scene.session, scene.nowMs, 'voice'));
    await this.#ports.voice.discard(scene.place);
  }

  #giveUp(place: Place, why: string): Promise<void> {
    this.#callOff(this.#of(place));
    this.#repairs.delete(keyOf(place));
    return this.#inChannel(place, (scene) => scene.apply(stop(scene.session, scene.nowMs, why)));
  }

  /** Only where something plays and the bot is meant to be in voice. */
  #inChannel(place: Place, act: (scene: Scene) => Promise<void>): Promise<void> {
    return this.#ports.stage.enter(place, async (scene) => {
      if (scene.session.current && scene.session.voiceChannel !== null) await act(scene);
    });
  }

  #delayMs(place: Place): number {
    return firstDelayMs * 2 ** this.#triesOf(place);
  }

  #triesOf(place: Place): number {
    const repair = this.#of(place);
    return repair && this.#ports.clock.now() - repair.lastMs < calmMs ? repair.tries : 0;
  }

  #of(place: Place): Repair | undefined {
    return this.#repairs.get(keyOf(place), this.#ports.clock.now());
  }

  #callOff(repair: Repair | undefined): void {
    repair?.planned?.cancel();
    if (repair) repair.planned = undefined;
  }
}

const refused = (code: number) =>
  `Discord's voice server keeps closing the connection (code ${code}), so the music has stopped. Try again in a few minutes.`;
const unheard =
  "The music server cannot connect to Discord's voice server, so the music has stopped. Try again in a few minutes.";

const keyOf = (place: Place) => `${place.tenant}/${place.guild}`;
