import { avatar, h, icon } from '../lib/dom.js';
import { markdown } from '../lib/markdown.js';
import { store } from '../lib/store.js';
import { appsMenu, menuOf } from './apps-menu.js';
import { componentsView } from './components.js';
import { embedView } from './embed.js';

const flags = { ephemeral: 1 << 6, loading: 1 << 7 };
const groupWithinMs = 5 * 60_000;

/**
 * A message as a row of the list.
 *
 * @param {any} message (Discord: Message Object)
 * @param {any} [previous] the one above it
 */
export function messageView(message, previous) {
  const ephemeral = (message.flags & flags.ephemeral) !== 0;
  const joined = continues(message, previous);
  const { guild, model } = store;
  const name = model?.name(guild, message.author.id) ?? message.author.username;
  return h(
    'article',
    {
      class: `message${joined ? ' joined' : ''}${ephemeral ? ' ephemeral' : ''}`,
      dataset: { message: message.id },
      'aria-label': `${name}, ${clock(message)}`,
    },
    message.interaction_metadata ? askedBy(message) : undefined,
    joined ? h('time', { class: 'gutter faint' }, clock(message)) : avatar(message.author.id, name, 'gutter'),
    h(
      'div',
      { class: 'message-body' },
      joined ? undefined : heading(message, name),
      ...contentOf(message),
      ephemeral ? ephemeralNote() : undefined,
      failureOf(message),
    ),
    ephemeral ? undefined : appsMenu(menuOf.message, message.id, `the message of ${name}, ${clock(message)}`),
  );
}

/** @param {any} message @param {any} previous */
function continues(message, previous) {
  if (!previous || message.interaction_metadata || message.message_reference) return false;
  if (previous.author.id !== message.author.id || ((previous.flags ^ message.flags) & flags.ephemeral) !== 0)
    return false;
  return Date.parse(message.timestamp) - Date.parse(previous.timestamp) < groupWithinMs;
}

/** @param {any} message @param {string} name */
function heading(message, name) {
  const { guild, model } = store;
  return h(
    'header',
    {},
    h('span', { class: 'author', vars: { '--role': model?.colour(guild, message.author.id) ?? 'var(--text)' } }, name),
    message.author.bot ? h('span', { class: 'tag' }, 'APP') : undefined,
    h(
      'time',
      { class: 'faint', datetime: message.timestamp, title: new Date(message.timestamp).toLocaleString() },
      clock(message),
    ),
  );
}

/** Who ran the command that this message responds to. @param {any} message */
function askedBy(message) {
  const { guild, model } = store;
  const asked = message.interaction_metadata;
  const who = model?.name(guild, asked.user.id) ?? asked.user.username;
  const command = store.commandNames.get(asked.id);
  return h(
    'div',
    { class: 'asked' },
    icon('reply'),
    avatar(asked.user.id, who, 'mini'),
    h('span', {}, who),
    asked.type === 2
      ? h(
          'span',
          { class: 'faint' },
          'used ',
          command ? h('span', { class: 'command-name' }, spelt(command)) : 'a command',
        )
      : h('span', { class: 'faint' }, asked.type === 5 ? 'sent a form' : 'used a button or menu'),
  );
}

/** An entry of a menu is typed by nobody. @param {string} command */
const spelt = (command) =>
  store.commands.some(({ name, type }) => type !== 1 && name === command) ? command : `/${command}`;

/** @param {any} message @returns {(Node | undefined)[]} */
function contentOf(message) {
  const names = store.model?.names(store.guild) ?? { user: String, role: String, channel: String };
  if ((message.flags & flags.loading) !== 0)
    return [thinking(store.model?.name(store.guild, message.author.id) ?? message.author.username)];
  return [
    message.content
      ? h(
          'div',
          { class: 'md' },
          ...markdown(message.content, names),
          message.edited_timestamp ? h('span', { class: 'edited' }, '(edited)') : undefined,
        )
      : undefined,
    ...(message.attachments ?? []).map((attachment) => h('div', { class: 'file' }, attachment.filename)),
    ...(message.embeds ?? []).map((embed) => embedView(embed, names)),
    message.components?.length > 0
      ? h('div', { class: 'components' }, ...componentsView(message, message.components, names))
      : undefined,
    ...(message.reactions ?? []).map(({ emoji, count }) =>
      h('span', { class: 'reaction', 'aria-label': `${emoji.name}, ${count}` }, `${emoji.name} ${count}`),
    ),
  ];
}

/** @param {string} name @returns {Node} */
export function thinking(name) {
  return h(
    'div',
    { class: 'thinking' },
    h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')),
    `${name} is thinking…`,
  );
}

function ephemeralNote() {
  return h('div', { class: 'ephemeral-note' }, icon('eye'), 'Only you can see this');
}

/** @param {any} message a failed interaction with its components is shown below it */
function failureOf(message) {
  const failed = store.pending.find((one) => one.messageId === message.id && one.state === 'failed');
  return failed
    ? h('div', { class: 'failure', role: 'alert' }, icon('alert'), `This interaction failed. ${failed.error ?? ''}`)
    : undefined;
}

/** @param {any} message @returns {string} such as 14:05 */
function clock(message) {
  return new Date(message.timestamp).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}
