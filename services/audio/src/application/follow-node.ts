import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { interrupted, replay } from '../domain/voice-presence.ts';
import { playedBy } from '../domain/bookkeeping.ts';
import { trackEnded, trackFailed, trackStarted } from '../domain/track-reports.ts';
import type { Session } from '../domain/session.ts';
import { isElsewhere } from './held-tenants.ts';
import type { Lavalink, NodeEvent, GuildKey, SessionStore, VoiceGateway } from './ports.ts';
import type { VoiceRepair } from './repair-voice.ts';
import { NodesAway } from './nodes-away.ts';
import type { PlayerMoves } from './player-moves.ts';
import { adopt, plays, resync } from './resync.ts';
import { unheard } from './unheard.ts';
import type { UnitOfWork, UnitsOfWork } from './unit-of-work.ts';
import { Timers } from './timers.ts';

export interface FollowNodePorts {
  readonly unitsOfWork: UnitsOfWork;
  readonly store: SessionStore;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway;
  readonly repair: VoiceRepair;
  readonly moves: PlayerMoves;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long a node may be gone before it is reported: a dropped socket is back sooner. */
const awayShownMs = 800;
/**
 * After this long, its music continues on another node: what a node and a voice connection need to begin again is left of the
 * five seconds that members wait at most.
 */
const awayGraceMs = 2_000;
/** The position is stored this often, which is how much of a track repeats if audio and node fail together. */
const positionEveryMs = 10_000;
/** Music that waits although a node is available is retried this often. */
const retryEveryMs = 5_000;
/** A node is asked for its state if a track does not start within this time, or a call has failed. */
const checkAfterMs = 2_000;
/** Guilds whose last broken track is remembered until the node has reported the consequence. */
const brokenLimit = 1_000;

/** Keeps sessions consistent with what the nodes report. Events of one guild are handled in order. */
export class NodeFollower {
  readonly #ports: FollowNodePorts;
  readonly #away = new NodesAway();
  /**
   * Nodes that are back and whose players have not been checked yet: the positions that they report may belong to none
   * of ours.
   */
  readonly #settling = new Set<string>();
  readonly #positionKeptAtMs = new BoundedMap<string, number>(20_000);

  /** Why a track broke, by the order's number. */
  readonly #broken = new BoundedMap<number, string>(brokenLimit);
  /** Versions of sessions that their node seemed not to know. */
  readonly #unsettled = new BoundedMap<string, number>(20_000);
  readonly #retries: Timers;
  readonly #starts: Timers;
  readonly #checks: Timers;
  /** Music whose node may come back, as others just have. */
  readonly #awaited: Timers;
  readonly #moves: PlayerMoves;

  constructor(ports: FollowNodePorts) {
    this.#ports = ports;
    this.#retries = new Timers(ports.clock, retryEveryMs, (guildKey) => this.#retry(guildKey));
    this.#starts = new Timers(ports.clock, checkAfterMs, (guildKey) => this.#check(guildKey));
    this.#checks = new Timers(ports.clock, checkAfterMs, (guildKey) => this.#check(guildKey));
    this.#awaited = new Timers(ports.clock, awayGraceMs, (guildKey) => this.#retry(guildKey));
    this.#moves = ports.moves;
  }

  /** Must be called for each stored change, so that nothing waits indefinitely. */
  changed(guildKey: GuildKey, session: Session): void {
    if (session.current && session.playback === 'waiting') this.#retries.start(guildKey);
    else this.#retries.cancel(guildKey);
    if (session.current && session.playback === 'requested') this.#starts.start(guildKey);
    else this.#starts.cancel(guildKey);
  }

  /** A node did not do what it was told. */
  doubted(guildKey: GuildKey): void {
    this.#checks.start(guildKey);
  }

  /** Resolves when the event has had its effect; failures are logged and do not delay the next event. */
  async handle(event: NodeEvent): Promise<void> {
    try {
      await this.#handle(event);
    } catch (error) {
      if (isElsewhere(error)) return;
      this.#ports.logger.error({ err: error, event: event.kind }, 'could not handle a node event');
      if ('guildKey' in event) this.#checks.start(event.guildKey);
    }
  }

  /** Another process acts for this tenant now. */
  leave(tenant: TenantId): void {
    this.#away.leave(tenant);
    for (const timers of [this.#retries, this.#starts, this.#checks, this.#awaited]) timers.cancelOf(tenant);
  }

  /** Cancels what was scheduled. */
  close(): void {
    for (const each of [this.#away, this.#awaited, this.#retries, this.#starts, this.#checks]) each.close();
  }

  async #handle(event: NodeEvent): Promise<void> {
    if ('guildKey' in event && this.#moves.hasLeft(event.guildKey, event.node)) return;
    switch (event.kind) {
      case 'ready':
        return this.#back(event.tenant, event.node, event.resumed);
      case 'away':
        return this.#wentAway(event.tenant, event.node);
      case 'draining':
        return this.#moves.drain(event.tenant, event.node);
      case 'position':
        this.#ports.repair.heard(event.guildKey, event.connected);
        return this.#keepPosition(event.guildKey, event.positionMs, event.asOfMs);
      case 'segment-skipped':
        this.#ports.logger.info({ ...event.guildKey, category: event.category }, 'a part of a track was left out');
        // The position has leapt: it is kept, however short the time since the last one.
        this.#positionKeptAtMs.delete(keyOf(event.guildKey.tenant, event.guildKey.guild));
        return this.#keepPosition(event.guildKey, event.positionMs, event.asOfMs);
      case 'voice-closed':
        return this.#ports.repair.closed(event.guildKey, event.code);
      case 'started':
        return this.#inTurn(event, ({ session, nowMs }, attempt) => {
          // An order that was given up has been carried out after all.
          if (attempt !== session.attempt && session.playback === 'playing') this.#checks.start(event.guildKey);
          return trackStarted(session, attempt, event.positionMs, nowMs, event.node);
        });
      case 'ended':
        return this.#inTurn(event, ({ session, nowMs }, attempt) =>
          trackEnded(session, attempt, event.reason, nowMs, this.#broken.get(attempt, nowMs)),
        );
      case 'stuck':
        return this.#inTurn(event, (unit, attempt) => trackFailed(unit.session, attempt, event.why, unit.nowMs));
      case 'failed':
        // TrackEndEvent follows and determines whether the next may start; this one only gives the reason.
        this.#ports.logger.info({ ...event.guildKey, why: event.why }, 'a track broke');
        if (event.attempt !== undefined) this.#broken.set(event.attempt, event.why);
        return;
      default:
        return event satisfies never;
    }
  }

  #inTurn(
    event: { readonly guildKey: GuildKey; readonly attempt: number | undefined },
    change: (unit: UnitOfWork, attempt: number) => ReturnType<typeof trackStarted>,
  ): Promise<void> {
    const { attempt } = event;
    if (attempt === undefined) return Promise.resolve();
    return this.#ports.unitsOfWork.enter(event.guildKey, (unit) => unit.apply(change(unit, attempt)));
  }

  async #keepPosition(guildKey: GuildKey, positionMs: number, asOfMs: number): Promise<void> {
    const { store, unitsOfWork } = this.#ports;
    const key = keyOf(guildKey.tenant, guildKey.guild);
    if (asOfMs - (this.#positionKeptAtMs.get(key, asOfMs) ?? 0) < positionEveryMs) return;
    this.#positionKeptAtMs.set(key, asOfMs);
    await unitsOfWork.enter(guildKey, async ({ session }) => {
      if (session.node !== null && this.#settling.has(keyOf(guildKey.tenant, session.node))) return;
      if (!session.current) this.#positionKeptAtMs.delete(key);
      else if (session.playback === 'playing' && !session.paused && asOfMs >= session.asOfMs) {
        await store.writePosition(guildKey, { ...session, positionMs, asOfMs });
      }
    });
  }

  #wentAway(tenant: TenantId, node: string): void {
    const { clock } = this.#ports;
    if (this.#away.has(tenant, node)) return;
    const atMs = clock.now();
    const at = (session: Session) => session.node === node;
    // The music waits at the position at which the node disconnected, and continues on another node.
    const show = (unit: UnitOfWork) => unit.apply(interrupted(unit.session, atMs, 'node'));
    const cancelShown = clock.after(awayShownMs, () => void this.#moves.eachAt(tenant, at, show));
    const cancelMoved = clock.after(awayGraceMs, () => void this.#moves.eachAt(tenant, at, (unit) => this.again(unit)));
    const cancel = () => {
      cancelShown();
      cancelMoved();
    };
    this.#away.went(tenant, node, { sinceMs: atMs, cancel });
  }

  async #back(tenant: TenantId, node: string, resumed: boolean): Promise<void> {
    const key = keyOf(tenant, node);
    this.#settling.add(key);
    try {
      await this.#ready(tenant, node, resumed);
    } finally {
      this.#settling.delete(key);
    }
  }

  async #ready(tenant: TenantId, node: string, resumed: boolean): Promise<void> {
    const { lavalink } = this.#ports;
    const awaySinceMs = this.#away.back(tenant, node, this.#ports.clock.now());
    // What the node kept for us in the meantime arrives before this response: it is already in the guilds' queues.
    const guilds = await lavalink.guilds(tenant, node);
    const ours = (session: Session) => session.node === node || session.playback === 'waiting';
    const settle = (unit: UnitOfWork) => this.#settle(unit, node, resumed, awaySinceMs);
    await this.#moves.eachAt(tenant, ours, settle);
    // Apart from those: what is being ordered just now has its node when its turn comes.
    await this.#moves.eachAt(tenant, isUnplaced, settle);
    for (const guild of guilds) await this.#removeStray({ tenant, guild: snowflake(guild) }, node);
  }

  /** The node plays the track, and is taken at its word; or the track is ordered again. */
  async #settle(unit: UnitOfWork, node: string, resumed: boolean, awaySinceMs: number | undefined): Promise<void> {
    const { lavalink, voice } = this.#ports;
    const { guildKey, session } = unit;
    // What nobody hears keeps waiting, and the node with it.
    if (unheard(session, voice.state(guildKey))) return void (await resync(this.#ports, unit));
    const mayHave = session.node === node || isUnplaced(session);
    const player = mayHave ? await lavalink.player(guildKey, node) : undefined;
    if (session.current && player && plays(player, session.current)) {
      await unit.apply(playedBy(session, node));
      await adopt(this.#ports, unit, node, player);
    } else if (!this.#isAwaited(unit)) await this.#restore(unit, resumed, awaySinceMs);
  }

  /** A resumed node has ended the track in the meantime; a node that was not resumed has lost it. */
  async #restore(unit: UnitOfWork, resumed: boolean, awayAtMs: number | undefined): Promise<void> {
    if (resumed) return unit.apply(replay(unit.session, unit.nowMs));
    if (awayAtMs !== undefined) await unit.apply(interrupted(unit.session, awayAtMs, 'node'));
    await unit.apply(replay(unit.session, unit.nowMs, unit.session.positionMs));
  }

  /** A player that continued on another node, or whose session has ended, must not play here too. */
  async #removeStray(guildKey: GuildKey, node: string): Promise<void> {
    await this.#ports.unitsOfWork.enter(guildKey, async ({ session }) => {
      if (session.node !== node) await this.#ports.lavalink.remove(guildKey, node);
    });
  }

  /** Waiting music continues if there is a node for it; while voice is being repaired, it keeps waiting. */
  async again(unit: UnitOfWork): Promise<void> {
    const { lavalink, repair } = this.#ports;
    if (unit.session.playback !== 'waiting' || repair.isPending(unit.guildKey)) return;
    if (lavalink.available(unit.guildKey.tenant) && !this.#isAwaited(unit)) await resync(this.#ports, unit);
  }

  /** Whether the node that has the music is still given the time to come back, in which it may play on. */
  #isAwaited({ guildKey, session, nowMs }: UnitOfWork): boolean {
    const sinceMs = this.#away.missedSinceMs(guildKey.tenant, session.node);
    if (sinceMs === undefined || nowMs - sinceMs >= awayGraceMs) return false;
    this.#awaited.start(guildKey);
    return true;
  }

  /** The node is asked for its state: what it reported was lost, or it reported nothing. */
  async #check(guildKey: GuildKey): Promise<void> {
    const { unitsOfWork, lavalink, repair, logger } = this.#ports;
    // One check is enough, whatever the number of reasons.
    this.#starts.cancel(guildKey);
    this.#checks.cancel(guildKey);
    try {
      await unitsOfWork.enter(guildKey, async (unit) => {
        const { node } = unit.session;
        // A disconnected node reports when it is back. Without a node, the order has reached none, or none that is known.
        if (node !== null && !lavalink.isReady(guildKey, node)) return;
        if (!repair.isPending(guildKey)) await this.#lookAt(unit);
      });
    } catch (error) {
      if (isElsewhere(error)) return;
      logger.warn({ err: error, ...guildKey }, 'could not check a player');
      this.#checks.start(guildKey);
    }
  }

  /** A node that twice does not play what it should, without an event in between, is told to. */
  async #lookAt(unit: UnitOfWork): Promise<void> {
    const { guildKey, session } = unit;
    const key = keyOf(guildKey.tenant, guildKey.guild);
    const isSure = this.#unsettled.get(key, unit.nowMs) === session.version;
    this.#unsettled.delete(key);
    if ((await resync(this.#ports, unit, isSure)) === 'settled') return;
    this.#unsettled.set(key, session.version);
    this.#checks.start(guildKey);
  }

  async #retry(guildKey: GuildKey): Promise<void> {
    const { unitsOfWork, lavalink, voice, logger } = this.#ports;
    try {
      await this.#moves.inTurn(guildKey.tenant, () =>
        unitsOfWork.enter(guildKey, async (unit) => {
          if (!unit.session.current || unit.session.playback !== 'waiting') return;
          const state = voice.state(guildKey);
          if (state) await lavalink.open(guildKey.tenant, state.userId);
          if (state?.server) await this.again(unit);
          if (unit.session.playback === 'waiting') this.#retries.start(guildKey);
        }),
      );
    } catch (error) {
      if (isElsewhere(error)) return;
      logger.warn({ err: error, ...guildKey }, 'could not retry waiting music');
      this.#retries.start(guildKey);
    }
  }
}

/** Ordered, by a process that ended before it was stored which node has taken it. */
const isUnplaced = ({ node, playback }: Session): boolean => node === null && playback !== 'waiting';

const keyOf = (tenant: string, name: string) => `${tenant}/${name}`;
