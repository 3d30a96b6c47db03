import type { MemberRole } from '#policies/roles.ts';
import type { CommandName } from '#policies/commands.ts';
import type { People } from './people.ts';

export const roleNames: Readonly<Record<MemberRole | 'operator', string>> = {
  owner: 'Owner',
  admin: 'Admin',
  auditor: 'Auditor',
  viewer: 'Viewer',
  operator: 'Operator',
};

export const roleTexts: Readonly<Record<MemberRole, string>> = {
  owner: 'Everything, members and the end of the tenant included',
  admin: 'The bot, its policies, its players and its audit log',
  auditor: 'Reads settings, policies and the audit log; controls nothing',
  viewer: 'Sees what plays, and controls nothing',
};

export const commandWords: Readonly<Partial<Record<CommandName, string>>> = {
  play: 'Add tracks to the queue',
  pause: 'Pause the music',
  resume: 'Resume after a pause',
  skip: 'Go to the next track',
  stop: 'End the music and leave',
  queue: 'See what comes next',
  nowplaying: 'See what plays',
  volume: 'Change the volume',
};

/** Somebody by name, where they have one here; operators act for the platform and not as themselves. */
export function personWords(subject: string, people: People): string {
  if (subject.startsWith('operator:')) return 'Operator';
  return people(subject) ?? subject.replace(/^discord:/, 'Discord user ');
}

/** Text of foreign origin within a line that has no markup: its direction stays its own (UAX #9, 2.7). */
export const isolated = (text: string): string => `\u2068${text}\u2069`;
