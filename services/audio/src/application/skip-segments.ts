import type { Logger } from '#infra/logger/logger.ts';
import { categoriesOf } from '../domain/segments.ts';
import type { FeatureFlags } from '#policies/feature-flags.ts';
import { readSettings, type SettingsStore } from './guild-settings.ts';
import type { GuildKey, Lavalink, SessionStore } from './ports.ts';

/** SponsorBlock's categories that a guild leaves out: none where it does not have that. */
export async function categoriesFor(
  ports: { readonly settings: Pick<SettingsStore, 'read'>; readonly features: Pick<FeatureFlags, 'isOn'> },
  guildKey: GuildKey,
): Promise<readonly string[]> {
  const { settings } = await readSettings(ports, guildKey);
  if (settings.skipSegments === 'off' || !(await ports.features.isOn(guildKey, 'segments'))) return [];
  return categoriesOf[settings.skipSegments];
}

/**
 * A guild has changed what is left out: its player is told, for the track that plays now. Every later track brings it
 * along, so a node that cannot be told now loses nothing but this one. Never rejects.
 */
export async function segmentsChanged(
  ports: {
    readonly store: Pick<SessionStore, 'read'>;
    readonly lavalink: Pick<Lavalink, 'skipSegments'>;
    readonly settings: Pick<SettingsStore, 'read'>;
    readonly features: Pick<FeatureFlags, 'isOn'>;
    readonly logger: Logger;
  },
  guildKey: GuildKey,
): Promise<void> {
  try {
    const session = await ports.store.read(guildKey);
    if (!session?.current || session.node === null) return;
    await ports.lavalink.skipSegments(guildKey, session.node, await categoriesFor(ports, guildKey));
  } catch (error) {
    ports.logger.info({ err: error, ...guildKey }, 'could not change what is left out of the track that plays');
  }
}
