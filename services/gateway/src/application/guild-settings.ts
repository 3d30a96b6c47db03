import type { Snowflake } from '#infra/kernel/ids.ts';
import type { PlayerEvent } from '#services/contracts/player.ts';
import { defaultSettings, type GuildSettings } from '#services/contracts/settings.ts';

/**
 * The settings of every server that has some, as the audio service tells them: they are at hand when an answer has to be
 * given, even if that service is away.
 */
export class KnownSettings {
  readonly #byGuild = new Map<Snowflake, { readonly settings: GuildSettings; readonly version: number }>();

  /** Takes what concerns it of the audio service's events. */
  handle(event: PlayerEvent): void {
    if (event.kind !== 'settings') return;
    const { guild, settings, version } = event;
    if (version >= (this.#byGuild.get(guild)?.version ?? 0)) this.#byGuild.set(guild, { settings, version });
  }

  of(guild: Snowflake): GuildSettings {
    return this.#byGuild.get(guild)?.settings ?? defaultSettings;
  }
}
