import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Player, PlayerEvent } from '#services/contracts/player.ts';
import type { BotLogger } from './bot-ports.ts';
import type { KnownSettings } from './guild-settings.ts';
import type { MessageReference, PlayerPort } from './player-port.ts';

/** Where the now-playing message is written. */
export interface Announcer {
  /**
   * Posting again with the same key, within minutes, returns the message that exists.
   *
   * @throws BailiwickError announcer.refused if the bot may not write there.
   */
  post(channel: Snowflake, player: Player, key: string): Promise<MessageReference>;
  /** False if the message is gone. */
  redraw(message: MessageReference, player: Player): Promise<boolean>;
  remove(message: MessageReference): Promise<void>;
}

/** How many messages have come after the bot's newest in a channel. */
export interface Talk {
  readonly channel: string;
  /** The bot's message. */
  readonly after: string;
  readonly later: number;
}

export interface NowPlayingPorts {
  readonly audio: Pick<PlayerPort, 'rememberMessage'>;
  readonly announcer: Announcer;
  readonly settings: Pick<KnownSettings, 'of'>;
  readonly clock: Clock;
  readonly logger: BotLogger;
}

type PlayerChange = PlayerEvent & { kind: 'player' };

/** What is known of one guild's message. */
interface Shown {
  message: MessageReference | null;
  postedAtMs: number;
  /** Other messages below it. */
  later: number;
  /** The music that it was about is over. */
  isOver: boolean;
  last: PlayerChange | undefined;
  refused: { readonly channel: Snowflake; readonly untilMs: number } | undefined;
  cancelMove: (() => void) | undefined;
  /** Of a message that may have been posted although nothing was heard of it. */
  key: string | undefined;
}

/** With so many messages below it, the message moves to the end of the channel, */
const mostLater = 8;
/** but stays at least so long where it is. */
const leastStayMs = 30_000;
/** Where the bot may not write, it does not try for so long: refusals count at Discord. */
const refusedForMs = 5 * 60_000;

/**
 * Keeps one message per guild current: edited when anything changes, moved to the end of its channel when the talk has
 * gone on below it, and removed when the music is over, unless it then says why. Only the newest state counts: changes
 * while one is being drawn are skipped.
 */
export class NowPlaying {
  readonly #ports: NowPlayingPorts;
  readonly #shown = new Map<Snowflake, Shown>();
  readonly #waiting = new Map<Snowflake, PlayerChange>();
  readonly #busy = new Map<Snowflake, Promise<void>>();
  /** Of the snapshot that is arriving, with which the stream of audio begins each time. */
  readonly #inSnapshot = new Set<Snowflake>();

  constructor(ports: NowPlayingPorts) {
    this.#ports = ports;
  }

  /** Accepts an event of the audio service; resolves when everything known by then is drawn. */
  handle(event: PlayerEvent): Promise<void> {
    switch (event.kind) {
      case 'player':
        if (event.cause === 'snapshot') this.#inSnapshot.add(event.player.guild);
        return this.#draw(event);
      case 'settings': {
        const last = this.#shown.get(event.guild)?.last;
        return last && !this.#waiting.has(event.guild) ? this.#draw(last) : Promise.resolve();
      }
      case 'current':
        return this.#endOthers();
    }
  }

  /** What is shown and is not in the snapshot has ended while the stream was interrupted. */
  async #endOthers(): Promise<void> {
    const ended = [...this.#shown.values()].flatMap(({ last }) =>
      last && !this.#inSnapshot.has(last.player.guild) ? [last] : [],
    );
    this.#inSnapshot.clear();
    await Promise.all(
      ended.map((last) =>
        this.#draw({ ...last, cause: 'snapshot', player: { ...last.player, current: null, reason: null } }),
      ),
    );
  }

  /** Somebody wrote below a message of the bot; resolves when the message has moved, if it does so now. */
  talk({ channel, after, later }: Talk): Promise<void> {
    for (const shown of this.#shown.values()) {
      const { message, isOver } = shown;
      if (isOver || message?.channelId !== channel || message.messageId !== after) continue;
      shown.later = later;
      return this.#moveInTime(shown);
    }
    return Promise.resolve();
  }

  #moveInTime(shown: Shown): Promise<void> {
    const { last } = shown;
    if (shown.later < mostLater || !last || shown.cancelMove) return Promise.resolve();
    const { clock } = this.#ports;
    const waitMs = shown.postedAtMs + leastStayMs - clock.now();
    if (waitMs <= 0) return this.#draw(last);
    shown.cancelMove = clock.after(waitMs, () => {
      shown.cancelMove = undefined;
      if (shown.last) void this.#draw(shown.last);
    });
    return Promise.resolve();
  }

  #draw(event: PlayerChange): Promise<void> {
    const { guild } = event.player;
    this.#waiting.set(guild, event);
    const busy = this.#busy.get(guild);
    if (busy) return busy;
    const work = this.#drain(guild).finally(() => this.#busy.delete(guild));
    this.#busy.set(guild, work);
    return work;
  }

  async #drain(guild: Snowflake): Promise<void> {
    for (let event = this.#waiting.get(guild); event; event = this.#waiting.get(guild)) {
      this.#waiting.delete(guild);
      try {
        await this.#show(event);
      } catch (error) {
        this.#ports.logger.warn({ err: error, guild }, 'could not update the now-playing message');
      }
    }
  }

  async #show(event: PlayerChange): Promise<void> {
    const { player } = event;
    const shown = this.#shownOf(event);
    if (player.version < (shown.last?.player.version ?? 0)) return;
    shown.last = event;
    if (!player.current) return this.#finish(shown, player);
    const { announce, announceIn } = this.#ports.settings.of(player.guild);
    if (!announce) return this.#remove(shown, player.guild);
    const channel = announceIn ?? player.textChannel ?? shown.message?.channelId;
    if (channel === undefined) return;
    const { message } = shown;
    if (message?.channelId === channel && !this.#isBuried(shown)) {
      if (await this.#ports.announcer.redraw(message, player)) {
        // Audio was not reached when it was posted.
        if (player.message?.messageId !== message.messageId)
          await this.#ports.audio.rememberMessage(player.guild, message);
        return;
      }
      Object.assign(shown, { message: null, key: message.messageId });
    }
    await this.#post(shown, channel, player);
  }

  #isBuried({ isOver, later, postedAtMs }: Shown): boolean {
    return isOver || (later >= mostLater && postedAtMs + leastStayMs <= this.#ports.clock.now());
  }

  /**
   * The one before goes first, and names the new one: if this process ends in between, the next finds the old one gone,
   * and what it then posts in its place is the same message.
   */
  async #post(shown: Shown, channel: Snowflake, player: Player): Promise<void> {
    const { announcer, audio, clock, logger } = this.#ports;
    const { guild, current } = player;
    const { refused, message: old } = shown;
    if (refused?.channel === channel && refused.untilMs > clock.now()) return;
    shown.refused = undefined;
    try {
      if (old) await announcer.remove(old);
      shown.message = null;
      shown.key = old?.messageId ?? shown.key ?? current?.entryId ?? guild;
      const posted = await announcer.post(channel, player, shown.key);
      Object.assign(shown, { message: posted, postedAtMs: clock.now(), later: 0, isOver: false, key: undefined });
      shown.cancelMove?.();
      shown.cancelMove = undefined;
    } catch (error) {
      if (!hasCode(error, 'announcer.refused')) throw error;
      shown.refused = { channel, untilMs: clock.now() + refusedForMs };
      logger.info({ guild, channel }, 'not allowed to write in the channel for what is playing');
      return;
    }
    await audio.rememberMessage(guild, shown.message);
  }

  /** A message from before a restart is adopted; of music that had ended by then, it is replaced. */
  #shownOf({ player, cause }: PlayerChange): Shown {
    const known = this.#shown.get(player.guild);
    if (known) return known;
    const adopted: Shown = {
      message: player.message,
      postedAtMs: 0,
      later: 0,
      isOver: cause !== 'snapshot',
      last: undefined,
      refused: undefined,
      cancelMove: undefined,
      key: undefined,
    };
    this.#shown.set(player.guild, adopted);
    return adopted;
  }

  /** If nobody asked for the end, the message says why; it then goes when there is music again. */
  async #finish(shown: Shown, player: Player): Promise<void> {
    const { guild } = player;
    const { message, isOver } = shown;
    if (!message || player.reason === null) {
      this.#shown.delete(guild);
      return this.#remove(shown, guild);
    }
    if (isOver) return;
    shown.isOver = true;
    if (!(await this.#ports.announcer.redraw(message, player))) shown.message = null;
    await this.#ports.audio.rememberMessage(guild, null);
  }

  async #remove(shown: Shown, guild: Snowflake): Promise<void> {
    const { message } = shown;
    shown.message = null;
    shown.isOver = false;
    shown.cancelMove?.();
    shown.cancelMove = undefined;
    if (!message) return;
    await this.#ports.announcer.remove(message);
    await this.#ports.audio.rememberMessage(guild, null);
  }
}
