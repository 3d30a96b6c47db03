import { isText, isVoice } from './model.js';
import { store } from './store.js';

/** @typedef {{ label: string, value: string, description?: string, default?: boolean, emoji?: { id?: string | null, name: string } }} SelectOption */

/**
 * A select's options: its own, or the server's users, roles or channels.
 *
 * @param {any} component
 * @returns {SelectOption[]}
 */
export function optionsOf(component) {
  const { guild, model } = store;
  const chosen = new Set((component.default_values ?? []).map((one) => one.id));
  const users = () =>
    (guild?.members ?? []).map((member) => ({ label: model?.name(guild, member.userId) ?? '', value: member.userId }));
  const roles = () => (guild?.roles ?? []).map((role) => ({ label: role.name, value: role.id }));
  const channels = () =>
    (guild?.channels ?? [])
      .filter((one) => allowedChannel(component, one))
      .map((one) => ({ label: isVoice(one) ? `🔊 ${one.name}` : `# ${one.name}`, value: one.id }));
  const lists = { 5: users, 6: roles, 7: () => [...users(), ...roles()], 8: channels };
  const list = lists[component.type];
  return list ? list().map((one) => ({ ...one, default: chosen.has(one.value) })) : component.options;
}

/** @param {any} component @param {import('../lib/model.js').Channel} channel */
function allowedChannel(component, channel) {
  return component.channel_types ? component.channel_types.includes(channel.type) : isText(channel) || isVoice(channel);
}
