import { hasCode } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Player, PlayerEvent } from '#services/contracts/player.ts';
import type { BotLogger } from './bot-ports.ts';
import type { KnownSettings } from './guild-settings.ts';
import type { MessageReference, PlayerPort } from './player-port.ts';

/** Where the now-playing message is written. */
export interface Announcer {
  /** @throws BailiwickError announcer.refused if the bot may not write there. */
  post(channel: Snowflake, player: Player): Promise<MessageReference>;
  /** False if the message is gone. */
  redraw(message: MessageReference, player: Player): Promise<boolean>;
  remove(message: MessageReference): Promise<void>;
}

export interface NowPlayingPorts {
  readonly audio: Pick<PlayerPort, 'rememberMessage'>;
  readonly announcer: Announcer;
  readonly settings: Pick<KnownSettings, 'of'>;
  readonly logger: BotLogger;
}

/** What is known of one guild's message. */
interface Shown {
  message: MessageReference | null;
  /** The entry that the message was posted for. */
  entryId: string | null;
  version: number;
}

/**
 * Keeps one message per guild current: a new one when another track starts (so that it is at the end of the channel),
 * redrawn when anything else changes, and a final version when the music ends. Only the newest state counts: changes
 * while one is being drawn are skipped.
 */
export class NowPlaying {
  readonly #ports: NowPlayingPorts;
  readonly #shown = new Map<Snowflake, Shown>();
  readonly #waiting = new Map<Snowflake, PlayerEvent & { kind: 'player' }>();
  readonly #busy = new Map<Snowflake, Promise<void>>();

  constructor(ports: NowPlayingPorts) {
    this.#ports = ports;
  }

  /** Accepts an event of the audio service; resolves when everything known by then is drawn. */
  handle(event: PlayerEvent): Promise<void> {
    if (event.kind !== 'player') return Promise.resolve();
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
        await this.#show(event.player, event.cause === 'snapshot');
      } catch (error) {
        const { logger } = this.#ports;
        if (hasCode(error, 'announcer.refused'))
          logger.info({ guild }, 'not allowed to write in the channel where music was requested');
        else logger.warn({ err: error, guild }, 'could not update the now-playing message');
      }
    }
  }

  async #show(player: Player, snapshot: boolean): Promise<void> {
    const shown = this.#shownOf(player, snapshot);
    if (player.version < shown.version) return;
    shown.version = player.version;
    if (!player.current) return this.#finish(shown, player);
    const { announce, announceIn } = this.#ports.settings.of(player.guild);
    const channel = announce ? (announceIn ?? player.textChannel) : null;
    const moved = shown.message && channel !== null && shown.message.channelId !== channel;
    if (shown.message && !moved && shown.entryId === player.current.entryId) {
      if (await this.#ports.announcer.redraw(shown.message, player)) return;
    }
    if (channel === null) return;
    const old = shown.message;
    shown.message = await this.#ports.announcer.post(channel, player);
    shown.entryId = player.current.entryId;
    await this.#ports.audio.rememberMessage(player.guild, shown.message);
    if (old) await this.#ports.announcer.remove(old);
  }

  /** A message from before a restart is adopted with the track that it shows. */
  #shownOf(player: Player, snapshot: boolean): Shown {
    const known = this.#shown.get(player.guild);
    if (known && !snapshot) return known;
    const taken = known ?? {
      message: player.message,
      entryId: player.message ? (player.current?.entryId ?? null) : null,
      version: 0,
    };
    this.#shown.set(player.guild, taken);
    return taken;
  }

  async #finish(shown: Shown, player: Player): Promise<void> {
    this.#shown.delete(player.guild);
    if (!shown.message) return;
    await this.#ports.announcer.redraw(shown.message, player);
    await this.#ports.audio.rememberMessage(player.guild, null);
  }
}
