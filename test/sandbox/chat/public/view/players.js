import { fill, h, icon } from '../lib/dom.js';
import { store } from '../lib/store.js';
import { art } from './media.js';

/** Draws what is playing in this server, one strip per bot. */
export function drawPlayers() {
  const here = store.players.filter((player) => player.guildId === store.guildId && player.title);
  fill(document.getElementById('players'), ...here.map(strip));
  movePlayers();
}

/** Moves the progress bars on between two loads; called every 250 ms. */
export function movePlayers() {
  for (const bar of document.querySelectorAll('.player')) {
    const player = store.players.find((one) => `${one.sessionId}/${one.guildId}` === bar.dataset.player);
    if (!player) continue;
    const position = positionOf(player);
    bar.style.setProperty('--done', String(hasLength(player) ? position / player.lengthMs : 0));
    const clock = bar.querySelector('.player-time');
    if (clock) clock.textContent = minutes(position) + (hasLength(player) ? ` / ${minutes(player.lengthMs)}` : '');
  }
}

/** @param {any} player */
function strip(player) {
  const { guild, model } = store;
  const channel = model?.channel(guild, player.channelId)?.name;
  const state = !player.connected ? 'not connected to voice' : player.paused ? 'paused' : 'playing';
  const bot = model?.name(guild, player.userId);
  return h(
    'section',
    {
      class: `player ${player.paused || !player.connected ? 'still' : ''}`,
      dataset: { player: `${player.sessionId}/${player.guildId}` },
    },
    art(player.artworkUrl ?? player.title, player.title, 'tiny'),
    h(
      'div',
      { class: 'player-text' },
      h('div', { class: 'player-title' }, h('strong', {}, player.title), player.author ? ` · ${player.author}` : ''),
      h(
        'div',
        { class: 'faint' },
        player.paused ? icon('pause') : undefined,
        `${bot}${channel ? ` in ${channel}` : ''} · ${state} · volume ${player.volume} %`,
      ),
    ),
    h('div', { class: 'player-time' }),
    h('div', { class: 'player-bar', role: 'progressbar', 'aria-label': `Position in ${player.title}` }),
  );
}

/** @param {any} player */
function positionOf(player) {
  const passed =
    player.paused || !player.connected || player.stuck ? 0 : (performance.now() - store.playersAt) * player.rate;
  return Math.min(player.positionMs + passed, player.lengthMs);
}

/** Lavalink gives 2^63-1 for a stream, and for a file that does not say it. @param {any} player */
const hasLength = ({ lengthMs }) => lengthMs > 0 && lengthMs < 2 ** 53;

/** @param {number} ms @returns {string} such as 3:07 */
export function minutes(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
