import { api } from './api.js';
import { toast } from './dom.js';
import { dropPending, setPending, store, update } from './store.js';
import { openModal } from '../view/modal.js';

const namesAtOnce = 50;
let count = 0;

/**
 * Runs a command as the current member.
 *
 * @param {any} command as returned by `GET …/commands`
 * @param {string} path its name, with subcommands: `queue add`
 * @param {Record<string, unknown>} options
 */
export async function runCommand(command, path, options) {
  await follow(
    { label: `/${path}`, applicationId: command.application_id },
    { kind: 'command', applicationId: command.application_id, command: path, options },
  );
}

/**
 * Uses an app's entry in the menu of a message or a member.
 *
 * @param {any} command
 * @param {string} targetId
 */
export async function runOn(command, targetId) {
  await follow(
    { label: command.name, applicationId: command.application_id },
    { kind: 'command', applicationId: command.application_id, command: command.name, targetId },
  );
}

/** @param {any} message @param {any} component a button */
export async function press(message, component) {
  await follow(ofMessage(message, component), { kind: 'button', messageId: message.id, customId: component.custom_id });
}

/** @param {any} message @param {any} component a select @param {string[]} values */
export async function choose(message, component, values) {
  await follow(ofMessage(message, component), {
    kind: 'select',
    messageId: message.id,
    customId: component.custom_id,
    values,
  });
}

/**
 * Asks the bot for choices while the user types; empty if it does not respond in time.
 *
 * @param {any} command
 * @param {string} path
 * @param {Record<string, unknown>} options what is filled in so far
 * @param {string} focused the option being typed
 * @returns {Promise<{ name: string, value: string | number }[]>}
 */
export async function autocomplete(command, path, options, focused) {
  const { guildId = '', channelId = '', userId } = store;
  const body = {
    user: userId,
    kind: 'autocomplete',
    applicationId: command.application_id,
    command: path,
    options,
    focused,
  };
  try {
    const { interactionId } = await api.interact(guildId, channelId, body);
    const record = await api.interaction(interactionId, 'answered');
    return record.choices ?? [];
  } catch (error) {
    toast(error.message);
    return [];
  }
}

/** @param {any} message @param {any} component */
function ofMessage(message, component) {
  const applicationId = message.application_id ?? applicationOf(message.author.id);
  return {
    label: component.label ?? component.placeholder ?? '',
    applicationId,
    messageId: message.id,
    customId: component.custom_id,
  };
}

/** @param {string} botUserId */
function applicationOf(botUserId) {
  return store.model?.applications.find((one) => one.botUserId === botUserId)?.id ?? '';
}

/**
 * Sends an interaction and shows its progress until the response is a message in the channel.
 *
 * @param {{ label: string, applicationId: string, messageId?: string, customId?: string }} about
 * @param {Record<string, unknown>} body
 */
async function follow(about, body) {
  const { guildId = '', channelId = '', userId = '' } = store;
  count += 1;
  const pending = { ...about, key: `pending-${count}`, channelId, userId };
  for (const old of store.pending) if (old.state === 'failed' && sameSource(old, about)) dropPending(old.key);
  setPending({ ...pending, state: 'sending' });
  try {
    const { interactionId } = await api.interact(guildId, channelId, { user: userId, ...body });
    let record = await api.interaction(interactionId, 'acknowledged');
    if (record.state === 'acknowledged' && !record.message && !about.messageId) {
      setPending({ ...pending, state: 'thinking' });
      while (record.state === 'acknowledged') record = await api.interaction(interactionId, 'answered', 10_000);
    }
    if (record.state === 'failed' || record.state === 'pending') {
      return setPending({
        ...pending,
        state: 'failed',
        error: record.failure?.message ?? 'The application did not respond',
      });
    }
    if (record.modal)
      openModal(record.modal, about.applicationId, (customId, fields) =>
        submitModal(about, customId, fields, interactionId),
      );
    await refreshMessages();
    dropPending(pending.key);
  } catch (error) {
    setPending({ ...pending, state: 'failed', error: error.message });
  }
}

/** @param {{ label: string, applicationId: string, messageId?: string }} about @param {string} customId @param {Record<string, unknown>} fields @param {string} parentId */
function submitModal(about, customId, fields, parentId) {
  const { applicationId } = about;
  return follow(
    { label: 'the form', applicationId },
    { kind: 'modal', applicationId, customId, fields, interactionId: parentId },
  );
}

/** @param {import('./store.js').Pending} old @param {{ messageId?: string, label: string }} about */
function sameSource(old, about) {
  return old.messageId === about.messageId && old.label === about.label;
}

/** Loads the channel's messages as the current member sees them, and the names of the commands that they answer. */
export async function refreshMessages() {
  const { channelId, userId } = store;
  if (!channelId || !userId) return update({ messages: [] });
  const messages = await api.messages(channelId, userId);
  const asked = messages.slice(-namesAtOnce).flatMap((message) => message.interaction_metadata ?? []);
  await Promise.all(asked.map(learnName));
  if (store.channelId === channelId && store.userId === userId) update({ messages });
}

/** A message says who ran a command, but not which one; only the interaction does. @param {{ id: string, type: number }} asked */
async function learnName(asked) {
  if (asked.type !== 2 || store.commandNames.has(asked.id)) return;
  store.commandNames.set(asked.id, '');
  try {
    const { name } = await api.interaction(asked.id, 'acknowledged', 0);
    store.commandNames.set(asked.id, name);
  } catch {
    // The sandbox keeps only the latest interactions; for older ones the page says "a command".
  }
}
