import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import {
  adopted,
  interrupted,
  replay,
  trackEnded,
  trackFailed,
  trackStarted,
  type Session,
} from '../domain/session.ts';
import type { Lavalink, NodeEvent, NodePlayer, Place, SessionStore, VoiceGateway } from './ports.ts';
import type { Scene, Stage } from './stage.ts';
import { Timers } from './timers.ts';

export interface FollowNodePorts {
  readonly stage: Stage;
  readonly store: SessionStore;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** So long a node may be away before its music counts as interrupted: a dropped socket is back sooner. */
const awayGraceMs = 5_000;
/** The position is kept this often, which is how much of a track repeats when audio and node fail together. */
const positionEveryMs = 10_000;
/** Music that waits although a node is there is tried again this often. */
const retryEveryMs = 5_000;
/** Voice close codes after which the session has to be made anew (discord docs: Voice, close event codes). */
const goneVoiceSessions = new Set([4006, 4009]);

/** Brings sessions in line with what the nodes tell. Events of one guild are handled in their order. */
export class NodeFollower {
  readonly #ports: FollowNodePorts;
  /** When a tenant's node went away, and how to call off what follows from it. */
  readonly #away = new Map<string, { atMs: number; cancel: () => void }>();
  readonly #positionKeptAtMs = new BoundedMap<string, number>(20_000);

  readonly #retries: Timers;
  readonly #checks: Timers;

  constructor(ports: FollowNodePorts) {
    this.#ports = ports;
    this.#retries = new Timers(ports.clock, retryEveryMs, (place) => this.#retry(place));
    this.#checks = new Timers(ports.clock, retryEveryMs, (place) => this.#check(place));
  }

  /** To be told of each stored change: what waits must not wait for ever. */
  changed(place: Place, session: Session): void {
    if (session.current && session.playback === 'waiting') this.#retries.start(place);
    else this.#retries.cancel(place);
  }

  /** Resolves when the event has had its effect; failures are logged, the next event is not held up by them. */
  async handle(event: NodeEvent): Promise<void> {
    try {
      await this.#handle(event);
    } catch (error) {
      this.#ports.logger.error({ err: error, event: event.kind }, 'a node event could not be handled');
      if ('place' in event) this.#checks.start(event.place);
    }
  }

  /** Calls off what was planned. */
  close(): void {
    for (const { cancel } of this.#away.values()) cancel();
    this.#away.clear();
    this.#retries.close();
    this.#checks.close();
  }

  async #handle(event: NodeEvent): Promise<void> {
    switch (event.kind) {
      case 'ready':
        return this.#ready(event.tenant, event.node, event.resumed);
      case 'away':
        return this.#wentAway(event.tenant, event.node);
      case 'position':
        return this.#keepPosition(event.place, event.positionMs, event.asOfMs);
      case 'voice-closed':
        return this.#voiceClosed(event.place, event.code);
      case 'started':
        return this.#inTurn(event, (scene, attempt) =>
          trackStarted(scene.session, attempt, event.positionMs, scene.nowMs),
        );
      case 'ended':
        return this.#inTurn(event, (scene, attempt) => trackEnded(scene.session, attempt, event.reason, scene.nowMs));
      case 'stuck':
        return this.#inTurn(event, (scene, attempt) => trackFailed(scene.session, attempt, event.why, scene.nowMs));
      case 'failed':
        // TrackEndEvent follows and says whether the next may start; this one only says why.
        this.#ports.logger.info({ ...event.place, why: event.why }, 'a track broke');
        return;
      default:
        return event satisfies never;
    }
  }

  #inTurn(
    event: { readonly place: Place; readonly attempt: number | undefined },
    change: (scene: Scene, attempt: number) => ReturnType<typeof trackStarted>,
  ): Promise<void> {
    const { attempt } = event;
    if (attempt === undefined) return Promise.resolve();
    return this.#ports.stage.enter(event.place, (scene) => scene.apply(change(scene, attempt)));
  }

  async #keepPosition(place: Place, positionMs: number, asOfMs: number): Promise<void> {
    const { store, stage } = this.#ports;
    const key = keyOf(place.tenant, place.guild);
    if (asOfMs - (this.#positionKeptAtMs.get(key, asOfMs) ?? 0) < positionEveryMs) return;
    this.#positionKeptAtMs.set(key, asOfMs);
    await stage.enter(place, async ({ session }) => {
      if (!session.current) this.#positionKeptAtMs.delete(key);
      else if (session.playback === 'playing' && !session.paused && asOfMs >= session.asOfMs) {
        await store.writePosition(place, { ...session, positionMs, asOfMs });
      }
    });
  }

  #wentAway(tenant: TenantId, node: string): void {
    const { clock } = this.#ports;
    const key = keyOf(tenant, node);
    if (this.#away.has(key)) return;
    const atMs = clock.now();
    const cancel = clock.after(awayGraceMs, () => void this.#stillAway(tenant, node, atMs));
    this.#away.set(key, { atMs, cancel });
  }

  /** The music waits at the position that it had when the node went away, or goes on at another node. */
  async #stillAway(tenant: TenantId, node: string, atMs: number): Promise<void> {
    await this.#eachAt(
      tenant,
      (session) => session.node === node,
      async (scene) => {
        await scene.apply(interrupted(scene.session, atMs));
        await this.#again(scene);
      },
    );
  }

  async #ready(tenant: TenantId, node: string, resumed: boolean): Promise<void> {
    const { lavalink } = this.#ports;
    const key = keyOf(tenant, node);
    const away = this.#away.get(key);
    away?.cancel();
    this.#away.delete(key);
    // What the node kept for us while we were away comes before this answer: it is in the guilds' lanes already.
    const guilds = await lavalink.guilds(tenant, node);
    const ours = (session: Session) => session.node === node || session.playback === 'waiting';
    await this.#eachAt(tenant, ours, async (scene) => {
      const player = scene.session.node === node ? await lavalink.player(scene.place, node) : undefined;
      if (player && player.attempt === scene.session.attempt) await this.#adopt(scene, node, player);
      else await this.#restore(scene, resumed, away?.atMs);
    });
    for (const guild of guilds) await this.#removeStray({ tenant, guild: snowflake(guild) }, node);
  }

  async #adopt(scene: Scene, node: string, player: NodePlayer): Promise<void> {
    const { store, lavalink, voice } = this.#ports;
    const known = adopted(scene.session, player.positionMs, scene.nowMs);
    if (scene.session.playback === 'playing') await store.writePosition(scene.place, known.session);
    else await scene.apply(known);
    const { paused, volume } = scene.session;
    if (player.paused !== paused) await lavalink.setPaused(scene.place, node, paused);
    if (player.volume !== volume) await lavalink.setVolume(scene.place, node, volume);
    const state = voice.state(scene.place);
    if (!player.connected && state?.server) await lavalink.setVoice(scene.place, node, state);
  }

  /** A node that resumed has ended the track meanwhile; one that did not has lost it when it went away. */
  async #restore(scene: Scene, resumed: boolean, awayAtMs: number | undefined): Promise<void> {
    if (resumed) return scene.apply(replay(scene.session, scene.nowMs));
    if (awayAtMs !== undefined) await scene.apply(interrupted(scene.session, awayAtMs));
    await scene.apply(replay(scene.session, scene.nowMs, scene.session.positionMs));
  }

  /** A player that went on at another node, or whose session is over, must not sound here too. */
  async #removeStray(place: Place, node: string): Promise<void> {
    await this.#ports.stage.enter(place, async ({ session }) => {
      if (session.node !== node) await this.#ports.lavalink.remove(place, node);
    });
  }

  async #again(scene: Scene): Promise<void> {
    if (scene.session.playback === 'waiting') await scene.apply(replay(scene.session, scene.nowMs));
  }

  /** What a node told was lost, for want of the database perhaps: it is asked how things are. */
  async #check(place: Place): Promise<void> {
    const { stage, lavalink, logger } = this.#ports;
    try {
      await stage.enter(place, async (scene) => {
        const { current, node, playback } = scene.session;
        if (!current || !node || playback === 'waiting') return;
        const player = await lavalink.player(place, node);
        if (player?.attempt === scene.session.attempt) await this.#adopt(scene, node, player);
        else await scene.apply(replay(scene.session, scene.nowMs));
      });
    } catch (error) {
      logger.warn({ err: error, ...place }, 'a player could not be looked at');
      this.#checks.start(place);
    }
  }

  async #retry(place: Place): Promise<void> {
    const { stage, lavalink, voice, logger } = this.#ports;
    try {
      await stage.enter(place, async (scene) => {
        if (!scene.session.current || scene.session.playback !== 'waiting') return;
        const state = voice.state(place);
        if (state) await lavalink.open(place.tenant, state.userId);
        if (state?.server && lavalink.available(place.tenant)) await this.#again(scene);
        else this.#retries.start(place);
      });
    } catch (error) {
      logger.warn({ err: error, ...place }, 'music that waits could not be tried again');
      this.#retries.start(place);
    }
  }

  /**
   * The voice session is gone although nobody ended it: made anew (VoiceFollower), and the music goes on where it was.
   */
  async #voiceClosed(place: Place, code: number): Promise<void> {
    if (!goneVoiceSessions.has(code)) return;
    const { stage, voice, logger } = this.#ports;
    await stage.enter(place, async (scene) => {
      if (!scene.session.current || scene.session.voiceChannel === null) return;
      logger.info({ ...place, code }, 'the voice session is gone: joining again');
      await scene.apply(interrupted(scene.session, scene.nowMs));
      await voice.discard(place);
    });
  }

  /** In each of a tenant's active sessions that `concerns` holds for, when its turn comes. */
  async #eachAt(
    tenant: TenantId,
    concerns: (session: Session) => boolean,
    act: (scene: Scene) => Promise<void>,
  ): Promise<void> {
    const { store, stage, logger } = this.#ports;
    const sessions = await store.active(tenant);
    const places = sessions
      .filter((session) => session.current && concerns(session))
      .map(({ guild }) => ({ tenant, guild }));
    const outcomes = await Promise.allSettled(
      places.map((place) =>
        stage.enter(place, async (scene) => {
          if (scene.session.current && concerns(scene.session)) await act(scene);
        }),
      ),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        logger.error({ err: outcome.reason, tenant }, 'a player could not be restored');
    }
  }
}

const keyOf = (tenant: string, name: string) => `${tenant}/${name}`;
