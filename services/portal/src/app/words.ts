import type { MemberRole } from '#policies/roles.ts';
import type { RuledCommand } from '#policies/commands.ts';
import { isolated } from '../parts/names.ts';
import type { People } from './people.ts';

export const roleNames: Readonly<Record<MemberRole | 'operator', string>> = {
  owner: 'Owner',
  admin: 'Admin',
  auditor: 'Auditor',
  viewer: 'Viewer',
  operator: 'Operator',
};

export const roleTexts: Readonly<Record<MemberRole, string>> = {
  owner: 'Full control, including members, API keys and deletion',
  admin: 'Manages the bot, its policies and playback, and reads the audit log',
  auditor: 'Reads policies, keys and the audit log, but changes nothing',
  viewer: 'Sees what is playing and the policies, but changes nothing',
};

export const commandWords: Readonly<Record<RuledCommand, string>> = {
  play: 'Add tracks to the queue',
  pause: 'Pause playback',
  resume: 'Resume playback',
  skip: 'Skip to the next track, go back, or change the position',
  stop: 'Stop playback and leave the channel, or clear the queue',
  queue: 'See the queue',
  nowplaying: 'See what is playing',
  volume: 'Change the volume',
  move: "Reorder, shuffle or repeat the queue, and remove other members' tracks",
};

const anyOf = new Intl.ListFormat('en', { type: 'disjunction' });

const withArticle = (role: MemberRole): string => `${/^[aeiou]/.test(role) ? 'an' : 'a'} ${role}`;

/** 'an owner or an admin' */
export const rolesInWords = (roles: readonly MemberRole[]): string => anyOf.format(roles.map(withArticle));

/** Listing more names than this does not help. */
const mostNames = 3;

/** Who can change somebody's role: 'Max or Ada', or just 'an owner' if there are too many to list, or none is known. */
export const giversInWords = (owners: readonly string[]): string =>
  owners.length === 0 || owners.length > mostNames ? 'an owner' : anyOf.format(owners.map(isolated));

/** A person's name, or their id if the name is unknown; operators act for the platform, so they are not named. */
export function personWords(subject: string, people: People): string {
  if (subject.startsWith('operator:')) return 'Operator';
  return people(subject) ?? subject.replace(/^discord:/, 'Discord user ');
}
