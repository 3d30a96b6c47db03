import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import { because, type WhyCode } from '#services/contracts/why.ts';
import { entered, interrupted } from '../domain/voice-presence.ts';
import { skip } from '../domain/playing.ts';
import { stop } from '../domain/controls.ts';
import { asHeard } from '../domain/bookkeeping.ts';
import { unchanged, type Session } from '../domain/session.ts';
import { hearing, isVotedOut } from '../domain/votes.ts';
import { isElsewhere } from './held-tenants.ts';
import type { Lavalink, GuildKey, SessionStore, VoiceChange, VoiceGateway, VoiceState } from './ports.ts';
import type { SettingsStore } from './guild-settings.ts';
import { resync } from './resync.ts';
import type { VoiceRepair } from './repair-voice.ts';
import { isNodeTrouble, type UnitOfWork, type UnitsOfWork } from './unit-of-work.ts';
import { Timers } from './timers.ts';
import { isDeserted, unheard } from './unheard.ts';
import { areSameCredentials } from './voice-credentials.ts';

export interface FollowVoicePorts {
  readonly unitsOfWork: UnitsOfWork;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway;
  readonly store: SessionStore;
  readonly repair: VoiceRepair;
  readonly settings: Pick<SettingsStore, 'read'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long the bot stays in a channel where nobody listens. */
const aloneMs = 60_000;
/** How long the bot stays after the last track. */
const idleMs = 5 * 60_000;
/**
 * How long a bot may be in a channel in which no session wants it: it joins before a /play is stored, and whoever repeats a
 * request that was cut off there finds it in the channel.
 */
const unwantedMs = 10_000;
/**
 * How long after a move to wait for the voice server that Discord names for it: what was named before may not hold in the
 * new channel, and a node that is told it loses a connection that works.
 */
const serverGraceMs = 1_000;
/** How often, and how many times, a lost connection is retried. */
const rejoinEveryMs = 10_000;
const rejoinLimit = 30;

/** What the edge, or Discord by its silence, answers to a bot that may not come back, and what members read. */
const refusals = [
  ['voice.full', 'channel-full'],
  ['voice.not-allowed', 'channel-forbidden'],
  ['voice.unknown-channel', 'channel-deleted'],
  [playerErrorCodes.voiceFull, 'voice-lost'],
] as const satisfies readonly (readonly [string, WhyCode])[];

/** Keeps sessions consistent with the bot's voice connections, and leaves channels in which nobody needs it. */
export class VoiceFollower {
  readonly #ports: FollowVoicePorts;
  readonly #alone: Timers;
  readonly #idle: Timers;
  readonly #rejoin: Timers;
  /** Where the bot was moved, and no voice server has been named yet. */
  readonly #moves: Timers;
  /** In voice although no session wants that. */
  readonly #unwanted: Timers;
  readonly #rejoins = new Map<string, number>();
  /** In voice without anything to play. */
  readonly #isIdle = new Set<string>();

  constructor(ports: FollowVoicePorts) {
    this.#ports = ports;
    this.#alone = new Timers(ports.clock, aloneMs, (guildKey) => this.#leaveAlone(guildKey));
    this.#idle = new Timers(ports.clock, idleMs, (guildKey) => this.#leaveIdle(guildKey));
    this.#rejoin = new Timers(ports.clock, rejoinEveryMs, (guildKey) =>
      this.handle({ kind: 'lost', guildKey, before: undefined }),
    );
    this.#moves = new Timers(ports.clock, serverGraceMs, (guildKey) => this.#tellMoved(guildKey));
    this.#unwanted = new Timers(ports.clock, unwantedMs, (guildKey) => this.#leaveUnwanted(guildKey));
  }

  /** Resolves when the change has had its effect; failures are logged. */
  async handle(change: VoiceChange): Promise<void> {
    if (change.kind === 'state' && change.state.listeners === 0) this.#leaveLater(this.#alone, change.guildKey);
    else this.#alone.cancel(change.guildKey);
    await this.#guarded(change.guildKey, () => this.#handle(change));
  }

  /** Must be called for each stored change: a bot without anything to play leaves after a while, an unwanted one soon. */
  changed(guildKey: GuildKey, session: Session): void {
    if (session.voiceChannel === null) this.unwanted(guildKey);
    else this.#unwanted.cancel(guildKey);
    this.#setIdle(guildKey, session.voiceChannel !== null && !session.current);
  }

  /**
   * In a process that acts for a tenant from now on: timers are gone, and so may be the connection of a stored session;
   * its state may also be outdated.
   */
  recover(guildKey: GuildKey, session: Session): void {
    this.changed(guildKey, session);
    const state = this.#ports.voice.state(guildKey);
    if (!state) return void this.#rejoin.start(guildKey);
    if (state.listeners > 0) return;
    this.#leaveLater(this.#alone, guildKey);
    // They have left while nobody acted for the tenant.
    if (session.heard && session.current) void this.#guarded(guildKey, () => this.#deserted(guildKey));
  }

  /** No session wants the bot in voice here. If it is, it leaves unless one does in a moment. */
  unwanted(guildKey: GuildKey): void {
    if (this.#ports.voice.state(guildKey)) this.#unwanted.start(guildKey);
  }

  /** The guild's settings have changed: what would make the bot leave counts anew from now. */
  settingsChanged(guildKey: GuildKey): void {
    this.#alone.cancel(guildKey);
    if (this.#ports.voice.state(guildKey)?.listeners === 0) this.#leaveLater(this.#alone, guildKey);
    if (!this.#isIdle.has(keyOf(guildKey))) return;
    this.#idle.cancel(guildKey);
    this.#leaveLater(this.#idle, guildKey);
  }

  #setIdle(guildKey: GuildKey, isIdle: boolean): void {
    if (!isIdle) {
      this.#isIdle.delete(keyOf(guildKey));
      return this.#idle.cancel(guildKey);
    }
    this.#isIdle.add(keyOf(guildKey));
    this.#leaveLater(this.#idle, guildKey);
  }

  /** At once by the default, and then as the guild has set, once that is known: another time, or never. */
  #leaveLater(timer: Timers, guildKey: GuildKey): void {
    const sinceMs = this.#ports.clock.now();
    if (timer.start(guildKey)) void this.#asSet(timer, guildKey, sinceMs);
  }

  async #asSet(timer: Timers, guildKey: GuildKey, sinceMs: number): Promise<void> {
    const { settings, clock, logger } = this.#ports;
    const known = await settings.read(guildKey).catch((error: unknown) => {
      logger.warn({ err: error, ...guildKey }, 'could not read the settings of a server, so the defaults count');
      return undefined;
    });
    const { stay = false, leaveAfterSec = null } = known?.settings ?? {};
    if ((!stay && leaveAfterSec === null) || !timer.isRunning(guildKey)) return;
    timer.cancel(guildKey);
    if (stay || leaveAfterSec === null) return;
    timer.start(guildKey, Math.max(0, sinceMs + leaveAfterSec * 1_000 - clock.now()));
  }

  /** Another process acts for this tenant now. */
  leave(tenant: TenantId): void {
    for (const timers of [this.#alone, this.#idle, this.#rejoin, this.#moves, this.#unwanted]) timers.cancelOf(tenant);
    for (const known of [this.#rejoins, this.#isIdle])
      for (const key of known.keys()) if (key.startsWith(`${tenant}/`)) known.delete(key);
  }

  close(): void {
    this.#alone.close();
    this.#idle.close();
    this.#rejoin.close();
    this.#moves.close();
    this.#unwanted.close();
  }

  #handle(change: VoiceChange): Promise<void> {
    const { unitsOfWork, voice } = this.#ports;
    return unitsOfWork.enter(change.guildKey, async (unit) => {
      const state = voice.state(change.guildKey);
      if (state || change.kind === 'ended') this.#settled(change.guildKey);
      if (state) await this.#connected(unit, state, change.before);
      else if (change.kind === 'lost') await this.#lost(unit);
      else if (change.kind === 'ended') await this.#ended(unit, change.isDeleted ? 'channel-deleted' : 'disconnected');
    });
  }

  async #connected(unit: UnitOfWork, state: VoiceState, before: VoiceState | undefined): Promise<void> {
    const { session } = unit;
    if (session.voiceChannel === null) return this.unwanted(unit.guildKey);
    await unit.apply(entered(session, state.channelId));
    const { count, ids } = hearing(state);
    // If the listeners are unknown, it is unknown whose votes still count.
    if (ids && isVotedOut(unit.session, { count, ids })) await unit.apply(skip(unit.session, unit.nowMs));
    if (!unit.session.current) return;
    if (state.listeners > 0 && !unit.session.heard) await unit.apply(asHeard(unchanged(unit.session), true));
    await this.#ports.lavalink.open(unit.guildKey.tenant, state.userId);
    if (!state.server) return;
    const isNew = !areSameCredentials(state, before);
    if (isNew) this.#ports.repair.replaced(unit.guildKey, state);
    if (this.#ports.repair.isPending(unit.guildKey) || this.#waitsForNode(unit, state)) return;
    if (isDeserted(state, before)) await unit.apply(interrupted(unit.session, unit.nowMs, state.silenced ?? 'nobody'));
    if (unheard(unit.session, state) || unit.session.playback === 'waiting')
      return void (await resync(this.#ports, unit));
    const { node } = unit.session;
    if (node && isNew) await this.#tellNode(unit, node, state);
    else if (state.channelId !== before?.channelId) this.#moves.start(unit.guildKey);
  }

  async #deserted(guildKey: GuildKey): Promise<void> {
    await this.#ports.unitsOfWork.enter(guildKey, async (unit) => {
      const state = this.#ports.voice.state(guildKey);
      if (state?.listeners !== 0) return;
      await unit.apply(interrupted(unit.session, unit.nowMs, state.silenced ?? 'nobody'));
      await resync(this.#ports, unit);
    });
  }

  /** No voice server was named for the new channel: that of the old one serves it, too. */
  async #tellMoved(guildKey: GuildKey): Promise<void> {
    await this.#guarded(guildKey, () =>
      this.#ports.unitsOfWork.enter(guildKey, async (unit) => {
        const state = this.#ports.voice.state(guildKey);
        const { current, node } = unit.session;
        if (!state?.server || !current || node === null || this.#ports.repair.isPending(guildKey)) return;
        await this.#tellNode(unit, node, state);
      }),
    );
  }

  /**
   * A disconnected node may keep playing: it is asked when it is back, or the music moves after a while (NodeFollower).
   * A new order now would set it back.
   */
  #waitsForNode({ guildKey, session }: UnitOfWork, state: VoiceState): boolean {
    const { node, playback } = session;
    if (state.silenced || playback !== 'waiting' || node === null) return false;
    return !this.#ports.lavalink.isReady(guildKey, node);
  }

  /** A disconnected node is told when it is back (NodeFollower). */
  async #tellNode(unit: UnitOfWork, node: string, state: VoiceState): Promise<void> {
    this.#moves.cancel(unit.guildKey);
    try {
      await this.#ports.lavalink.setVoice(unit.guildKey, node, state);
    } catch (error) {
      if (!isNodeTrouble(error)) throw error;
      if (!hasCode(error, playerErrorCodes.nodeAway)) await unit.doubt(error);
    }
  }

  /** Kicked, disconnected, or the channel was deleted: a session that we ended ourselves no longer has a channel. */
  async #ended(unit: UnitOfWork, why: 'channel-deleted' | 'disconnected'): Promise<void> {
    if (unit.session.voiceChannel === null) return;
    await unit.apply(stop(unit.session, unit.nowMs, because(why)));
    // A suspended tenant's bot cannot join any channel: retrying its connections would be in vain.
    await this.#ports.lavalink.rest(unit.guildKey.tenant);
  }

  async #lost(unit: UnitOfWork): Promise<void> {
    const { session, guildKey } = unit;
    if (session.voiceChannel === null) return;
    if (!session.current) return unit.apply(stop(session, unit.nowMs));
    const channel = session.voiceChannel;
    await unit.apply(interrupted(session, unit.nowMs, 'voice'));
    try {
      await this.#ports.voice.join(guildKey, channel);
    } catch (error) {
      return this.#notRejoined(unit, error);
    }
    this.#settled(guildKey);
    const state = this.#ports.voice.state(guildKey);
    if (!state || !this.#waitsForNode(unit, state)) await resync(this.#ports, unit);
  }

  /** That the bot may not come back is final, and said; an unavailable edge comes back. */
  async #notRejoined(unit: UnitOfWork, error: unknown): Promise<void> {
    const { guildKey } = unit;
    const key = keyOf(guildKey);
    const tries = (this.#rejoins.get(key) ?? 0) + 1;
    this.#ports.logger.info({ err: error, tries, ...guildKey }, 'lost a voice connection');
    const refused = refusals.find(([code]) => hasCode(error, code))?.[1];
    if (!refused && tries < rejoinLimit) {
      this.#rejoins.set(key, tries);
      this.#rejoin.start(guildKey);
      return;
    }
    this.#settled(guildKey);
    await unit.apply(stop(unit.session, unit.nowMs, because(refused ?? 'voice-lost')));
  }

  #settled(guildKey: GuildKey): void {
    this.#rejoin.cancel(guildKey);
    this.#rejoins.delete(keyOf(guildKey));
  }

  async #leaveAlone(guildKey: GuildKey): Promise<void> {
    await this.#guarded(guildKey, () =>
      this.#ports.unitsOfWork.enter(guildKey, async (unit) => {
        const state = this.#ports.voice.state(guildKey);
        if (!state || state.listeners > 0 || unit.session.voiceChannel === null) return;
        await unit.apply(stop(unit.session, unit.nowMs, because('alone')));
      }),
    );
  }

  /** A bot that could not be taken out now is taken out later. */
  async #leaveUnwanted(guildKey: GuildKey): Promise<void> {
    await this.#guarded(guildKey, () =>
      this.#ports.unitsOfWork.enter(guildKey, async ({ session }) => {
        if (session.voiceChannel !== null || !this.#ports.voice.state(guildKey)) return;
        this.#unwanted.start(guildKey);
        this.#ports.logger.info(guildKey, 'leaving a voice channel in which no session wants the bot');
        await this.#ports.voice.leave(guildKey);
      }),
    );
  }

  async #leaveIdle(guildKey: GuildKey): Promise<void> {
    await this.#guarded(guildKey, () =>
      this.#ports.unitsOfWork.enter(guildKey, async (unit) => {
        if (unit.session.current || unit.session.voiceChannel === null) return;
        await unit.apply(stop(unit.session, unit.nowMs, because('idle')));
      }),
    );
  }

  async #guarded(guildKey: GuildKey, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (isElsewhere(error)) return;
      this.#ports.logger.error({ err: error, ...guildKey }, 'could not handle a voice change');
    }
  }
}

const keyOf = (guildKey: GuildKey) => `${guildKey.tenant}/${guildKey.guild}`;
