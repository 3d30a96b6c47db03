import { ButtonStyle, ComponentType, type APIEmbed } from 'discord-api-types/v10';
import type { Player, Track } from '#services/contracts/player.ts';
import { duration, lengthOf, plain } from './text.ts';

/** The content of a message, with embeds and components. */
export interface View {
  readonly embeds: readonly APIEmbed[];
  readonly components: readonly object[];
}

export const accent = 0x5b_6e_f5;
const muted = 0x80_84_8e;
/** The maximum length of a reason from the audio service, in characters. */
const longestReason = 500;

/**
 * The current track, with the buttons that control it; it stays correct without being redrawn, since Discord counts the
 * time down.
 */
export function playerView(player: Player): View {
  const { current } = player;
  if (!current) return idleView(player);
  const paused = player.state === 'paused';
  const lines = [`**${linked(current)}**`, authorOf(current), '', timing(player, current), ...reasonLines(player)];
  const embed = {
    color: accent,
    author: { name: paused ? 'Paused' : player.state === 'waiting' ? 'One moment…' : 'Now playing' },
    description: lines.filter((line) => line !== undefined).join('\n'),
    ...(safeUrl(current.artworkUrl) ? { thumbnail: { url: current.artworkUrl } } : {}),
    fields: [
      { name: 'Up next', value: player.queue[0] ? plain(player.queue[0].title) : 'Nothing', inline: true },
      { name: 'In the queue', value: String(player.queueLength), inline: true },
      { name: 'Volume', value: `${player.volume} %`, inline: true },
      ...(player.loop === 'off' ? [] : [{ name: 'Loop', value: loops[player.loop], inline: true }]),
      ...(player.filters.length === 0 ? [] : [{ name: 'Filters', value: player.filters.join(', '), inline: true }]),
    ],
  };
  return { embeds: [embed], components: [controls(paused)] };
}

const loops = { track: 'This track', queue: 'The queue' } as const;

function idleView(player: Player): View {
  const { state, queueLength } = player;
  const next = queueLength > 0 ? `${queueLength} in the queue. Use /resume to play them.` : 'Use /play to start.';
  const lines = state === 'waiting' ? ['One moment…'] : [`Nothing is playing. ${next}`];
  const description = [...lines, ...reasonLines(player)].join('\n');
  return { embeds: [{ color: muted, description }], components: [] };
}

/** It would play, except for its reason. */
export const isWaiting = ({ state, reason }: Player): boolean => state === 'waiting' && reason !== null;

/** Why nobody hears anything yet, for the end of an answer. */
export const whyOf = (player: Player): string =>
  isWaiting(player) ? `\n${plain(player.reason ?? '', longestReason)}` : '';

const reasonLines = ({ reason }: Player): string[] => (reason ? ['', plain(reason, longestReason)] : []);

/** Undefined if there is none. */
const authorOf = ({ author }: Pick<Track, 'author'>): string | undefined => plain(author, 80, '') || undefined;

function timing(player: Player, track: Track): string {
  const { lengthMs, requestedBy } = track;
  const who = requestedBy === null ? '' : ` · for <@${requestedBy}>`;
  if (track.isStream || lengthMs === null) return `${lengthOf(track)}${who}`;
  if (player.state !== 'playing') return `${duration(player.positionMs)} of ${duration(lengthMs)}${who}`;
  const endsAtSec = Math.round((player.asOfMs + (lengthMs - player.positionMs) / player.speed) / 1000);
  return `${duration(lengthMs)} · ends <t:${endsAtSec}:R>${who}`;
}

const controls = (paused: boolean) => ({
  type: ComponentType.ActionRow,
  components: [
    paused
      ? button('bw:resume', 'Resume', '▶️', ButtonStyle.Primary)
      : button('bw:pause', 'Pause', '⏸️', ButtonStyle.Secondary),
    button('bw:previous', 'Previous', '⏮️', ButtonStyle.Secondary),
    button('bw:skip', 'Skip', '⏭️', ButtonStyle.Secondary),
    button('bw:stop', 'Stop', '⏹️', ButtonStyle.Danger),
    button('bw:queue:1', 'Queue', '📜', ButtonStyle.Secondary),
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
export function linked(track: Pick<Track, 'title' | 'uri'>, maxLength = 80, withAddress = true): string {
  const title = plain(track.title, maxLength);
  return withAddress && safeUrl(track.uri) ? `[${title}](${track.uri})` : title;
}

function safeUrl(url: string | null): url is string {
  return url !== null && /^https:\/\/[\w.-]+(\/[\w\-./?=&%+~]*)?$/.test(url) && url.length <= 400;
}
