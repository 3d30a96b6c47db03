import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { because, type Why } from '#services/contracts/why.ts';
import { interrupted } from '../domain/voice-presence.ts';
import { stop } from '../domain/controls.ts';
import type { Lavalink, GuildKey, SessionStore, VoiceGateway } from './ports.ts';
import { resync } from './resync.ts';
import type { UnitOfWork, UnitsOfWork } from './unit-of-work.ts';
import { answerTo } from './voice-closes.ts';

export interface RepairVoicePorts {
  readonly unitsOfWork: UnitsOfWork;
  readonly store: SessionStore;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Means = 'resend' | 'rejoin';

interface Repair {
  /** How many attempts were made in this run of closes. */
  tries: number;
  lastMs: number;
  /** The next scheduled attempt, and how to cancel it. */
  planned: { readonly means: Means; readonly cancel: () => void } | undefined;
  /** An attempt is in progress. */
  repairing: boolean;
}

/** How long a node may be without a connection while the bot is in the channel. */
const unconnectedMs = 5_000;
const firstDelayMs = 1_000;
const tryLimit = 5;
/** A connection that lasted this long has nothing to do with what was before it. */
const calmMs = 60_000;

/**
 * Repairs voice connections between nodes and Discord's voice servers: credentials are sent again or the channel is
 * rejoined, after 1, 2, 4 … seconds, five times. Discord allows 120 messages a minute for all of a bot's guilds, so no
 * attempt is made without a delay. The delays are exact, not those of kernel/backoff.ts: what becomes due together is one
 * bot's, whose session sends it no faster than Discord allows.
 */
export class VoiceRepair {
  readonly #ports: RepairVoicePorts;
  readonly #repairs = new BoundedMap<string, Repair>(20_000);

  constructor(ports: RepairVoicePorts) {
    this.#ports = ports;
  }

  /** Nothing else should order music or send credentials now: it would be another attempt. */
  isPending(guildKey: GuildKey): boolean {
    const repair = this.#of(guildKey);
    return repair?.repairing === true || repair?.planned?.means === 'rejoin';
  }

  /** A node reports whether it is connected; it is asked if it was not for five seconds. */
  heard(guildKey: GuildKey, connected: boolean): void {
    const repair = this.#of(guildKey);
    if (connected) {
      if (repair?.planned?.means === 'resend') this.#callOff(repair);
      return;
    }
    if (!repair?.planned && !repair?.repairing) this.#plan(guildKey, 'resend', unconnectedMs);
  }

  /** Discord has named another session or voice server, for which what was wrong with the earlier one says nothing. */
  replaced(guildKey: GuildKey): void {
    this.#callOff(this.#of(guildKey));
  }

  /** A node's connection to a voice server was closed. */
  async closed(guildKey: GuildKey, code: number): Promise<void> {
    const answer = answerTo(code);
    this.#ports.logger.info({ ...guildKey, code, answer }, 'a voice connection was closed');
    // Closes of a connection that is about to be replaced do not matter.
    if (this.isPending(guildKey)) return;
    const planned = this.#of(guildKey)?.planned;
    if (answer === 'wait') return planned ? undefined : this.#plan(guildKey, 'resend', unconnectedMs);
    if (typeof answer === 'object') return this.#giveUp(guildKey, because(answer.stop));
    if (planned) this.#callOff(this.#of(guildKey));
    if (this.#triesOf(guildKey) >= tryLimit) return this.#giveUp(guildKey, because('voice-closing', { close: code }));
    this.#plan(guildKey, answer, this.#delayMs(guildKey));
    if (answer === 'rejoin')
      await this.#inChannel(guildKey, (unit) => unit.apply(interrupted(unit.session, unit.nowMs, 'voice')));
  }

  /** Another process acts for this tenant now. */
  leave(tenant: TenantId): void {
    this.#callOffWhere((key) => key.startsWith(`${tenant}/`));
  }

  close(): void {
    this.#callOffWhere(() => true);
  }

  #callOffWhere(concerns: (key: string) => boolean): void {
    this.#repairs.deleteWhere((repair, key) => {
      if (concerns(key)) this.#callOff(repair);
      return concerns(key);
    });
  }

  #plan(guildKey: GuildKey, means: Means, delayMs: number): void {
    const { clock, logger } = this.#ports;
    const repair: Repair = this.#of(guildKey) ?? { tries: 0, lastMs: 0, planned: undefined, repairing: false };
    const cancel = clock.after(delayMs, () => {
      repair.planned = undefined;
      repair.repairing = true;
      this.#repair(guildKey, repair, means)
        .catch((error: unknown) => logger.warn({ err: error, ...guildKey }, 'could not repair a voice connection'))
        .finally(() => (repair.repairing = false));
    });
    repair.planned = { means, cancel };
    this.#repairs.set(keyOf(guildKey), repair);
  }

  #repair(guildKey: GuildKey, repair: Repair, means: Means): Promise<void> {
    return this.#inChannel(guildKey, async (unit) => {
      const { voice, lavalink, logger, clock } = this.#ports;
      const state = voice.state(guildKey);
      const { node } = unit.session;
      // Without a state or a server there is nothing to repair: the follower of voice waits for them.
      if (!state?.server || node === null || !lavalink.isReady(guildKey, node)) return;
      const player = await lavalink.player(guildKey, node);
      // A close of an earlier connection, or one that came back by itself.
      if (player?.connected && player.voiceSession === state.sessionId) {
        if (unit.session.playback === 'waiting') await resync(this.#ports, unit);
        return;
      }
      repair.tries = this.#triesOf(guildKey) + 1;
      repair.lastMs = clock.now();
      if (repair.tries > tryLimit) return unit.apply(stop(unit.session, unit.nowMs, because('voice-unheard')));
      logger.info({ ...guildKey, means, tries: repair.tries }, 'repairing a voice connection');
      if (means === 'rejoin') return this.#rejoin(unit);
      // If that does not help, the channel is rejoined.
      this.#plan(guildKey, 'rejoin', unconnectedMs);
      await lavalink.setVoice(guildKey, node, state);
    });
  }

  async #rejoin(unit: UnitOfWork): Promise<void> {
    await unit.apply(interrupted(unit.session, unit.nowMs, 'voice'));
    await this.#ports.voice.discard(unit.guildKey);
  }

  #giveUp(guildKey: GuildKey, why: Why): Promise<void> {
    this.#callOff(this.#of(guildKey));
    this.#repairs.delete(keyOf(guildKey));
    return this.#inChannel(guildKey, (unit) => unit.apply(stop(unit.session, unit.nowMs, why)));
  }

  /** Only if something plays and the bot is meant to be in voice. */
  #inChannel(guildKey: GuildKey, act: (unit: UnitOfWork) => Promise<void>): Promise<void> {
    return this.#ports.unitsOfWork.enter(guildKey, async (unit) => {
      if (unit.session.current && unit.session.voiceChannel !== null) await act(unit);
    });
  }

  #delayMs(guildKey: GuildKey): number {
    return firstDelayMs * 2 ** this.#triesOf(guildKey);
  }

  #triesOf(guildKey: GuildKey): number {
    const repair = this.#of(guildKey);
    return repair && this.#ports.clock.now() - repair.lastMs < calmMs ? repair.tries : 0;
  }

  #of(guildKey: GuildKey): Repair | undefined {
    return this.#repairs.get(keyOf(guildKey), this.#ports.clock.now());
  }

  #callOff(repair: Repair | undefined): void {
    repair?.planned?.cancel();
    if (repair) repair.planned = undefined;
  }
}

const keyOf = (guildKey: GuildKey) => `${guildKey.tenant}/${guildKey.guild}`;
