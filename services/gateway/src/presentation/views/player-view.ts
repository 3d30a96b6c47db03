import { ButtonStyle, ComponentType, type APIEmbed } from 'discord-api-types/v10';
import type { Player, Track } from '#services/contracts/player.ts';
import type { Words } from '../language/en.ts';
import { reasonIn } from '../language/fill.ts';
import { filtersOf } from './filters-view.ts';
import { duration, lengthOf, plain } from './text.ts';

/** The content of a message, with embeds and components. */
export interface View {
  readonly embeds: readonly APIEmbed[];
  readonly components: readonly object[];
}

export const accent = 0x5b_6e_f5;
const muted = 0x80_84_8e;

/**
 * The current track, with the buttons that control it; it stays correct without being redrawn, since Discord counts the
 * time down.
 */
export function playerView(words: Words, player: Player): View {
  const { current } = player;
  if (!current) return idleView(words, player);
  const { player: said, amounts } = words;
  const filters = filtersOf(words, player);
  const paused = player.state === 'paused';
  const title = `**${linked(words, current)}**`;
  const lines = [title, authorOf(current), '', timing(words, player, current), ...reasonLines(words, player)];
  const embed = {
    color: accent,
    author: { name: paused ? said.paused : player.state === 'waiting' ? said.waiting : said.playing },
    description: lines.filter((line) => line !== undefined).join('\n'),
    ...(safeUrl(current.artworkUrl) ? { thumbnail: { url: current.artworkUrl } } : {}),
    fields: [
      { name: said.next, value: player.queue[0] ? titleIn(words, player.queue[0]) : said.noNext, inline: true },
      { name: said.waitingTracks, value: amounts.number(player.queueLength), inline: true },
      { name: said.volume, value: amounts.percent(player.volume), inline: true },
      ...(player.loop === 'off' ? [] : [{ name: said.loop, value: said.loops[player.loop], inline: true }]),
      ...(filters.length === 0 ? [] : [{ name: said.filters, value: filters.join(', '), inline: true }]),
    ],
  };
  return { embeds: [embed], components: [controls(words, paused)] };
}

function idleView(words: Words, player: Player): View {
  const { state, queueLength } = player;
  const { waiting, idle, resumable, start } = words.player;
  const next = queueLength > 0 ? resumable(queueLength) : start;
  const lines = state === 'waiting' ? [waiting] : [`${idle} ${next}`];
  const description = [...lines, ...reasonLines(words, player)].join('\n');
  return { embeds: [{ color: muted, description }], components: [] };
}

/** It would play, except for its reason. */
export const isWaiting = ({ state, reason }: Player): boolean => state === 'waiting' && reason !== null;

/** Why nobody hears anything yet, for the end of an answer. */
export const whyOf = (words: Words, player: Player): string =>
  isWaiting(player) ? `\n${reasonIn(words, player)}` : '';

const reasonLines = (words: Words, player: Player): string[] => (player.reason ? ['', reasonIn(words, player)] : []);

/** Undefined if there is none. */
const authorOf = ({ author }: Pick<Track, 'author'>): string | undefined => plain(author, 80, '') || undefined;

function timing(words: Words, player: Player, track: Track): string {
  const { for: requestedFor, at, ends } = words.player;
  const { lengthMs, requestedBy } = track;
  const who = requestedBy === null ? '' : ` · ${requestedFor(`<@${requestedBy}>`)}`;
  if (track.isStream || lengthMs === null) return `${lengthOf(words, track)}${who}`;
  if (player.state !== 'playing') return `${at(duration(player.positionMs), duration(lengthMs))}${who}`;
  const endsAtSec = Math.round((player.asOfMs + (lengthMs - player.positionMs) / player.speed) / 1000);
  return `${duration(lengthMs)} · ${ends(`<t:${endsAtSec}:R>`)}${who}`;
}

const controls = ({ buttons }: Words, paused: boolean) => ({
  type: ComponentType.ActionRow,
  components: [
    paused
      ? button('bw:resume', buttons.resume, '▶️', ButtonStyle.Primary)
      : button('bw:pause', buttons.pause, '⏸️', ButtonStyle.Secondary),
    button('bw:previous', buttons.previous, '⏮️', ButtonStyle.Secondary),
    button('bw:skip', buttons.skip, '⏭️', ButtonStyle.Secondary),
    button('bw:stop', buttons.stop, '⏹️', ButtonStyle.Danger),
    button('bw:queue:1', buttons.queue, '📜', ButtonStyle.Secondary),
  ],
});

export const button = (
  customId: string,
  label: string,
  emoji: string | undefined,
  style: ButtonStyle,
  disabled = false,
) => ({
  type: ComponentType.Button,
  custom_id: customId,
  label,
  style,
  disabled,
  ...(emoji === undefined ? {} : { emoji: { name: emoji } }),
});

/** Title as a link if there is a URL that can be used in markdown, otherwise as text. */
export function linked(words: Words, track: Pick<Track, 'title' | 'uri'>, maxLength = 80, withAddress = true): string {
  const title = titleIn(words, track, maxLength);
  return withAddress && safeUrl(track.uri) ? `[${title}](${track.uri})` : title;
}

const titleIn = (words: Words, { title }: Pick<Track, 'title'>, maxLength = 80): string =>
  plain(title, maxLength, words.track.untitled);

function safeUrl(url: string | null): url is string {
  return url !== null && /^https:\/\/[\w.-]+(\/[\w\-./?=&%+~]*)?$/.test(url) && url.length <= 400;
}
