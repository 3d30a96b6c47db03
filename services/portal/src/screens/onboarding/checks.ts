/** What the API says of each check that a bot goes through until it is heard. */
export interface Check {
  readonly id: string;
  readonly state: 'waiting' | 'running' | 'passed' | 'failed' | 'needs-you';
  readonly title: string;
  readonly detail?: string;
  readonly mend?: string;
  readonly data?: {
    readonly inviteUrl?: string;
    readonly guilds?: readonly {
      readonly id: string;
      readonly name: string;
      readonly voiceChannels?: readonly { readonly id: string; readonly name: string }[];
    }[];
  };
}

export interface OnboardingState {
  readonly checks: readonly Check[];
  readonly done: boolean;
}

/** The checks by what they are about, in the order in which they run. */
export const stages = [
  {
    title: 'Your application',
    text: 'Is the token right, and is the application ready to be run from here?',
    checks: ['token', 'application', 'duplicate', 'interactions-endpoint', 'stored'],
  },
  {
    title: 'Your bot',
    text: 'It starts in a process of its own, tells Discord its commands, and comes into your server.',
    checks: ['instance', 'commands', 'invite', 'member'],
  },
  {
    title: 'The sound',
    text: 'It joins a voice channel, plays a few seconds, and leaves again.',
    checks: ['voice-permissions', 'joined', 'plays'],
  },
] as const;
