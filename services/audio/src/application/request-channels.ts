import type { Clock } from '#infra/kernel/clock.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { GuildKey } from './ports.ts';

/** Who reads messages, and has to know where. */
export interface RequestChannels {
  /** @throws BailiwickError request-channel.* (409) if messages of this channel cannot be read, with what to do about it */
  check(guildKey: GuildKey, channel: Snowflake): Promise<void>;
  /** The stored settings have changed. */
  changed(tenant: TenantId): Promise<void>;
}

const attempts = 4;
const firstPauseMs = 1_000;

/**
 * Tells that the settings have changed, at first and then after 1, 2 and 4 seconds. If nobody hears it, it is noticed when
 * the bot connects next.
 */
export async function tellChanged(
  channels: Pick<RequestChannels, 'changed'>,
  tenant: TenantId,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await channels.changed(tenant);
    } catch (error) {
      if (attempt === attempts) return logger.warn({ err: error, tenant }, 'could not pass on a request channel');
      await new Promise<void>((resolve) => {
        clock.after(firstPauseMs * 2 ** (attempt - 1), resolve);
      });
    }
  }
}
