import {
  categoryNames,
  commandsIn,
  djCategories,
  type CommandCategory,
  type NamedInPolicy,
} from '#policies/commands.ts';
import type { Cell, GuildDetail, GuildPolicy, GuildRule } from '../../api/types.ts';
import type { People } from '../../app/people.ts';
import type { Subject } from './subjects.ts';

/** Names for the ids of a server. */
export interface Names {
  readonly role: (id: string) => string;
  readonly channel: (id: string) => string;
  readonly member: (id: string) => string;
}

export const namesIn = (guild: GuildDetail, people: People): Names => ({
  role: (id) => (id === guild.id ? '@everyone' : (guild.roles.find((role) => role.id === id)?.name ?? `role ${id}`)),
  channel: (id) => {
    const { text, voice, otherChannels } = guild;
    const channel = [...text, ...voice].find((each) => each.id === id);
    if (channel) return `#${channel.name}`;
    const other = otherChannels.find((each) => each.id === id);
    if (other?.kind === 'category') return `the category ${other.name}`;
    return other ? `#${other.name}` : `channel ${id}`;
  },
  member: (id) => people(`discord:${id}`) ?? `member ${id}`,
});

export const permissionNames = {
  administrator: 'Administrator',
  'manage-guild': 'Manage Server',
  'manage-channels': 'Manage Channels',
  'manage-messages': 'Manage Messages',
  'mute-members': 'Mute Members',
  'move-members': 'Move Members',
} as const satisfies Record<NonNullable<GuildRule['who']['permissions']>[number], string>;

export const categoryLabels: Readonly<Record<CommandCategory, string>> = {
  adding: 'Adding',
  playback: 'Playback',
  sound: 'Sound',
  order: 'Queue order',
  viewing: 'Viewing',
};

const commandLabel = (name: NamedInPolicy): string => {
  const category = categoryNames.find((each) => each === name);
  return category ? `${categoryLabels[category].toLowerCase()} commands` : `/${name}`;
};

export const sourceLabels = {
  youtube: 'YouTube',
  soundcloud: 'SoundCloud',
  bandcamp: 'Bandcamp',
  twitch: 'Twitch',
  vimeo: 'Vimeo',
  niconico: 'Niconico',
  http: 'Web addresses',
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
      return names.member(subject.id);
    case 'permissions':
      return permissionNames[subject.id as keyof typeof permissionNames] ?? subject.id;
  }
}

export function whoWords({ who }: GuildRule, names: Names): string {
  const parts = [
    ...(who.everyone ? ['everyone'] : []),
    ...(who.roles ?? []).map(names.role),
    ...(who.users ?? []).map(names.member),
    ...(who.permissions ?? []).map((name) => `holders of ${permissionNames[name]}`),
  ];
  return listWords(parts, 'conjunction');
}

const listWords = (parts: readonly string[], type: 'conjunction' | 'disjunction'): string =>
  new Intl.ListFormat('en', { type }).format(parts);

const commandsWords = ({ commands, effect }: GuildRule): string => {
  if (commands === 'all') return effect === 'allow' ? 'every command' : 'any command';
  return listWords(commands.map(commandLabel), effect === 'allow' ? 'conjunction' : 'disjunction');
};

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
  const isForNobody = rule.effect === 'deny' && rule.who.everyone === true;
  const who = isForNobody ? 'nobody' : whoWords(rule, names);
  const verb = rule.effect === 'allow' || isForNobody ? 'may use' : 'may not use';
  const sentence = `${who} ${verb} ${commandsWords(rule)}${where}${whenWords(rule)}`;
  return sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
}

export const lengthWords = (seconds: number): string =>
  seconds % 60 === 0
    ? `${seconds / 60} ${seconds === 60 ? 'minute' : 'minutes'}`
    : `${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;

const sourcesWords = (sources: readonly string[]): string =>
  listWords(
    sources.map((name) => sourceLabels[name as keyof typeof sourceLabels] ?? name),
    'conjunction',
  );

function djWords({ roles, commands }: NonNullable<GuildPolicy['dj']>, names: Names): string {
  const reserved = commands ?? djCategories;
  const who = ['managers of the server', ...roles.map(names.role)];
  if (reserved.length === 0) return `DJs (${listWords(who, 'conjunction')}) have nothing reserved for them`;
  return `Only DJs (${listWords(who, 'conjunction')}) can use ${listWords(reserved.map(commandLabel), 'conjunction')}`;
}

function settingsWords(policy: GuildPolicy, names: Names): { otherwise: string; dj?: string } & Record<string, string> {
  const { dj, voteSkip, sources, quotas, otherwise } = policy;
  return {
    otherwise: `Commands that no rule mentions are ${otherwise === 'allow' ? 'allowed' : 'denied'}`,
    ...(dj ? { dj: djWords(dj, names) } : {}),
    ...(voteSkip
      ? { voteSkip: `Skipping needs the votes of ${Math.round(voteSkip.share * 100)}% of the listeners` }
      : {}),
    ...(sources ? { sources: `Tracks come only from ${sourcesWords(sources)}` } : {}),
    ...(quotas?.maxQueuedPerMember ? { queued: `At most ${quotas.maxQueuedPerMember} queued tracks per member` } : {}),
    ...(quotas?.maxTrackLengthSec ? { length: `Tracks of at most ${lengthWords(quotas.maxTrackLengthSec)}` } : {}),
  };
}

/** Why a command is allowed or denied: the rule or setting that decided, as a sentence. */
export function reasonWords({ command, allowed, rule }: Cell, policy: GuildPolicy, names: Names): string {
  const decided = policy.rules.find(({ id }) => id === rule);
  if (decided) return ruleWords(decided, names);
  if (rule === 'vote-skip') return 'Members without permission to skip vote instead';
  if (rule === 'requester') return 'Members can skip the tracks that they requested';
  const { dj, otherwise } = settingsWords(policy, names);
  const isLeftToDjs = rule === 'dj' || (!allowed && commandsIn(policy.dj?.commands ?? djCategories).includes(command));
  return (isLeftToDjs ? dj : undefined) ?? otherwise;
}

/** The conditions on an allowed command. */
export function termsWords({ obligations = {} }: Cell): readonly string[] {
  const { voteShare, onlyOwn, maxQueuedPerMember: waiting, maxTrackLengthMs, sources } = obligations;
  return [
    ...(onlyOwn ? ['Only for tracks that the member requested'] : []),
    ...(voteShare ? [`Takes effect once ${Math.round(voteShare * 100)}% of the listeners ask for it`] : []),
    ...(waiting ? [`At most ${waiting} queued ${waiting === 1 ? 'track' : 'tracks'} at a time`] : []),
    ...(maxTrackLengthMs ? [`Tracks of at most ${lengthWords(maxTrackLengthMs / 1000)}`] : []),
    ...(sources ? [`Only from ${sourcesWords(sources)}`] : []),
  ];
}

export interface Change {
  readonly sign: '+' | '−';
  readonly words: string;
  /** Distinguishes changes that read the same: two roles, channels or members may have the same name. */
  readonly key: string;
}

/** The differences as sentences: first what is removed, then what is added. */
export function changes(before: GuildPolicy, after: GuildPolicy, names: Names): readonly Change[] {
  const said = (policy: GuildPolicy) => {
    const settings = Object.entries(settingsWords(policy, names));
    return new Map([
      ...settings.map(
        ([name, words]) => [name === 'dj' ? `${words} ${policy.dj?.roles.join()}` : words, words] as const,
      ),
      ...policy.rules.map((rule) => {
        const words = ruleWords(rule, names);
        return [`${words} ${JSON.stringify([rule.who, rule.channels])}`, words] as const;
      }),
    ]);
  };
  const [was, is] = [said(before), said(after)];
  const onlyIn = (one: typeof was, other: typeof was, sign: Change['sign']) =>
    [...one].filter(([key]) => !other.has(key)).map(([key, words]): Change => ({ sign, words, key: sign + key }));
  return [...onlyIn(was, is, '−'), ...onlyIn(is, was, '+')];
}
