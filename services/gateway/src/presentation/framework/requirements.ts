import type { Requirement } from './command.ts';

/** The member is in a voice channel. The audio service checks it again by what the edge witnessed. */
export const inVoice: Requirement = {
  name: 'in-voice',
  holds: ({ voiceChannel }) => voiceChannel !== null,
  otherwise: 'Join a voice channel first, then try again.',
};
