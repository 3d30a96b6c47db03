import { djCategories, isCommandName, type NamedInPolicy } from '#policies/commands.ts';
import type { GuildPolicy, GuildRule } from '#policies/guild-policy.ts';
import type { ServerPolicy } from '#services/contracts/server-policy.ts';
import { nameIn, type Command } from '../framework/command.ts';
import type { Words } from '../language/en.ts';
import { accent, type View } from './player-view.ts';

/** What fits into one message, and is still read. */
const most = { rules: 15, ofEach: 5 } as const;

interface Shown extends ServerPolicy {
  readonly commands: readonly Command[];
  /** The server's id is also that of the role that everybody has. */
  readonly guild: string;
}

/** What rules a server: its rules in their order, then its settings. */
export function policyView(words: Words, { policy, commands, guild }: Shown): View {
  const { policy: said } = words;
  const { rules, otherwise, dj, sources, quotas } = policy;
  const lines = [
    ...rules.slice(0, most.rules).map((rule) => ruleLine(words, rule, { commands, guild })),
    ...(rules.length > most.rules ? [said.more(rules.length - most.rules)] : []),
    said.otherwise[otherwise],
    ...djLines(words, dj),
    votesLine(words, policy),
    ...(sources ? [said.sources(words.amounts.list(sources))] : []),
    ...(quotas?.maxQueuedPerMember ? [said.queued(quotas.maxQueuedPerMember)] : []),
    ...(quotas?.maxTrackLengthSec ? [said.longest(words.amounts.length(quotas.maxTrackLengthSec))] : []),
  ];
  return { embeds: [{ color: accent, title: said.title, description: lines.join('\n') }], components: [] };
}

/** Who the DJs are, and what is reserved for them. */
export function djLines(words: Words, dj: GuildPolicy['dj']): readonly string[] {
  const { policy: said, amounts } = words;
  const reserved = dj ? (dj.commands ?? djCategories) : [];
  const mode =
    reserved.length > 0 ? said.reserved(amounts.list(reserved.map((name) => named(words, name)))) : said.free;
  return [
    mode,
    said.djs(
      amounts.list(
        someOf(
          words,
          (dj?.roles ?? []).map((id) => `<@&${id}>`),
        ),
      ),
    ),
  ];
}

export const votesLine = ({ policy: said, amounts }: Words, { voteSkip }: GuildPolicy): string =>
  voteSkip ? said.votes(amounts.percent(Math.round(voteSkip.share * 100))) : said.noVotes;

function ruleLine(words: Words, rule: GuildRule, server: Pick<Shown, 'commands' | 'guild'>): string {
  const { policy: said, amounts } = words;
  const { who, commands, channels, when, effect, id } = rule;
  const people = [
    ...(who.everyone || who.roles?.some((role) => role === server.guild) ? [said.everyone] : []),
    ...(who.roles ?? []).filter((role) => role !== server.guild).map((role) => `<@&${role}>`),
    ...(who.users ?? []).map((user) => `<@${user}>`),
    ...(who.permissions ?? []).map((permission) => said.permissions[permission]),
  ];
  const what = commands === 'all' ? [said.everything] : commands.map((name) => named(words, name, server.commands));
  const parts = [
    amounts.list(someOf(words, people)),
    amounts.list(someOf(words, what)),
    ...(channels
      ? [
          amounts.list(
            someOf(
              words,
              channels.map((channel) => `<#${channel}>`),
            ),
          ),
        ]
      : []),
    ...(when ? [whenText(words, when)] : []),
  ];
  return `${effect === 'allow' ? '✅' : '⛔'} **${id}** · ${parts.join(' · ')}`;
}

/** A command by the name that members know, or a category. */
function named(words: Words, name: NamedInPolicy, commands: readonly Command[] = []): string {
  if (!isCommandName(name)) return words.categories[name];
  const known = commands.find((command) => command.name === name);
  return `\`/${known ? nameIn(known, words.language) : name}\``;
}

const someOf = ({ policy: said }: Words, texts: readonly string[]): readonly string[] =>
  texts.length > most.ofEach ? [...texts.slice(0, most.ofEach), said.others(texts.length - most.ofEach)] : texts;

function whenText({ language, amounts }: Words, { zone, weekdays, hours }: NonNullable<GuildRule['when']>): string {
  const day = new Intl.DateTimeFormat(language, { weekday: 'short', timeZone: 'UTC' });
  const days = weekdays?.map((name) => day.format(new Date(`2024-01-0${dayOfWeek[name]}T12:00:00Z`)));
  return [...(days ? [amounts.list(days)] : []), ...(hours ? [`${hours.from}–${hours.to}`] : []), `(${zone})`].join(
    ' ',
  );
}

/** The first week of 2024 began with a Monday. */
const dayOfWeek = { mon: 1, tue: 2, wed: 3, thu: 4, fri: 5, sat: 6, sun: 7 } as const;
