import type { Check } from '../../api/types.ts';

/** The checks by what they are about, in the order in which they run. */
interface Stage {
  readonly title: string;
  readonly text: string;
  readonly checks: readonly Check['id'][];
}

const tokenChecks: readonly Check['id'][] = ['token', 'application', 'duplicate', 'interactions-endpoint', 'stored'];

/** The checks that look at the token that was pasted. */
export const ofToken: ReadonlySet<Check['id']> = new Set(tokenChecks);

export const stages: readonly Stage[] = [
  {
    title: 'Your application',
    text: 'Is the token right, and is the application ready to be run from here?',
    checks: tokenChecks,
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
];
