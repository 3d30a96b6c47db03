import type { Check } from '../../api/types.ts';

/** A group of checks on one topic; stages and checks are in the order in which they run. */
interface Stage {
  readonly title: string;
  readonly text: string;
  readonly checks: readonly Check['id'][];
}

const tokenChecks: readonly Check['id'][] = ['token', 'application', 'duplicate', 'interactions-endpoint', 'stored'];

/** The checks of the pasted token. */
export const ofToken: ReadonlySet<Check['id']> = new Set(tokenChecks);

export const stages: readonly Stage[] = [
  {
    title: 'Your application',
    text: 'The token has to be valid, and the application ready to be used here.',
    checks: tokenChecks,
  },
  {
    title: 'Your bot',
    text: 'It starts in its own process, registers its commands with Discord, and joins your server.',
    checks: ['instance', 'commands', 'invite', 'member'],
  },
  {
    title: 'Playback',
    text: 'It joins a voice channel, plays for a few seconds, and leaves.',
    checks: ['voice-permissions', 'joined', 'plays'],
  },
];
