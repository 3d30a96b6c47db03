import { z } from 'zod';

/** Of a larger audience, only the number is reported. */
export const maxListenerIds = 100;

/**
 * Why nobody hears the bot in its channel. no-permission: it lacks SPEAK there; muted: a moderator has muted it;
 * audience: it is in the audience of a stage, and has asked to speak if it may.
 */
export const silences = ['no-permission', 'muted', 'audience'] as const;
export type Silence = (typeof silences)[number];

/**
 * One line of the stream from discord-edge to audio (`GET /v1/voice-events`, NDJSON). First come the bot's voice states
 * and voice servers as the edge knows them now, then `current`, then each change.
 */
export const voiceEventSchema = z.discriminatedUnion('kind', [
  /** The bot's own voice state; channelId null: not in voice (left, kicked). */
  z.object({
    kind: z.literal('state'),
    tenant: z.string(),
    guild: z.string(),
    userId: z.string(),
    channelId: z.string().nullable(),
    sessionId: z.string(),
    /** Members in the bot's channel, without bots. */
    listeners: z.number().int(),
    /** Who they are; omitted if there are more than 100. */
    listenerIds: z.array(z.string()).max(maxListenerIds).optional(),
    /** Those who hear nothing, being deafened; at most 100, omitted if there are none. */
    deafIds: z.array(z.string()).max(maxListenerIds).optional(),
    /** Omitted if the bot is heard. */
    silenced: z.enum(silences).optional(),
    /** With channelId null: Discord started a new session without it, so nobody removed the bot; it may join again. */
    lost: z.boolean().optional(),
    /** With channelId null: the channel no longer exists. */
    deleted: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal('server'),
    tenant: z.string(),
    guild: z.string(),
    token: z.string(),
    endpoint: z.string().nullable(),
  }),
  z.object({ kind: z.literal('current') }),
]);
export type VoiceEvent = z.infer<typeof voiceEventSchema>;

/**
 * `POST /v1/tenants/:tenant/guilds/:guild/voice` (op 4). 204; 404 if the bot is not in the guild; 409 voice.not-allowed
 * and voice.full where Discord would silently ignore it.
 */
export const voiceSendSchema = z.object({
  channelId: z.string().nullable(),
  selfMute: z.boolean().default(false),
  selfDeaf: z.boolean().default(true),
});
