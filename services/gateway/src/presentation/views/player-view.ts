import { ButtonStyle, type APIEmbed } from 'discord-api-types/v10';
import { loudest, type Player, type Track } from '#services/contracts/player.ts';
import type { Words } from '../language/en.ts';
import { reasonIn } from '../language/fill.ts';
import { filtersOf } from './filters-view.ts';
import { beside, button, card, row, separator, written, type LayoutPart, type LayoutView } from './layout.ts';
import { duration, lengthOf, plain } from './text.ts';

/** The content of a message, with embeds and components. */
export interface View {
  readonly embeds: readonly APIEmbed[];
  readonly components: readonly object[];
}

export const accent = 0x5b_6e_f5;
const muted = 0x80_84_8e;

/** A dot that moves along a line. */
const barLength = 14;

/**
 * The current track, with the buttons that control it. While it plays, Discord counts the time down, so that it stays
 * true without being edited; while it stands still, a bar shows where.
 */
export function playerView(words: Words, player: Player): LayoutView {
  const { current } = player;
  if (!current) return idleView(words, player);
  const { player: said } = words;
  const heading = player.state === 'paused' ? said.paused : player.state === 'waiting' ? said.waiting : said.playing;
  const author = authorOf(current);
  const title = `### ${heading}\n**${linked(words, current)}**${author === undefined ? '' : `\n${author}`}`;
  const picture = safeUrl(current.artworkUrl) ? current.artworkUrl : null;
  const next = player.queue[0] ? titleIn(words, player.queue[0]) : said.noNext;
  const parts = [
    ...beside(picture, [title, timing(words, player, current)]),
    ...reasonParts(words, player),
    separator,
    written(`${said.next} · **${next}**\n${detailsOf(words, player)}`),
    ...controls(words, player),
  ];
  return { layout: [card(accent, parts)] };
}

/** In small type: how much waits, how loud, and what is switched on. */
function detailsOf(words: Words, player: Player): string {
  const { player: said, amounts } = words;
  const filters = filtersOf(words, player);
  const details = [
    [said.waitingTracks, amounts.number(player.queueLength + (player.later ?? 0))],
    [said.volume, amounts.percent(player.volume)],
    ...(player.loop === 'off' ? [] : [[said.loop, said.loops[player.loop]]]),
    ...(player.autoplay ? [[said.autoplay, said.isOn]] : []),
    ...(filters.length === 0 ? [] : [[said.filters, filters.join(', ')]]),
  ];
  return `-# ${details.map(([name, value]) => `${name} **${value}**`).join(' · ')}`;
}

function idleView(words: Words, player: Player): LayoutView {
  const { state, queueLength } = player;
  const { waiting, idle, resumable, start } = words.player;
  const next = queueLength > 0 ? resumable(queueLength) : start;
  const text = state === 'waiting' ? waiting : `${idle} ${next}`;
  return { layout: [card(muted, [written(text), ...reasonParts(words, player)])] };
}

/** It would play, except for its reason. */
export const isWaiting = ({ state, reason }: Player): boolean => state === 'waiting' && reason !== null;

/** Why nobody hears anything yet, for the end of an answer. */
export const whyOf = (words: Words, player: Player): string =>
  isWaiting(player) ? `\n${reasonIn(words, player)}` : '';

const reasonParts = (words: Words, player: Player): LayoutPart[] =>
  player.reason ? [written(reasonIn(words, player))] : [];

/** Undefined if there is none. */
const authorOf = ({ author }: Pick<Track, 'author'>): string | undefined => plain(author, 80, '') || undefined;

function timing(words: Words, player: Player, track: Track): string {
  const { for: requestedFor, at, ends, autoplay } = words.player;
  const { lengthMs, requestedBy } = track;
  const by = track.automatic ? autoplay : requestedBy === null ? undefined : requestedFor(`<@${requestedBy}>`);
  const who = by === undefined ? '' : ` · ${by}`;
  if (track.isStream || lengthMs === null) return `${lengthOf(words, track)}${who}`;
  if (player.state !== 'playing') {
    const position = at(duration(player.positionMs), duration(lengthMs));
    return `${bar(player.positionMs, lengthMs)} ${position}${who}`;
  }
  const endsAtSec = Math.round((player.asOfMs + (lengthMs - player.positionMs) / player.speed) / 1000);
  return `${duration(lengthMs)} · ${ends(`<t:${endsAtSec}:R>`)}${who}`;
}

/** How far a track is that stands still. */
function bar(positionMs: number, lengthMs: number): string {
  const share = lengthMs === 0 ? 0 : Math.min(1, positionMs / lengthMs);
  const before = Math.round(share * (barLength - 1));
  return `${'▬'.repeat(before)}🔘${'▬'.repeat(barLength - 1 - before)}`;
}

function controls({ buttons, player: said }: Words, { state, loop, autoplay, volume }: Player): LayoutPart[] {
  const { Secondary, Primary, Danger } = ButtonStyle;
  const pauses =
    state === 'paused'
      ? button('bw:resume', buttons.resume, '▶️', Primary)
      : button('bw:pause', buttons.pause, '⏸️', Secondary);
  return [
    row([
      button('bw:previous', buttons.previous, '⏮️', Secondary),
      pauses,
      button('bw:skip', buttons.skip, '⏭️', Secondary),
      button('bw:stop', buttons.stop, '⏹️', Danger),
      button('bw:queue:1', buttons.queue, '📜', Secondary),
    ]),
    row([
      button('bw:loop', said.loop, loop === 'track' ? '🔂' : '🔁', loop === 'off' ? Secondary : Primary),
      button('bw:shuffle', buttons.shuffle, '🔀', Secondary),
      button('bw:autoplay', said.autoplay, '♾️', autoplay ? Primary : Secondary),
      button('bw:favourite add', buttons.favourite, '❤️', Secondary),
      button('bw:lyrics', buttons.lyrics, '🎤', Secondary),
    ]),
    row([
      button('bw:quieter', buttons.quieter, '🔉', Secondary, volume === 0),
      button('bw:louder', buttons.louder, '🔊', Secondary, volume === loudest),
    ]),
  ];
}

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
