import type { GuildDetail, GuildPolicy, GuildRule } from '../../api/types.ts';
import type { Subject } from './subjects.ts';

/** What ids are called in this server. */
export interface Names {
  readonly role: (id: string) => string;
  readonly channel: (id: string) => string;
}

export const namesIn = (guild: GuildDetail | undefined): Names => ({
  role: (id) => guild?.roles.find((role) => role.id === id)?.name ?? `role ${id}`,
  channel: (id) => {
    const channel = guild?.text.find((each) => each.id === id);
    return channel ? `#${channel.name}` : `channel ${id}`;
  },
});

export const permissionNames = {
  administrator: 'Administrator',
  'manage-guild': 'Manage Server',
  'manage-channels': 'Manage Channels',
  'manage-messages': 'Manage Messages',
  'mute-members': 'Mute Members',
  'move-members': 'Move Members',
} as const satisfies Record<NonNullable<GuildRule['who']['permissions']>[number], string>;

export const sourceLabels = {
  youtube: 'YouTube',
  soundcloud: 'SoundCloud',
  bandcamp: 'Bandcamp',
  twitch: 'Twitch',
  vimeo: 'Vimeo',
  niconico: 'Niconico',
  http: 'Addresses on the web',
  spotify: 'Spotify',
  applemusic: 'Apple Music',
  deezer: 'Deezer',
  yandexmusic: 'Yandex Music',
} as const satisfies Record<NonNullable<GuildPolicy['sources']>[number], string>;

export const weekdayNames = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
} as const;

export function subjectName(subject: Subject, names: Names): string {
  switch (subject.kind) {
    case 'everyone':
      return 'Everyone';
    case 'roles':
      return names.role(subject.id);
    case 'users':
      return `Member ${subject.id}`;
    case 'permissions':
      return permissionNames[subject.id as keyof typeof permissionNames] ?? subject.id;
  }
}

export function whoWords({ who }: GuildRule, names: Names): string {
  const parts = [
    ...(who.everyone ? ['everyone'] : []),
    ...(who.roles ?? []).map(names.role),
    ...(who.users ?? []).map((id) => `member ${id}`),
    ...(who.permissions ?? []).map((name) => `holders of ${permissionNames[name]}`),
  ];
  return listWords(parts, 'conjunction');
}

const listWords = (parts: readonly string[], type: 'conjunction' | 'disjunction'): string =>
  new Intl.ListFormat('en', { type }).format(parts);

const commandsWords = ({ commands }: GuildRule): string =>
  commands === 'all'
    ? 'every command'
    : listWords(
        commands.map((name) => `/${name}`),
        'conjunction',
      );

function whenWords(rule: GuildRule): string {
  if (!rule.when) return '';
  const { weekdays, hours, zone } = rule.when;
  const days = weekdays
    ? ` on ${listWords(
        weekdays.map((day) => weekdayNames[day]),
        'conjunction',
      )}`
    : '';
  const time = hours ? ` from ${hours.from} to ${hours.to}` : '';
  return `${days}${time} (${zone})`;
}

/** A rule as a sentence. */
export function ruleWords(rule: GuildRule, names: Names): string {
  const where = rule.channels ? ` in ${listWords(rule.channels.map(names.channel), 'disjunction')}` : '';
  const verb = rule.effect === 'allow' ? 'may use' : 'may not use';
  const sentence = `${whoWords(rule, names)} ${verb} ${commandsWords(rule)}${where}${whenWords(rule)}`;
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
}

function settingsWords(policy: GuildPolicy, names: Names): Record<string, string> {
  const { dj, voteSkip, sources, quotas, otherwise } = policy;
  return {
    otherwise: `What no rule mentions is ${otherwise === 'allow' ? 'allowed' : 'denied'}`,
    ...(dj ? { dj: `Only ${listWords(dj.roles.map(names.role), 'conjunction')} control the music` } : {}),
    ...(voteSkip
      ? { voteSkip: `Skipping takes the votes of ${Math.round(voteSkip.share * 100)} % of the listeners` }
      : {}),
    ...(sources
      ? {
          sources: `Tracks come from ${listWords(
            sources.map((name) => sourceLabels[name]),
            'conjunction',
          )} alone`,
        }
      : {}),
    ...(quotas?.maxQueuedPerMember ? { queued: `At most ${quotas.maxQueuedPerMember} waiting tracks a member` } : {}),
    ...(quotas?.maxTrackLengthSec
      ? { length: `Tracks of at most ${Math.round(quotas.maxTrackLengthSec / 60)} minutes` }
      : {}),
  };
}

export interface Change {
  readonly sign: '+' | '−';
  readonly words: string;
}

/** What differs, as sentences: first what ends, then what begins. */
export function changes(before: GuildPolicy, after: GuildPolicy, names: Names): readonly Change[] {
  const said = (policy: GuildPolicy) => [
    ...Object.values(settingsWords(policy, names)),
    ...policy.rules.map((rule) => ruleWords(rule, names)),
  ];
  const [was, is] = [new Set(said(before)), new Set(said(after))];
  return [
    ...[...was].filter((words) => !is.has(words)).map((words) => ({ sign: '−' as const, words })),
    ...[...is].filter((words) => !was.has(words)).map((words) => ({ sign: '+' as const, words })),
  ];
}
