import type { Invocation } from './command.ts';

/** Something that has to hold before a command runs; the sentence tells the member what to do. */
export interface Requirement {
  readonly name: string;
  holds(invocation: Omit<Invocation<unknown>, 'options'>): boolean;
  readonly otherwise: string;
}

/** The member is in a voice channel. The audio service checks it again by what the edge witnessed. */
export const inVoice: Requirement = {
  name: 'in-voice',
  holds: ({ voiceChannel }) => voiceChannel !== null,
  otherwise: 'Join a voice channel first, then try again.',
};
