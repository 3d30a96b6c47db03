import { callerFault, type BailiwickError } from '#infra/kernel/errors.ts';
import type { FeatureFlags } from '#policies/feature-flags.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import {
  defaultSettings,
  settingsErrorCodes,
  type GuildSettings,
  type SettingsChange,
  type VersionedSettings,
} from '#services/contracts/settings.ts';
import { startingWith } from '../domain/controls.ts';
import { unchanged, type Change, type Session } from '../domain/session.ts';
import { featureOff } from './feature-off.ts';
import type { Events, GuildKey, Lavalink } from './ports.ts';

export interface SettingsStore {
  read(guildKey: GuildKey): Promise<VersionedSettings | undefined>;
  /** Of every guild that has some. */
  all(tenant: TenantId): Promise<readonly (VersionedSettings & { readonly guild: Snowflake })[]>;
  /** Stores what `edit` makes of the present settings, with nobody else changing them meanwhile; unless it throws. */
  change(guildKey: GuildKey, edit: (present: VersionedSettings) => GuildSettings): Promise<VersionedSettings>;
  deleteTenant(tenant: TenantId): Promise<void>;
}

export interface SettingsPorts {
  readonly settings: SettingsStore;
  readonly events: Events;
  readonly features: Pick<FeatureFlags, 'isOn'>;
  readonly lavalink: Pick<Lavalink, 'abilities'>;
  /** Called before another channel becomes the request channel. @throws request-channel.* (409), feature.off (403) */
  readonly checkRequestChannel: (guildKey: GuildKey, channel: Snowflake) => Promise<void>;
  /** Called for each change; for timers, and those who read messages. */
  readonly changed: (guildKey: GuildKey, before: GuildSettings, after: GuildSettings) => void;
}

const neverStored: VersionedSettings = { settings: defaultSettings, version: 0 };

export const readSettings = async (
  { settings }: { readonly settings: Pick<SettingsStore, 'read'> },
  guildKey: GuildKey,
): Promise<VersionedSettings> => (await settings.read(guildKey)) ?? neverStored;

/**
 * A bot that comes to a channel has the volume and the filter that the guild has set; so one in no channel already shows them.
 * Music that waits for it there keeps its own filters.
 */
export async function asItStarts(
  { settings, features }: Pick<SettingsPorts, 'features'> & { readonly settings: Pick<SettingsStore, 'read'> },
  guildKey: GuildKey,
  session: Session,
): Promise<Change> {
  if (session.voiceChannel !== null) return unchanged(session);
  const { volume, startFilter } = (await settings.read(guildKey))?.settings ?? defaultSettings;
  const isNew = session.current === null && session.queue.length === 0;
  const isFiltered = isNew && startFilter !== null && (await features.isOn(guildKey, 'effects'));
  return startingWith(session, volume, isFiltered ? startFilter : null);
}

/** Replaces all of them. @throws BailiwickError settings.changed (412) if `replaces` is not the present version */
export async function replaceSettings(
  ports: SettingsPorts,
  guildKey: GuildKey,
  next: GuildSettings,
  replaces: number | null,
): Promise<VersionedSettings> {
  await checkRequestChannel(ports, guildKey, next.requestChannel);
  return change(ports, guildKey, ({ version }) => {
    if (replaces !== null && replaces !== version)
      throw callerFault(
        settingsErrorCodes.changed,
        'Somebody else changed these settings meanwhile. Read them again, then repeat your change.',
        412,
      );
    return next;
  });
}

/** Changes some, by a member in this channel; a repeated request has no further effect. */
export async function changeSettings(
  ports: SettingsPorts,
  guildKey: GuildKey,
  channel: Snowflake,
  request: SettingsChange,
): Promise<VersionedSettings> {
  if (request.requests === 'here') await checkRequestChannel(ports, guildKey, channel);
  return change(ports, guildKey, ({ settings }) => changed(settings, channel, request));
}

/** One that is the request channel already stays it, whatever has changed at Discord: another setting may be meant. */
async function checkRequestChannel(ports: SettingsPorts, guildKey: GuildKey, channel: Snowflake | null): Promise<void> {
  if (channel === null) return;
  const { settings } = await readSettings(ports, guildKey);
  if (settings.requestChannel !== channel) await ports.checkRequestChannel(guildKey, channel);
}

function changed(
  settings: GuildSettings,
  channel: Snowflake,
  { language, volume, filter, leave, stay, announce, fair, queue, status, segments, requests }: SettingsChange,
): GuildSettings {
  return {
    ...settings,
    ...(language === undefined ? {} : { language: language === 'server' ? null : language }),
    ...(volume === undefined ? {} : { volume }),
    ...(filter === undefined ? {} : { startFilter: filter === 'off' ? null : filter }),
    ...(leave === undefined ? {} : { leaveAfterSec: leave * 60 }),
    ...(stay === undefined ? {} : { stay }),
    ...(fair === undefined ? {} : { fair }),
    ...(queue === undefined ? {} : { queueLimit: queue }),
    ...(announce === undefined ? {} : { announce: announce !== 'off' }),
    ...(announce === 'here' || announce === 'requested' ? { announceIn: announce === 'here' ? channel : null } : {}),
    ...(status === undefined ? {} : { voiceStatus: status }),
    ...(segments === undefined ? {} : { skipSegments: segments }),
    ...(requests === undefined ? {} : { requestChannel: requests === 'here' ? channel : null }),
  };
}

async function change(
  ports: SettingsPorts,
  guildKey: GuildKey,
  edit: (present: VersionedSettings) => GuildSettings,
): Promise<VersionedSettings> {
  const { settings, events, changed: tell } = ports;
  const refusal = await refusalToLeaveOut(ports, guildKey);
  const hasEffects = await ports.features.isOn(guildKey, 'effects');
  let before = defaultSettings;
  const stored = await settings.change(guildKey, (present) => {
    before = present.settings;
    const next = edit(present);
    const isChosen = next.skipSegments !== 'off' && next.skipSegments !== before.skipSegments;
    if (isChosen && refusal) throw refusal;
    if (!hasEffects && next.startFilter !== null && next.startFilter !== before.startFilter) throw featureOff();
    return next;
  });
  events.publish(guildKey.tenant, { kind: 'settings', guild: guildKey.guild, ...stored });
  tell(guildKey, before, stored.settings);
  return stored;
}

/**
 * Why nothing could be left out of videos, although a setting would say so: feature.off (403) or settings.segments-missing
 * (422). A node that has not said what it has may have that.
 */
async function refusalToLeaveOut(
  { features, lavalink }: Pick<SettingsPorts, 'features' | 'lavalink'>,
  guildKey: GuildKey,
): Promise<BailiwickError | undefined> {
  if (!(await features.isOn(guildKey, 'segments'))) return featureOff();
  if (lavalink.abilities().segments !== false) return undefined;
  const message = 'The music server cannot leave out parts of videos. Nothing has changed.';
  return callerFault(settingsErrorCodes.segmentsMissing, message, 422);
}
