import type { TenantId } from '#infra/kernel/ids.ts';
import type { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { firstFresh, foundNothing, relatedTo, wantsMore } from '../domain/autoplay.ts';
import type { Entry } from '../domain/entry.ts';
import { enqueue } from '../domain/queueing.ts';
import type { Session } from '../domain/session.ts';
import type { SourcePolicy } from '../domain/source-policy.ts';
import { isElsewhere } from './held-tenants.ts';
import type { GuildKey, Lavalink } from './ports.ts';
import type { UnitsOfWork } from './unit-of-work.ts';

export interface AutoplayPorts {
  readonly unitsOfWork: UnitsOfWork;
  readonly lavalink: Pick<Lavalink, 'load' | 'abilities'>;
  readonly policy: Pick<SourcePolicy, 'searchSource'>;
  /** Locked by tenant: many of its queues may end at once. */
  readonly loads: KeyedMutex;
  readonly logger: Logger;
}

/** Where members have switched it on, something like the last track follows when the queue is over. */
export class Autoplayer {
  readonly #ports: AutoplayPorts;
  /** Guilds for which something is being looked for. */
  readonly #busy = new Set<string>();

  constructor(ports: AutoplayPorts) {
    this.#ports = ports;
  }

  /** Must be called for each stored change. Resolves when what follows has been ordered; never rejects. */
  async changed(guildKey: GuildKey, session: Session): Promise<void> {
    const [last] = session.history;
    const key = `${guildKey.tenant}/${guildKey.guild}`;
    if (!last || !wantsMore(session) || this.#busy.has(key)) return;
    this.#busy.add(key);
    try {
      await this.#follow(guildKey, session, last);
    } catch (error) {
      if (!isElsewhere(error)) this.#ports.logger.warn({ err: error, ...guildKey }, 'could not go on by autoplay');
    } finally {
      this.#busy.delete(key);
    }
  }

  async #follow(guildKey: GuildKey, session: Session, last: Entry): Promise<void> {
    const found = await this.#find(guildKey.tenant, session, last);
    await this.#ports.unitsOfWork.enter(guildKey, async (unit) => {
      // Somebody may have asked for music, or stopped it, while it was looked for.
      if (!wantsMore(unit.session) || unit.session.history[0]?.entryId !== last.entryId) return;
      if (!found) return unit.apply(foundNothing(unit.session));
      const entry: Entry = { ...found, requestedBy: null, automatic: true };
      await unit.apply(enqueue(unit.session, [entry], { voice: null, text: null }, unit.nowMs));
    });
  }

  async #find(tenant: TenantId, session: Session, last: Entry): Promise<Entry | undefined> {
    const { lavalink, policy, loads, logger } = this.#ports;
    const { sources } = lavalink.abilities();
    for (const identifier of relatedTo(last, policy.searchSource, sources)) {
      try {
        const loaded = await loads.run(tenant, () => lavalink.load(tenant, identifier));
        const fresh = loaded.kind === 'tracks' ? firstFresh(session, loaded.entries) : undefined;
        if (fresh) return fresh;
      } catch (error) {
        logger.info({ err: error, tenant }, 'could not look for related music');
      }
    }
    return undefined;
  }
}
