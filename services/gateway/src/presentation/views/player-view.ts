import { ButtonStyle, ComponentType } from 'discord-api-types/v10';
import type { Player, Track } from '#services/contracts/player.ts';
import { duration, plain } from './text.ts';

/** Content of a message: what Discord calls embeds and components. */
export interface View {
  readonly embeds: readonly object[];
  readonly components: readonly object[];
}

const accent = 0x5b_6e_f5;
const muted = 0x80_84_8e;
const pageSize = 10;
/**
 * Closes the custom id of a button that redraws the message on which it stands, instead of answering with a new one.
 */
export const turnsPage = 'turn';

/**
 * What plays, with the buttons that control it; stays true without being redrawn, since Discord counts the time down.
 */
export function playerView(player: Player): View {
  const { current } = player;
  if (!current) return idleView(player);
  const paused = player.state === 'paused';
  const embed = {
    color: accent,
    author: { name: paused ? 'Paused' : player.state === 'waiting' ? 'One moment…' : 'Now playing' },
    description: `**${linked(current)}**\n${plain(current.author)}\n\n${timing(player, current)}`,
    ...(safeUrl(current.artworkUrl) ? { thumbnail: { url: current.artworkUrl } } : {}),
    fields: [
      { name: 'Up next', value: player.queue[0] ? plain(player.queue[0].title) : 'Nothing', inline: true },
      { name: 'In the queue', value: String(player.queueLength), inline: true },
      { name: 'Volume', value: `${player.volume} %`, inline: true },
    ],
  };
  return { embeds: [embed], components: [controls(paused)] };
}

function idleView(player: Player): View {
  const description = player.state === 'waiting' ? 'One moment…' : 'Nothing is playing. Use /play to begin.';
  return { embeds: [{ color: muted, description }], components: [] };
}

function timing(player: Player, { lengthMs, isStream, requestedBy }: Track): string {
  const who = requestedBy === null ? '' : ` · for <@${requestedBy}>`;
  if (isStream) return `Live${who}`;
  if (lengthMs === null) return `Unknown length${who}`;
  if (player.state !== 'playing') return `${duration(player.positionMs)} of ${duration(lengthMs)}${who}`;
  const endsAtSec = Math.round((player.asOfMs + lengthMs - player.positionMs) / 1000);
  return `${duration(lengthMs)} · ends <t:${endsAtSec}:R>${who}`;
}

const controls = (paused: boolean) => ({
  type: ComponentType.ActionRow,
  components: [
    paused
      ? button('bw:resume', 'Resume', '▶️', ButtonStyle.Primary)
      : button('bw:pause', 'Pause', '⏸️', ButtonStyle.Secondary),
    button('bw:skip', 'Skip', '⏭️', ButtonStyle.Secondary),
    button('bw:stop', 'Stop', '⏹️', ButtonStyle.Danger),
    button('bw:queue:1', 'Queue', '📜', ButtonStyle.Secondary),
  ],
});

const button = (customId: string, label: string, emoji: string | undefined, style: ButtonStyle, disabled = false) => ({
  type: ComponentType.Button,
  custom_id: customId,
  label,
  style,
  disabled,
  ...(emoji === undefined ? {} : { emoji: { name: emoji } }),
});

/** One page of the queue, counted from 1; a page past the end shows the last. */
export function queueView(player: Player, page: number): View {
  const pages = Math.max(1, Math.ceil(player.queue.length / pageSize));
  const shown = Math.min(Math.max(1, page), pages);
  const lines = player.queue
    .slice((shown - 1) * pageSize, shown * pageSize)
    .map((track, index) => `\`${(shown - 1) * pageSize + index + 1}.\` ${linked(track, 60)} · ${length(track)}`);
  const now = player.current ? `**Now:** ${linked(player.current)}` : 'Nothing is playing.';
  const hidden = player.queueLength - player.queue.length;
  const embed = {
    color: accent,
    title: 'Queue',
    description: [now, '', ...(lines.length > 0 ? lines : ['Nothing is waiting.'])].join('\n'),
    footer: {
      text: `Page ${shown} of ${pages} · ${player.queueLength} waiting${hidden > 0 ? `, ${hidden} not shown` : ''}`,
    },
  };
  const row = {
    type: ComponentType.ActionRow,
    components: [
      button(`bw:queue:${shown - 1}:${turnsPage}`, 'Back', undefined, ButtonStyle.Secondary, shown <= 1),
      button(`bw:queue:${shown + 1}:${turnsPage}`, 'Next', undefined, ButtonStyle.Secondary, shown >= pages),
    ],
  };
  return { embeds: [embed], components: pages > 1 ? [row] : [] };
}

/** How long a track is, in words; a live stream has no end, and some sources do not say. */
export const length = ({ isStream, lengthMs }: Pick<Track, 'isStream' | 'lengthMs'>): string =>
  isStream ? 'live' : lengthMs === null ? 'unknown length' : duration(lengthMs);

/** Title as a link where there is an address that can stand in markdown, else as text. */
export function linked(track: Pick<Track, 'title' | 'uri'>, maxLength = 80): string {
  const title = plain(track.title, maxLength);
  return safeUrl(track.uri) ? `[${title}](${track.uri})` : title;
}

function safeUrl(url: string | null): url is string {
  return url !== null && /^https:\/\/[\w.-]+(\/[\w\-./?=&%+~]*)?$/.test(url) && url.length <= 400;
}
