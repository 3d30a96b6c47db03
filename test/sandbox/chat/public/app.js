import { api, listen } from './lib/api.js';
import { toast } from './lib/dom.js';
import { openGuild, refreshCommands } from './lib/go.js';
import { refreshMessages } from './lib/interactions.js';
import { Model } from './lib/model.js';
import { onChange, remember, remembered, store, update } from './lib/store.js';
import { Composer } from './view/composer.js';
import { drawMembers } from './view/members.js';
import { drawMessages, followBottom } from './view/messages.js';
import { drawPlayers, movePlayers } from './view/players.js';
import { drawSide } from './view/side.js';

const moveEveryMs = 250;
const playersEveryMs = 5_000;

const composer = new Composer();

function draw() {
  document.getElementById('app')?.setAttribute('data-drawer', store.drawer);
  document.title = store.channel
    ? `#${store.channel.name} · ${store.guild?.name} · sandbox chat`
    : 'Bailiwick sandbox chat';
  drawSide();
  drawMembers();
  drawMessages();
  drawPlayers();
  composer.draw();
}

async function readState() {
  const raw = await api.state();
  update({ model: new Model(raw) });
}

async function readPlayers() {
  const { players } = await api.lavalink();
  update({ players, playersAt: performance.now() });
}

/** Coalesces several events into one read. @param {() => Promise<void>} read */
function gathered(read) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      read().catch((error) => toast(error.message));
    }, 60);
  };
}

const soon = {
  state: gathered(readState),
  messages: gathered(refreshMessages),
  commands: gathered(refreshCommands),
  players: gathered(readPlayers),
};

/** @param {Record<string, any>} event */
function heard(event) {
  const kind = String(event.type ?? '').split('.')[0];
  if (kind === 'message') soon.messages();
  else if (kind === 'interaction') return;
  else if (kind === 'commands') soon.commands();
  else if (kind === 'lavalink') soon.players();
  else {
    soon.state();
    if (kind === 'application' || kind === 'member' || kind === 'role') soon.commands();
    if (kind === 'voice') soon.players();
  }
}

/** What the URL selects, by id or name: `?guild=Harmony Hall&channel=music&user=Max`. */
function asked() {
  const params = new URLSearchParams(location.search);
  const { model } = store;
  const guild = model?.guilds.find((one) => one.id === params.get('guild') || one.name === params.get('guild'));
  if (!guild) return undefined;
  const channel = guild.channels.find((one) => one.id === params.get('channel') || one.name === params.get('channel'));
  const user = guild.members.find(
    (one) => one.userId === params.get('user') || model?.name(guild, one.userId) === params.get('user'),
  );
  remember({
    ...(channel ? { [`channel-${guild.id}`]: channel.id } : {}),
    ...(user ? { [`user-${guild.id}`]: user.userId } : {}),
  });
  return guild.id;
}

/** Chromium keeps drawing boxes for emoji that were on the page before their font was. */
function emojiLoaded() {
  return Promise.allSettled([...document.fonts].map((font) => font.load()));
}

async function start() {
  const memory = remembered();
  const light = matchMedia('(prefers-color-scheme: light)').matches;
  document.documentElement.dataset.theme = memory.theme ?? (light ? 'light' : 'dark');
  onChange(draw);
  await emojiLoaded();
  await readState();
  const known = store.model?.guild(memory.guild)?.id;
  const first = asked() ?? known ?? store.model?.guilds[0]?.id;
  if (first) openGuild(first);
  listen(heard, (connected) => {
    if (connected && !store.connected) for (const read of Object.values(soon)) read();
    update({ connected });
  });
  await readPlayers();
}

followBottom(document.getElementById('messages'));
document.getElementById('scrim')?.addEventListener('click', () => update({ drawer: 'none' }));
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && store.drawer !== 'none') update({ drawer: 'none' });
  const plain = event.key === '/' && !event.ctrlKey && !event.metaKey && document.activeElement === document.body;
  if (plain) composer.input.focus();
});
setInterval(movePlayers, moveEveryMs);
setInterval(soon.players, playersEveryMs);
start().catch((error) => toast(error.message));
