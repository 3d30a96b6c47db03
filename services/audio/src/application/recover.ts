import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Autoplayer } from './autoplay.ts';
import type { NodeFollower } from './follow-node.ts';
import type { VoiceFollower } from './follow-voice.ts';
import type { HeldTenants } from './held-tenants.ts';
import type { LongQueues } from './long-queues.ts';
import type { NodePopulation } from './node-population.ts';
import type { Lavalink, SessionStore, VoiceGateway } from './ports.ts';
import type { Session } from '../domain/session.ts';

export interface RecoveryPorts {
  readonly store: SessionStore;
  readonly tenants: Pick<HeldTenants, 'has' | 'prepared'>;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway & { readonly current: Promise<void> };
  readonly voiceFollower: VoiceFollower;
  readonly nodeFollower: NodeFollower;
  readonly population: NodePopulation;
  readonly autoplayer: Autoplayer;
  readonly longQueues: LongQueues;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the service stops. */
  readonly closing: AbortSignal;
}

const retryMs = 1_000;

/**
 * What plays for tenants for which this process acts from now on continues: after a start, and when another process has
 * stopped. Existing voice connections are used, Lavalink sessions resumed (their nodes then report what happened to the
 * players), and what is lost is recreated at the stored position. Tenants that come together are looked up together.
 */
export class Recovery {
  readonly #ports: RecoveryPorts;
  readonly #waiting = new Set<TenantId>();
  #running: Promise<void> | undefined;
  #sealed = false;

  constructor(ports: RecoveryPorts) {
    this.#ports = ports;
  }

  add(tenant: TenantId): void {
    this.#waiting.add(tenant);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing waits to be continued. */
  get settled(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** Repeats what the keys or the database are missing for, of the tenants that are still held then. */
  async #run(): Promise<void> {
    const { voice, clock, logger, closing } = this.#ports;
    await voice.current;
    // Whatever is added until the loop ends is seen by it.
    for (let isFirst = true; this.#waiting.size > 0 && !closing.aborted;) {
      const tenants = [...this.#waiting];
      this.#waiting.clear();
      try {
        await this.#recover(tenants);
        isFirst = true;
      } catch (error) {
        if (isFirst) logger.warn({ err: error }, 'sessions are resumed once the keys and the database can be reached');
        isFirst = false;
        for (const tenant of tenants) this.#waiting.add(tenant);
        await pause(retryMs, clock, closing);
      }
    }
    this.#running = undefined;
  }

  async #recover(added: readonly TenantId[]): Promise<void> {
    const { store, tenants, logger } = this.#ports;
    const held = added.filter((tenant) => tenants.has(tenant));
    await tenants.prepared(held);
    const active = await store.activeOf(held);
    const playing = new Set(active.filter(({ session }) => session.current).map(({ tenant }) => tenant));
    await Promise.all([...playing].map((tenant) => this.#open(tenant)));
    for (const each of active) this.#follow(each);
    this.#clear(held, active);
    if (active.length > 0) logger.info({ sessions: active.length, tenants: playing.size }, 'resumed sessions');
    if (!this.#sealed) await store.sealEarlier();
    this.#sealed = true;
  }

  /** Whoever acted for them before may have ended after a bot had joined a channel and before that was stored. */
  #clear(held: readonly TenantId[], active: readonly { readonly tenant: TenantId; readonly session: Session }[]): void {
    const { voice, voiceFollower } = this.#ports;
    const theirs = new Set(held);
    const wanted = new Set(active.map(({ tenant, session }) => `${tenant}/${session.guild}`));
    for (const guildKey of voice.inVoice())
      if (theirs.has(guildKey.tenant) && !wanted.has(`${guildKey.tenant}/${guildKey.guild}`))
        voiceFollower.unwanted(guildKey);
  }

  async #open(tenant: TenantId): Promise<void> {
    const { lavalink, voice, logger } = this.#ports;
    const botUser = voice.botUser(tenant);
    if (!botUser) return;
    await lavalink
      .open(tenant, botUser)
      .catch((error: unknown) => logger.warn({ err: error, tenant }, 'could not open'));
  }

  #follow({ tenant, session }: { readonly tenant: TenantId; readonly session: Session }): void {
    const { tenants, voiceFollower, nodeFollower, population, autoplayer, longQueues } = this.#ports;
    if (!tenants.has(tenant)) return;
    const guildKey = { tenant, guild: session.guild };
    voiceFollower.recover(guildKey, session);
    nodeFollower.changed(guildKey, session);
    population.changed(guildKey, session);
    void autoplayer.changed(guildKey, session);
    void longQueues.changed(guildKey, session);
  }
}
