import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { historyLength } from '#services/contracts/library.ts';
import type { Session } from '../domain/session.ts';
import { emptyList, keptOf, notIn, withPlayed, type Kept } from '../domain/track-list.ts';
import { historyOf } from './library.ts';
import type { TrackListStore } from './track-lists.ts';
import type { GuildKey } from './ports.ts';

/** Servers whose history is not stored yet; with more, the oldest are given up. */
const maxGuilds = 1_000;

interface Waiting {
  played: readonly Kept[];
  /** The entry that was noted last. */
  last: string | undefined;
  busy: boolean;
}

/**
 * Notes each track that starts in the server's history. It never holds up the music: what cannot be stored now, because
 * the keys are away, is stored with the next track.
 */
export class HistoryRecorder {
  readonly #lists: Pick<TrackListStore, 'change'>;
  readonly #count: (guildKey: GuildKey, played: readonly Kept[]) => Promise<void>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #guilds = new BoundedMap<string, Waiting>(maxGuilds);

  constructor(ports: {
    readonly lists: Pick<TrackListStore, 'change'>;
    /** Called with what the history has not had before. */
    readonly count: (guildKey: GuildKey, played: readonly Kept[]) => Promise<void>;
    readonly clock: Clock;
    readonly logger: Logger;
  }) {
    this.#lists = ports.lists;
    this.#count = ports.count;
    this.#clock = ports.clock;
    this.#logger = ports.logger;
  }

  /** Called for each stored change of a session. @returns when it is stored, or cannot be stored now; never rejects */
  async changed(guildKey: GuildKey, { current, playback }: Session): Promise<void> {
    if (!current || playback !== 'playing') return;
    const guild = this.#of(guildKey);
    if (guild.last === current.entryId) return;
    guild.last = current.entryId;
    guild.played = [...guild.played, keptOf(current, this.#clock.now())].slice(-historyLength);
    if (guild.busy) return;
    guild.busy = true;
    try {
      while (guild.played.length > 0) await this.#store(guildKey, guild);
    } catch (error) {
      this.#logger.warn(
        { err: error, ...guildKey },
        'could not store what has played; tried again with the next track',
      );
    } finally {
      guild.busy = false;
    }
  }

  async #store(guildKey: GuildKey, guild: Waiting): Promise<void> {
    const { played } = guild;
    let fresh: readonly Kept[] = [];
    await this.#lists.change(historyOf(guildKey), (before = emptyList('History')) => {
      fresh = notIn(before, played);
      return withPlayed(before, played);
    });
    guild.played = guild.played.filter((track) => !played.includes(track));
    await this.#count(guildKey, fresh);
  }

  #of({ tenant, guild }: GuildKey): Waiting {
    const key = `${tenant}/${guild}`;
    const known = this.#guilds.get(key, 0);
    if (known) return known;
    const made: Waiting = { played: [], last: undefined, busy: false };
    this.#guilds.set(key, made);
    return made;
  }
}
