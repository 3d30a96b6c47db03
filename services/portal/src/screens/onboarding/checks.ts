import type { Check } from '../../api/types.ts';

/** The checks by what they are about, in the order in which they run. */
interface Stage {
  readonly title: string;
  readonly text: string;
  readonly checks: readonly Check['id'][];
}

export const stages: readonly Stage[] = [
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
];
