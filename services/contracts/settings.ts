import { z } from 'zod';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { languages } from '#infra/kernel/languages.ts';
import { presetNames } from './presets.ts';

/** off: nothing; sponsors: advertising of any kind; all: that, and whatever else is no music, such as intros. */
export const skippable = ['off', 'sponsors', 'all'] as const;
export type Skippable = (typeof skippable)[number];

/** How the bot behaves in one server, as set by whoever manages it. A guild without any has the defaults. */
/** Tracks that may wait in a server at once, those of long playlists included, unless it allows fewer. */
export const mostWaiting = 10_000;

export const guildSettingsSchema = z.strictObject({
  /** Of what everybody sees. Null: what Discord says of the server, or English. */
  language: z.enum(languages).nullable(),
  /** Percent, with which the music starts when the bot comes to a channel. Null: as it was before. */
  volume: z.number().int().min(0).max(150).nullable(),
  /** The filter with which the music starts when the bot comes to a channel. Null: none. */
  startFilter: z.enum(presetNames).nullable().default(null),
  /** How long the bot stays where nobody listens, or nothing plays. Null: one minute, or five. */
  leaveAfterSec: z.number().int().min(10).max(86_400).nullable(),
  /** It never leaves by itself, whatever `leaveAfterSec` is. */
  stay: z.boolean(),
  /** Whether the message that shows what is playing is written, and where. */
  announce: z.boolean(),
  /** Null: in the channel where music was requested. */
  announceIn: snowflakeSchema.nullable(),
  /** Members take turns in the queue, however many tracks each adds. */
  fair: z.boolean(),
  /** Tracks that may wait at once. Null: 10,000. */
  queueLimit: z.number().int().min(1).max(mostWaiting).nullable(),
  /** Whether the voice channel's status says what is playing. */
  voiceStatus: z.boolean().default(true),
  /** What is left out of YouTube videos, where the music server can (SponsorBlock). */
  skipSegments: z.enum(skippable).default('off'),
  /** A text channel in which a message of a member is taken as `/play`. Null: none. */
  requestChannel: snowflakeSchema.nullable().default(null),
});
export type GuildSettings = z.infer<typeof guildSettingsSchema>;

export const defaultSettings: GuildSettings = {
  language: null,
  volume: null,
  startFilter: null,
  leaveAfterSec: null,
  stay: false,
  announce: true,
  announceIn: null,
  fair: false,
  queueLimit: null,
  voiceStatus: true,
  skipSegments: 'off',
  requestChannel: null,
};

/** GET …/settings, and the response to every change. Version 0 was never stored: the defaults. */
export const settingsResponseSchema = z.object({ settings: guildSettingsSchema, version: z.number().int().min(0) });
export type VersionedSettings = z.infer<typeof settingsResponseSchema>;

/** PUT …/settings. `replaces`: the version that was read; null replaces any. */
export const settingsRequestSchema = z.strictObject({
  settings: guildSettingsSchema,
  replaces: z.number().int().min(0).nullable(),
});

/**
 * POST …/settings/change: the options of a command as the member entered them; what is left out stays. `server` is the
 * language that Discord says, `requested` the channel where music was requested, `here` the channel of the command.
 * `requests` makes that channel the one whose messages are taken as `/play`.
 */
export const settingsChangeSchema = z
  .strictObject({
    language: z.enum([...languages, 'server']),
    volume: z.number().int().min(0).max(150),
    filter: z.enum([...presetNames, 'off']),
    leave: z.number().int().min(1).max(1_440),
    stay: z.boolean(),
    announce: z.enum(['requested', 'here', 'off']),
    fair: z.boolean(),
    queue: z.number().int().min(1).max(1_000),
    status: z.boolean(),
    segments: z.enum(skippable),
    requests: z.enum(['here', 'off']),
  })
  .partial();
export type SettingsChange = z.infer<typeof settingsChangeSchema>;

/** Codes of refusals. */
export const settingsErrorCodes = {
  changed: 'settings.changed',
  segmentsMissing: 'settings.segments-missing',
} as const;
