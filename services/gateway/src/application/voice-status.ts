import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Player, PlayerEvent } from '#services/contracts/player.ts';
import type { BotLogger } from './bot-ports.ts';
import type { KnownSettings } from './guild-settings.ts';

/** The line below the name of a voice channel. */
export interface StatusLine {
  /**
   * What is playing, or nothing.
   *
   * @throws BailiwickError status.refused if the bot may not set it there.
   */
  set(channel: Snowflake, player: Player | null): Promise<void>;
}

export interface VoiceStatusPorts {
  readonly line: StatusLine;
  readonly settings: Pick<KnownSettings, 'of'>;
  readonly clock: Clock;
  readonly logger: BotLogger;
}

interface Known {
  player: Player;
  /** What the line shows as far as it is known: the channel and the track, paused or not. */
  told: string | undefined;
  notBeforeMs: number;
  isBusy: boolean;
  cancel: (() => void) | undefined;
}

/** Whoever skips through a queue causes one change. */
const paceMs = 10_000;
const refusedForMs = 5 * 60_000;

/**
 * Shows below the voice channel's name what is playing there, and clears it when nothing does. When the bot leaves, the
 * edge clears it. Only the newest state counts.
 */
export class VoiceStatus {
  readonly #ports: VoiceStatusPorts;
  readonly #guilds = new Map<Snowflake, Known>();

  constructor(ports: VoiceStatusPorts) {
    this.#ports = ports;
  }

  /** Accepts an event of the audio service; resolves when it is shown, or is to be shown later. */
  async handle(event: PlayerEvent): Promise<void> {
    if (event.kind === 'settings') return this.#settle(this.#guilds.get(event.guild));
    if (event.kind !== 'player') return;
    const { player, cause } = event;
    const known = this.#guilds.get(player.guild);
    if (player.voiceChannel === null) {
      known?.cancel?.();
      this.#guilds.delete(player.guild);
      return;
    }
    if (known) {
      known.player = player;
      return this.#settle(known);
    }
    // What is shown may be from before a restart.
    const told = cause === 'snapshot' ? undefined : nothingIn(player.voiceChannel);
    const met = { player, told, notBeforeMs: 0, isBusy: false, cancel: undefined };
    this.#guilds.set(player.guild, met);
    return this.#settle(met);
  }

  async #settle(known: Known | undefined): Promise<void> {
    if (!known || known.isBusy || known.cancel) return;
    known.isBusy = true;
    try {
      while (this.#isDue(known)) await this.#tell(known);
    } finally {
      known.isBusy = false;
    }
  }

  /** If it is not yet, it is looked at again when it is. */
  #isDue(known: Known): boolean {
    if (this.#wanted(known) === known.told) return false;
    const { clock } = this.#ports;
    const waitMs = known.notBeforeMs - clock.now();
    if (waitMs <= 0) return true;
    known.cancel = clock.after(waitMs, () => {
      known.cancel = undefined;
      void this.#settle(known);
    });
    return false;
  }

  async #tell(known: Known): Promise<void> {
    const { clock, line, logger } = this.#ports;
    const { player } = known;
    const wanted = this.#wanted(known);
    const channel = player.voiceChannel;
    known.notBeforeMs = clock.now() + paceMs;
    if (channel === null) return;
    try {
      await line.set(channel, wanted === nothingIn(channel) ? null : player);
      known.told = wanted;
    } catch (error) {
      const isRefused = hasCode(error, 'status.refused');
      if (isRefused) known.told = wanted;
      known.notBeforeMs = clock.now() + (isRefused ? refusedForMs : paceMs);
      const { guild } = player;
      if (isRefused) logger.info({ guild, channel }, 'not allowed to set the status of the voice channel');
      else logger.warn({ err: error, guild }, 'could not set the status of a voice channel');
    }
  }

  #wanted({ player, told }: Known): string | undefined {
    const { guild, current, state, voiceChannel } = player;
    const nothing = nothingIn(voiceChannel);
    // Where it is switched off, only what this process has set is cleared.
    if (!this.#ports.settings.of(guild).voiceStatus) return told === undefined ? undefined : nothing;
    return current ? `${voiceChannel} ${current.entryId} ${state === 'paused' ? 'paused' : ''}` : nothing;
  }
}

const nothingIn = (channel: Snowflake | null): string => `${channel} -`;
