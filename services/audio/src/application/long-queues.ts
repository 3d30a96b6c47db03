import type { Clock } from '#infra/kernel/clock.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { needsPage, pageOfPlayed, pagesOf, putIntoPages, withNextPage, type Page } from '../domain/later.ts';
import type { Entry } from '../domain/entry.ts';
import type { Session } from '../domain/session.ts';
import { entryOf, keptOf } from '../domain/track-list.ts';
import { readSettings, type SettingsStore } from './guild-settings.ts';
import { isElsewhere } from './held-tenants.ts';
import type { TrackListStore } from './track-lists.ts';
import type { GuildKey } from './ports.ts';
import { Timers } from './timers.ts';
import type { UnitOfWork, UnitsOfWork } from './unit-of-work.ts';

export interface LongQueuesPorts {
  readonly unitsOfWork: UnitsOfWork;
  readonly lists: Pick<TrackListStore, 'read' | 'change' | 'deleteOtherPages'>;
  readonly settings: Pick<SettingsStore, 'read'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A page that could not be read is tried again this often. */
const retryEveryMs = 5_000;

/**
 * What a queue has no room for yet: pages of tracks, each a list of the server's, which come into the queue one after the
 * other as it gets shorter. A page that no session names is deleted with the next change of the pages of its server.
 */
export class LongQueues {
  readonly #ports: LongQueuesPorts;
  /** The pages that a server's session named last. */
  readonly #named = new Map<string, readonly Page[]>();
  readonly #busy = new Set<string>();
  readonly #retries: Timers;

  constructor(ports: LongQueuesPorts) {
    this.#ports = ports;
    this.#retries = new Timers(ports.clock, retryEveryMs, (guildKey) => this.#tend(guildKey));
  }

  /** Keeps as many of these entries as there may be pages for; the session has to name them. @throws library.unavailable */
  async keep({ guildKey, session, nowMs }: UnitOfWork, entries: readonly Entry[]): Promise<readonly Page[]> {
    if (entries.length === 0) return [];
    const pages = pagesOf(session, entries, () => newId('page', nowMs));
    await this.#deleteOthers(guildKey, session.later);
    for (const { page, entries: some } of pages)
      await this.#ports.lists.change(keyOf(guildKey, page), () => ({
        name: '',
        tracks: some.map((entry) => keptOf({ ...entry, requestedBy: null }, nowMs)),
        done: [],
      }));
    return pages.map(({ page }) => page);
  }

  /** Must be called for each stored change, and for each session that is taken over. Never rejects. */
  async changed(guildKey: GuildKey, session: Session): Promise<void> {
    const key = nameOf(guildKey);
    const before = this.#named.get(key) ?? [];
    if (session.later.length > 0) this.#named.set(key, session.later);
    else this.#named.delete(key);
    const isGone = before.some(({ id }) => !session.later.some((page) => page.id === id));
    if (isGone || needsPage(session) || pageOfPlayed(session).length > 0) await this.#tend(guildKey);
  }

  /** Another process acts for this tenant now. */
  leave(tenant: TenantId): void {
    this.#retries.cancelOf(tenant);
    for (const key of this.#named.keys()) if (key.startsWith(`${tenant}/`)) this.#named.delete(key);
  }

  /** Cancels what was scheduled. */
  close(): void {
    this.#retries.close();
  }

  /** Takes the next page if the queue is short, makes one of what comes again, and deletes what is no longer named. */
  async #tend(guildKey: GuildKey): Promise<void> {
    const key = nameOf(guildKey);
    if (this.#busy.has(key)) return;
    this.#busy.add(key);
    const { unitsOfWork, logger } = this.#ports;
    try {
      await unitsOfWork.enter(guildKey, async (unit) => {
        while (needsPage(unit.session)) await this.#take(unit);
        await this.#putBack(unit);
        await this.#deleteOthers(guildKey, unit.session.later);
      });
    } catch (error) {
      if (isElsewhere(error)) return;
      logger.warn({ err: error, ...guildKey }, 'could not read the next tracks of a long playlist');
      this.#retries.start(guildKey);
    } finally {
      this.#busy.delete(key);
    }
  }

  async #take(unit: UnitOfWork): Promise<void> {
    const { lists, settings, logger } = this.#ports;
    const { guildKey, session, nowMs } = unit;
    const [page] = session.later;
    if (!page) return;
    const list = await lists.read(keyOf(guildKey, page));
    if (!list) logger.error({ ...guildKey, page: page.id }, 'a page of a long playlist is missing');
    const inTurn = (await readSettings({ settings }, guildKey)).settings.fair;
    const entries = (list?.tracks ?? []).map((track) => entryOf(track, nowMs));
    await unit.apply(withNextPage(session, entries, { inTurn, random: Math.random }, nowMs));
  }

  async #putBack(unit: UnitOfWork): Promise<void> {
    const played = pageOfPlayed(unit.session);
    if (played.length > 0) await unit.apply(putIntoPages(unit.session, played, await this.keep(unit, played)));
  }

  #deleteOthers({ tenant, guild }: GuildKey, named: readonly Page[]): Promise<void> {
    return this.#ports.lists.deleteOtherPages(
      { tenant, owner: guild },
      named.map(({ id }) => id),
    );
  }
}

const keyOf = ({ tenant, guild }: GuildKey, { id }: Page) => ({ tenant, owner: guild, list: id });

const nameOf = ({ tenant, guild }: GuildKey): string => `${tenant}/${guild}`;
