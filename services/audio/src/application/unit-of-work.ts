import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode, platformFault, upstreamFault, type BailiwickError } from '#infra/kernel/errors.ts';
import type { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import { trackFaults } from '#services/contracts/why.ts';
import { asHeard, asRequested, playedBy } from '../domain/bookkeeping.ts';
import type { Added, DoneRequest } from '../domain/idempotency.ts';
import { nodeFiltersOf } from '../domain/filters.ts';
import { stillKept } from '../domain/leave.ts';
import type { MusicEvent } from '../domain/music-events.ts';
import { emptySession, type Change, type Effect, type Session } from '../domain/session.ts';
import { interrupted } from '../domain/voice-presence.ts';
import { trackFailed } from '../domain/track-reports.ts';
import type { FeatureFlags } from '#policies/feature-flags.ts';
import { isElsewhere, type HeldTenants } from './held-tenants.ts';
import { asItStarts, type SettingsStore } from './guild-settings.ts';
import type { Events, Lavalink, GuildKey, SessionStore, VoiceGateway } from './ports.ts';
import { categoriesFor } from './skip-segments.ts';
import { unheard } from './unheard.ts';
import { playerOf } from './view.ts';

export interface UnitOfWorkPorts {
  readonly store: SessionStore;
  readonly tenants: Pick<HeldTenants, 'run'>;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway;
  readonly events: Events;
  readonly settings: Pick<SettingsStore, 'read'>;
  readonly features: Pick<FeatureFlags, 'isOn'>;
  /** Locked by guild. */
  readonly mutex: KeyedMutex;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for each stored change; for timers. */
  readonly changed?: (guildKey: GuildKey, session: Session) => void;
  /** Called when another node than before has taken the music: the earlier one may still have a player. */
  readonly movedFrom?: (guildKey: GuildKey, node: string) => void;
  /** Called when a node did not do what it was told: its state is unknown. */
  readonly doubted?: (guildKey: GuildKey) => void;
}

/** Operations on one guild's music, with nothing else touching it. */
export interface UnitOfWork {
  readonly guildKey: GuildKey;
  readonly session: Session;
  readonly nowMs: number;
  /**
   * Stores the change, reports it, then carries out its effects. Stored first, so that what is answered survives a
   * crash.
   */
  apply(change: Change, added?: Added): Promise<void>;
  /**
   * Must be called before answering a member: the change is stored, and a node that did not respond will be asked
   * again. @throws BailiwickError player.node-no-answer
   */
  mustHaveAnswered(): void;
  /** A node did not do or report what was asked: the music waits until it has been asked for its state. */
  doubt(error: BailiwickError): Promise<void>;
}

/** A disconnected node, or one that left a call unanswered: nothing is lost, and it is asked again. */
export const isNodeTrouble = (error: unknown): error is BailiwickError =>
  hasCode(error, playerErrorCodes.nodeAway) || isSilence(error);

const isSilence = (error: unknown): boolean => hasCode(error, playerErrorCodes.nodeSilent);

/** Where every change of a session happens: one guild at a time, stored before it is reported or carried out. */
export class UnitsOfWork {
  readonly #ports: UnitOfWorkPorts;

  constructor(ports: UnitOfWorkPorts) {
    this.#ports = ports;
  }

  /** Runs `work` exclusively for this guild. @throws lease.elsewhere, lease.lost: another process acts for its tenant */
  enter<Result>(guildKey: GuildKey, work: (unit: UnitOfWork) => Promise<Result>): Promise<Result> {
    return this.#inTurn(guildKey, (begin) => work(new OpenUnitOfWork(this.#ports, guildKey, begin)));
  }

  /**
   * The same, once per request: `idempotencyKey` is stored with the first change that `work` applies, and a repeated
   * request (an interaction handled by two runs of a bot, a call interrupted by a crash) is answered by `again`.
   */
  once<Result>(
    guildKey: GuildKey,
    idempotencyKey: string | undefined,
    work: (unit: UnitOfWork) => Promise<Result>,
    again: (unit: UnitOfWork, done: DoneRequest) => Result,
  ): Promise<Result> {
    return this.#inTurn(guildKey, async (begin) => {
      const done = begin.session.doneRequests.find(({ id }) => id === idempotencyKey);
      if (done) return again(new OpenUnitOfWork(this.#ports, guildKey, begin), done);
      return work(new OpenUnitOfWork(this.#ports, guildKey, begin, idempotencyKey));
    });
  }

  #inTurn<Result>(guildKey: GuildKey, work: (begin: Begin) => Promise<Result>): Promise<Result> {
    const { mutex, tenants, store, clock } = this.#ports;
    return mutex.run(`${guildKey.tenant}/${guildKey.guild}`, () =>
      tenants.run(guildKey.tenant, async () => {
        const stored = (await store.read(guildKey)) ?? emptySession(guildKey.guild);
        const kept = stillKept(stored, clock.now());
        const { session, events } = await asItStarts(this.#ports, guildKey, kept.session);
        return work({ session, untold: [...kept.events, ...events] });
      }),
    );
  }
}

interface Begin {
  /** As stored, with the volume and filter to come and without what is no longer kept. */
  readonly session: Session;
  /** What it differs by: stored with the first change. */
  readonly untold: readonly MusicEvent[];
}

class OpenUnitOfWork implements UnitOfWork {
  readonly #ports: UnitOfWorkPorts;
  readonly guildKey: GuildKey;
  session: Session;

  #untold: readonly MusicEvent[];
  #idempotencyKey: string | undefined;
  #unanswered = false;

  constructor(ports: UnitOfWorkPorts, guildKey: GuildKey, { session, untold }: Begin, idempotencyKey?: string) {
    this.#ports = ports;
    this.guildKey = guildKey;
    this.session = session;
    this.#untold = untold;
    this.#idempotencyKey = idempotencyKey;
  }

  mustHaveAnswered(): void {
    if (!this.#unanswered) return;
    throw upstreamFault(
      playerErrorCodes.nodeSilent,
      'The music server is not responding. Your request will be carried out as soon as it responds.',
      undefined,
      424,
    );
  }

  get nowMs(): number {
    return this.#ports.clock.now();
  }

  async apply(change: Change, added?: Added): Promise<void> {
    const before = this.session;
    const id = this.#idempotencyKey;
    if (id !== undefined) {
      await this.#store(asRequested(change, { id, atMs: this.nowMs, ...(added ? { added } : {}) }));
      this.#idempotencyKey = undefined;
    } else if (change.events.length > 0) await this.#store(change);
    for (const effect of change.effects) await this.#perform(effect, before);
  }

  async #store(change: Change): Promise<void> {
    const heard = (this.#ports.voice.state(this.guildKey)?.listeners ?? 0) > 0;
    const { session, events } = asHeard(change, heard);
    const stored: Session = { ...session, version: this.session.version + 1 };
    const happened = { events: [...this.#untold, ...events], atMs: this.nowMs };
    if (!(await this.#ports.store.write(this.guildKey, stored, happened))) {
      throw platformFault(
        'player.conflict',
        'Somebody else changed this player at the same time. Try again.',
        undefined,
        409,
      );
    }
    this.session = stored;
    this.#untold = [];
    this.#ports.changed?.(this.guildKey, stored);
    if (!change.cause) return;
    const player = playerOf(stored, this.nowMs);
    const detail = change.detail ? { detail: change.detail } : {};
    this.#ports.events.publish(this.guildKey.tenant, { kind: 'player', cause: change.cause, player, ...detail });
  }

  async #perform(effect: Effect, before: Session): Promise<void> {
    switch (effect) {
      case 'play':
        return this.#play();
      case 'leave':
        return this.#leave(before.node);
      case 'silence':
        return this.#atNode('silence', (node) => this.#ports.lavalink.silence(this.guildKey, node));
      case 'pause':
        return this.#atNode('pause', (node) => this.#ports.lavalink.setPaused(this.guildKey, node, this.#shallPause));
      case 'volume':
        return this.#atNode('volume', (node) =>
          this.#ports.lavalink.setVolume(this.guildKey, node, this.session.volume),
        );
      case 'filters':
        return this.#atNode('filters', (node) =>
          this.#ports.lavalink.setFilters(this.guildKey, node, nodeFiltersOf(this.session.filters)),
        );
      default:
        return effect satisfies never;
    }
  }

  /** If nobody hears the bot, the node stays paused although the session is not. */
  get #shallPause(): boolean {
    return this.session.paused || unheard(this.session, this.#ports.voice.state(this.guildKey)) !== undefined;
  }

  /**
   * An unavailable node, or voice that is not connected yet, makes the track wait, and so does whatever else goes wrong: the
   * order is stored, so it is carried out later rather than told as failed. A track that the node refuses has failed.
   */
  async #play(): Promise<void> {
    const { current, attempt, positionMs, paused, volume, filters, node } = this.session;
    if (!current) return;
    const voice = this.#ports.voice.state(this.guildKey);
    if (!voice?.server) return this.apply(interrupted(this.session, this.nowMs, 'voice'));
    const why = unheard(this.session, voice);
    if (why) return this.apply(interrupted(this.session, this.nowMs, why));
    try {
      const skipSegments = await categoriesFor(this.#ports, this.guildKey);
      const settings = { paused, volume, filters: nodeFiltersOf(filters), skipSegments };
      const order = { entry: current, attempt, positionMs, ...settings, voice, node };
      const took = await this.#ports.lavalink.play(this.guildKey, order);
      if (took !== this.session.node) await this.apply(playedBy(this.session, took));
      if (node !== null && node !== took) this.#ports.movedFrom?.(this.guildKey, node);
    } catch (error) {
      // Another process carries it out.
      if (isElsewhere(error)) throw error;
      if (!hasCode(error, 'player.node-refused') && !hasCode(error, 'player.node-failed')) {
        if (!isNodeTrouble(error))
          this.#ports.logger.error({ err: error, ...this.guildKey }, 'could not order a track');
        return this.doubt(error);
      }
      this.#ports.logger.warn({ err: error, ...this.guildKey }, 'the node refused a track');
      return this.apply(trackFailed(this.session, attempt, trackFaults.refused, this.nowMs));
    }
  }

  /** Each part of leaving is attempted, whatever happened to the others. */
  async #leave(node: string | null): Promise<void> {
    if (node) await this.#attempt('remove', () => this.#ports.lavalink.remove(this.guildKey, node));
    if (this.#ports.voice.state(this.guildKey))
      await this.#attempt('leave', () => this.#ports.voice.leave(this.guildKey));
  }

  /** A failure here is corrected when the node responds: it is then reconciled with what is stored. */
  async #atNode(what: string, act: (node: string) => Promise<void>): Promise<void> {
    const { node } = this.session;
    if (!node) return;
    try {
      await act(node);
    } catch (error) {
      this.#ports.logger.warn({ err: error, what, ...this.guildKey }, 'the node did not do what it was told');
      await this.doubt(error);
    }
  }

  async doubt(error: unknown): Promise<void> {
    if (isSilence(error)) this.#unanswered = true;
    // First: the doubt remains if it cannot be stored.
    this.#ports.doubted?.(this.guildKey);
    await this.apply(interrupted(this.session, this.nowMs, isSilence(error) ? 'answer' : 'node'));
  }

  async #attempt(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#ports.logger.warn({ err: error, what, ...this.guildKey }, 'could not carry out an effect immediately');
    }
  }
}
