import { api } from './api.js';
import { toast } from './dom.js';
import { refreshMessages } from './interactions.js';
import { isText } from './model.js';
import { remember, remembered, store, update } from './store.js';

/** Opens a server at the last viewed channel, or the first, as the last chosen member, or the first. @param {string} guildId */
export function openGuild(guildId) {
  const { model } = store;
  const guild = model?.guild(guildId);
  const memory = remembered();
  const texts = (guild?.channels ?? []).filter(isText).sort((a, b) => a.position - b.position);
  const people = model?.people(guild) ?? [];
  const channel = texts.find((one) => one.id === memory[`channel-${guildId}`]) ?? texts[0];
  const person = people.find((one) => one.userId === memory[`user-${guildId}`]) ?? people[0];
  update({ guildId, channelId: channel?.id, userId: person?.userId, messages: [] });
  remember({ guild: guildId });
  void reload();
}

/** @param {string} channelId */
export function openChannel(channelId) {
  update({ channelId, messages: [], drawer: 'none' });
  remember({ [`channel-${store.guildId}`]: channelId });
  void reload();
}

/** @param {string} userId */
export function actAs(userId) {
  update({ userId, messages: [] });
  remember({ [`user-${store.guildId}`]: userId });
  void reload();
}

/** Loads what this member sees in this channel: the messages and the commands. */
export async function reload() {
  try {
    await Promise.all([refreshMessages(), refreshCommands()]);
  } catch (error) {
    toast(error.message);
  }
}

/** Loads the commands that this member may use in this channel. */
export async function refreshCommands() {
  const { guildId, channelId, userId } = store;
  if (!guildId || !channelId || !userId) return update({ commands: [] });
  const commands = await api.commands(guildId, userId, channelId);
  if (store.channelId === channelId && store.userId === userId) update({ commands });
}

/** Switches between dark and light. */
export function toggleTheme() {
  const theme = document.documentElement.dataset.theme === 'light' ? 'dark' : 'light';
  document.documentElement.dataset.theme = theme;
  remember({ theme });
  update({});
}
