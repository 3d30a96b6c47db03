import { avatar, fill, focusedKey, h, icon, refocus } from '../lib/dom.js';
import { isVoice } from '../lib/model.js';
import { dropPending, store, update } from '../lib/store.js';
import { entriesOf, menuOf } from './apps-menu.js';
import { messageView, thinking } from './message.js';

/** Rows already drawn, so that an unchanged message keeps its element, and an open select its state. */
const drawn = new Map();
let lastChannel;
let atBottom = true;

/** Keeps the newest message in view while the list is resized, unless the user has scrolled up. @param {HTMLElement} list */
export function followBottom(list) {
  list.addEventListener('scroll', () => {
    atBottom = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  });
  new ResizeObserver(() => {
    if (atBottom) list.scrollTop = list.scrollHeight;
  }).observe(list);
}

/** Draws the header and the messages of the channel, and stays at the bottom if it was there. */
export function drawMessages() {
  drawHeader();
  const list = document.getElementById('messages');
  if (lastChannel !== store.channelId) atBottom = true;
  lastChannel = store.channelId;
  const key = focusedKey(list);
  const rows = store.messages.map((message, at) => row(message, store.messages[at - 1]));
  const waiting = store.pending.filter(
    (one) => !one.messageId && one.channelId === store.channelId && one.userId === store.userId,
  );
  const nodes = [welcome(), ...rows, ...waiting.map(pendingView)].filter(Boolean);
  if (nodes.length !== list.childNodes.length || nodes.some((node, at) => node !== list.childNodes[at])) {
    list.replaceChildren(...nodes);
    refocus(list, key);
  }
  if (atBottom) list.scrollTop = list.scrollHeight;
}

function drawHeader() {
  const { channel } = store;
  const toggle = (side, label, name) =>
    h(
      'button',
      {
        type: 'button',
        class: `quiet ${side}-toggle`,
        title: label,
        'aria-label': label,
        dataset: { key: `drawer-${side}` },
        onclick: () => update({ drawer: store.drawer === side ? 'none' : side }),
      },
      icon(name),
    );
  fill(
    document.getElementById('channel-header'),
    toggle('left', 'Servers and channels', 'menu'),
    icon('hash'),
    h('h2', {}, channel?.name ?? 'no channel'),
    channel?.topic ? h('span', { class: 'topic faint' }, channel.topic) : undefined,
    h('span', { class: 'grow' }),
    store.connected ? undefined : h('span', { class: 'offline-note' }, 'Reconnecting…'),
    toggle('right', 'Members', 'people'),
  );
}

let welcomeNode;
function welcome() {
  const { channel, guild } = store;
  if (!channel) return undefined;
  const voices = guild?.channels.filter(isVoice).length ?? 0;
  if (welcomeNode?.dataset.channel === channel.id) return welcomeNode;
  welcomeNode = h(
    'div',
    { class: 'welcome', dataset: { channel: channel.id } },
    h('span', { class: 'welcome-mark' }, icon('hash')),
    h('h3', {}, `#${channel.name}`),
    h(
      'p',
      { class: 'faint' },
      `The start of #${channel.name} in ${guild?.name}. Type / for the commands of its apps${voices > 0 ? '; join a voice channel on the left to listen' : ''}.`,
    ),
  );
  return welcomeNode;
}

/** @param {any} message @param {any} previous */
function row(message, previous) {
  const mine = store.pending.filter((one) => one.messageId === message.id);
  const print = JSON.stringify([
    message,
    previous?.id,
    previous?.flags,
    mine,
    store.commandNames.get(message.interaction_metadata?.id),
    store.userId,
    store.guildId,
    entriesOf(menuOf.message),
  ]);
  const old = drawn.get(message.id);
  if (old?.print === print) return old.node;
  const node = messageView(message, previous);
  drawn.set(message.id, { print, node });
  if (drawn.size > 500) drawn.delete(drawn.keys().next().value);
  return node;
}

/** @param {import('../lib/store.js').Pending} pending */
function pendingView(pending) {
  const { guild, model } = store;
  const application = model?.applications.find((one) => one.id === pending.applicationId);
  const bot = application?.botUserId ?? pending.applicationId;
  const name = application ? (model?.name(guild, bot) ?? application.name) : 'The application';
  const who = model?.name(guild, pending.userId) ?? '';
  const failed = pending.state === 'failed';
  return h(
    'article',
    { class: `message pending${failed ? ' failed' : ''}` },
    h(
      'div',
      { class: 'asked' },
      icon('reply'),
      avatar(pending.userId, who, 'mini'),
      h('span', {}, who),
      h('span', { class: 'faint' }, 'used ', h('span', { class: 'command-name' }, pending.label)),
    ),
    avatar(bot, name, 'gutter'),
    h(
      'div',
      { class: 'message-body' },
      h('header', {}, h('span', { class: 'author' }, name), h('span', { class: 'tag' }, 'APP')),
      failed
        ? h(
            'div',
            { class: 'failure', role: 'alert' },
            icon('alert'),
            pending.error ?? 'The application did not respond',
            h('button', { type: 'button', class: 'text', onclick: () => dropPending(pending.key) }, 'Dismiss'),
          )
        : pending.state === 'thinking'
          ? thinking(name)
          : h(
              'div',
              { class: 'thinking' },
              h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')),
              'Sending command…',
            ),
    ),
  );
}
