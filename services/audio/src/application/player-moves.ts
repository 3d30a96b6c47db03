import type { Clock } from '#infra/kernel/clock.ts';
import { snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Session } from '../domain/session.ts';
import { playedBy } from '../domain/bookkeeping.ts';
import { replay } from '../domain/voice-presence.ts';
import { isElsewhere } from './held-tenants.ts';
import { Migrations } from './migrations.ts';
import type { GuildKey, Lavalink, SessionStore } from './ports.ts';
import type { VoiceRepair } from './repair-voice.ts';
import { plays } from './resync.ts';
import { Strays } from './strays.ts';
import { Timers } from './timers.ts';
import type { UnitOfWork, UnitsOfWork } from './unit-of-work.ts';

export interface PlayerMovesPorts {
  readonly unitsOfWork: UnitsOfWork;
  readonly store: SessionStore;
  readonly lavalink: Lavalink;
  readonly repair: VoiceRepair;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A player that could not be removed from the node that it has left is tried again this often. */
const removeEveryMs = 5_000;

/** Players that move from node to node: a few at a time, and without what they leave behind. */
export class PlayerMoves {
  readonly #ports: PlayerMovesPorts;
  readonly #migrations = new Migrations();
  readonly #strays = new Strays();
  readonly #removals: Timers;

  constructor(ports: PlayerMovesPorts) {
    this.#ports = ports;
    this.#removals = new Timers(ports.clock, removeEveryMs, (guildKey) => this.#removeStrays(guildKey));
  }

  /** Whether the music has moved away from this node, whose reports are of no concern then. */
  hasLeft(guildKey: GuildKey, node: string): boolean {
    return this.#strays.has(guildKey, node);
  }

  /** Another node has taken the music. Resolves when the earlier one has been told to end its player. */
  async movedFrom(guildKey: GuildKey, node: string): Promise<void> {
    this.#strays.add(guildKey, node);
    await this.#removeStrays(guildKey);
  }

  /**
   * What plays at a node that is being drained goes on at another, from where it is. What waits is let go, to begin at another
   * when it may go on; what is silent there ends.
   */
  async drain(tenant: TenantId, node: string): Promise<void> {
    const { lavalink, unitsOfWork } = this.#ports;
    const at = (session: Session) => session.node === node && session.playback !== 'waiting';
    await this.eachAt(tenant, at, (unit) => this.#moveFrom(unit, node));
    const waits = (session: Session) => session.node === node && session.playback === 'waiting';
    const left: GuildKey[] = [];
    await this.eachAt(tenant, waits, async (unit) => {
      if (await this.#letGo(unit, node)) left.push(unit.guildKey);
    });
    for (const guildKey of left) await this.#removeStrays(guildKey);
    for (const guild of await lavalink.guilds(tenant, node)) {
      await unitsOfWork.enter({ tenant, guild: snowflake(guild) }, async ({ guildKey, session }) => {
        if (session.node !== node || !session.current) await lavalink.remove(guildKey, node);
      });
    }
  }

  /** In each of a tenant's active sessions that match `concerns`, when its turn comes. */
  async eachAt(
    tenant: TenantId,
    concerns: (session: Session) => boolean,
    act: (unit: UnitOfWork) => Promise<void>,
  ): Promise<void> {
    const { store, unitsOfWork, logger } = this.#ports;
    const sessions = await store.active(tenant);
    const guildKeys = sessions
      .filter((session) => session.current && concerns(session))
      .map(({ guild }) => ({ tenant, guild }));
    const outcomes = await Promise.allSettled(
      guildKeys.map((guildKey) =>
        this.inTurn(tenant, () =>
          unitsOfWork.enter(guildKey, async (unit) => {
            if (unit.session.current && concerns(unit.session)) await act(unit);
          }),
        ),
      ),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected' && !isElsewhere(outcome.reason))
        logger.error({ err: outcome.reason, tenant }, 'could not restore a player');
    }
  }

  /** Moves or restores a player when no more than a few others are being moved. */
  inTurn<Result>(tenant: TenantId, move: () => Promise<Result>): Promise<Result> {
    return this.#migrations.run(tenant, move);
  }

  /** Another process acts for this tenant now. */
  leave(tenant: TenantId): void {
    this.#removals.cancelOf(tenant);
    this.#strays.leave(tenant);
  }

  /** Cancels what was scheduled. */
  close(): void {
    this.#removals.close();
  }

  /** Those that cannot be removed now are tried again. */
  async #removeStrays(guildKey: GuildKey): Promise<void> {
    const { unitsOfWork, lavalink, logger } = this.#ports;
    for (const node of this.#strays.of(guildKey)) {
      try {
        await unitsOfWork.enter(guildKey, async ({ session }) => {
          // A node that is away is emptied when it is back.
          if (session.node !== node && lavalink.isReady(guildKey, node)) await lavalink.remove(guildKey, node);
          this.#strays.delete(guildKey, node);
        });
      } catch (error) {
        if (isElsewhere(error)) return;
        logger.info({ err: error, ...guildKey, node }, 'a player that has moved could not be removed yet');
        this.#removals.start(guildKey);
      }
    }
  }

  /** Whether the music has no node now: the position that it has reached is stored with it. */
  async #letGo(unit: UnitOfWork, node: string): Promise<boolean> {
    const { guildKey } = unit;
    if (this.#ports.repair.isPending(guildKey)) return false;
    this.#strays.add(guildKey, node);
    await unit.apply(playedBy(unit.session, null));
    return true;
  }

  /** The node goes on until another has taken the music. */
  async #moveFrom(unit: UnitOfWork, node: string): Promise<void> {
    const { guildKey, session } = unit;
    const { lavalink, repair } = this.#ports;
    if (repair.isPending(guildKey) || !lavalink.available(guildKey.tenant, node)) return;
    const player = await lavalink.player(guildKey, node);
    const isPlaying = player && session.current && plays(player, session.current);
    // From now on: the node's voice connection is closed when another one opens.
    this.#strays.add(guildKey, node);
    await unit.apply(replay(session, unit.nowMs, isPlaying ? player.positionMs : undefined));
    if (unit.session.node === node) this.#strays.delete(guildKey, node);
  }
}
