import { z } from 'zod';

/** What was wrong with a track, in words for members; a music server may also give its own. */
export const trackFaults = {
  unplayable: 'it could not be played',
  undelivered: 'the source did not deliver it',
  stalled: 'the source stopped delivering it',
  refused: 'the music server refused it',
  unreadable: "the music server's description of it is invalid",
} as const;

/**
 * Why a player is in its state, if nobody requested it. The texts are English, with `{title}` of a track, `{fault}` (what
 * was wrong with it), `{titles}` of several, `{count}` of them, `{times}` and `{close}` (Discord's code for closing a voice connection).
 */
export const whys = {
  retried: '“{title}” stopped: {fault}. Trying once more.',
  skipped: '“{title}” was skipped: {fault}.',
  'skipped-several': 'Skipped {titles}. The last: {fault}.',
  'skipped-many': '{count} tracks in a row were skipped. The last was “{title}”: {fault}.',
  'gave-up': 'Stopped after {times} failures in a row. The last was “{title}”: {fault}.',
  'gave-up-kept':
    'Stopped after {times} failures in a row. The last was “{title}”: {fault}. The queue is kept; resume to try again.',
  node: 'The music server is unavailable. The music continues as soon as it is back.',
  answer: 'The music server did not respond. Retrying.',
  voice: 'The voice connection was lost. Reconnecting.',
  'no-permission':
    'Nobody can hear the bot: it needs the “Speak” permission in this voice channel. The music starts as soon as it has it.',
  muted: 'A moderator has muted the bot. The music continues as soon as it is unmuted.',
  audience:
    'The bot is in the audience of this stage. The music starts when a moderator invites it to speak, or gives it the “Mute Members” permission.',
  nobody: 'Nobody is listening. The music continues as soon as somebody joins.',
  disconnected: 'The bot was disconnected from the voice channel.',
  'channel-deleted': 'The voice channel was deleted, so the music has stopped.',
  'channel-full':
    'The bot lost its place in the voice channel, which is full now, so the music has stopped. Make room for the bot, or raise the user limit.',
  'channel-forbidden':
    'The bot lost its voice connection and may not join this channel any more, so the music has stopped. It needs the permissions “View Channel” and “Connect” there.',
  'voice-lost': 'The voice connection was lost and could not be restored.',
  'autoplay-nothing': 'Autoplay has found nothing that fits.',
  alone: 'Nobody was listening, so the bot has left.',
  idle: 'The queue was empty for a while, so the bot has left.',
  'voice-protocol': "Discord does not support the music server's voice protocol.",
  'voice-encryption': "Discord does not support the music server's voice encryption.",
  'channel-encrypted': 'This channel is end-to-end encrypted, which the music server does not support.',
  'too-many-attempts':
    'Discord refuses the voice connection because there were too many attempts. Try again in a few minutes.',
  'call-ended': 'Discord ended the call.',
  'voice-closing':
    "Discord's voice server keeps closing the connection (code {close}), so the music has stopped. Try again in a few minutes.",
  'voice-unheard':
    "The music server cannot connect to Discord's voice server, so the music has stopped. Try again in a few minutes.",
} as const;
export type WhyCode = keyof typeof whys;

/** A reason as data, so that it can be said in any language. */
export const whySchema = z.object({
  code: z.enum(Object.keys(whys) as [WhyCode, ...WhyCode[]]),
  /** What its text names. */
  params: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
});
export type Why = z.infer<typeof whySchema>;

export const because = (code: WhyCode, params: Why['params'] = {}): Why => ({ code, params });

/** In English. */
export const whyText = ({ code, params }: Why): string =>
  whys[code].replaceAll(/\{(\w+)\}/g, (_placeholder, name: string) => String(params[name] ?? ''));
