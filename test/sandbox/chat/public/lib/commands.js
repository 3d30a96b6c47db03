import { isText, isVoice } from './model.js';
import { store } from './store.js';

/**
 * @typedef {object} Leaf A command that can be run: a command, or a subcommand of one.
 * @property {any} command
 * @property {string} path such as `play` or `queue add`
 * @property {string} description
 * @property {any[]} options
 * @typedef {{ filename: string, size: number, contentType?: string }} Upload
 * @typedef {{ label: string, value: string | number | boolean, detail?: string }} Candidate
 */

export const optionType = {
  string: 3,
  integer: 4,
  boolean: 5,
  user: 6,
  channel: 7,
  role: 8,
  mentionable: 9,
  number: 10,
  attachment: 11,
};

/** @param {any[]} commands @returns {Leaf[]} everything that can be typed after a slash */
export function leaves(commands) {
  return commands
    .filter((command) => (command.type ?? 1) === 1)
    .flatMap((command) => leavesOf(command, command, command.name));
}

/** @param {any} command @param {any} node @param {string} path @returns {Leaf[]} */
function leavesOf(command, node, path) {
  const nested = (node.options ?? []).filter((option) => option.type === 1 || option.type === 2);
  if (nested.length > 0) return nested.flatMap((option) => leavesOf(command, option, `${path} ${option.name}`));
  return [{ command, path, description: node.description ?? '', options: node.options ?? [] }];
}

/** @param {Leaf[]} all @param {string} typed what follows the slash @returns {Leaf[]} best first */
export function matching(all, typed) {
  const text = typed.trim().toLowerCase();
  const starts = all.filter((leaf) => leaf.path.startsWith(text));
  const holds = all.filter(
    (leaf) => !starts.includes(leaf) && (leaf.path.includes(text) || leaf.description.toLowerCase().includes(text)),
  );
  return [...starts, ...holds];
}

/**
 * The choices for an option, without asking the bot; undefined if any value can be typed.
 *
 * @param {any} option
 * @returns {Candidate[] | undefined}
 */
export function candidatesFor(option) {
  if (option.choices?.length > 0) return option.choices.map((choice) => ({ label: choice.name, value: choice.value }));
  const { guild, model } = store;
  const users = () =>
    (guild?.members ?? []).map((member) => ({
      label: model?.name(guild, member.userId) ?? '',
      value: member.userId,
      detail: 'member',
    }));
  const roles = () => (guild?.roles ?? []).map((role) => ({ label: role.name, value: role.id, detail: 'role' }));
  switch (option.type) {
    case optionType.boolean:
      return [
        { label: 'True', value: true },
        { label: 'False', value: false },
      ];
    case optionType.user:
      return users();
    case optionType.role:
      return roles();
    case optionType.mentionable:
      return [...users(), ...roles()];
    case optionType.channel:
      return (guild?.channels ?? [])
        .filter((channel) => (option.channel_types ? option.channel_types.includes(channel.type) : true))
        .map((channel) => ({
          label: channel.name,
          value: channel.id,
          detail: isVoice(channel) ? 'voice' : isText(channel) ? 'text' : 'category',
        }));
    default:
      return undefined;
  }
}

/**
 * Parses typed text into an option's value.
 *
 * @param {any} option
 * @param {string} text
 * @returns {{ value?: string | number | boolean, fault?: string }} a user-readable fault, or a value; neither for an empty optional one
 */
export function readOption(option, text) {
  const typed = text.trim();
  if (typed === '') return option.required ? { fault: 'This option is required' } : {};
  const candidates = candidatesFor(option);
  if (candidates) {
    const found = candidates.find((one) => one.label.toLowerCase() === typed.toLowerCase());
    return found ? { value: found.value } : { fault: 'Choose one from the list' };
  }
  if (option.type === optionType.integer || option.type === optionType.number) return readNumber(option, typed);
  if (option.min_length > typed.length) return { fault: `At least ${option.min_length} characters` };
  if (option.max_length < typed.length) return { fault: `At most ${option.max_length} characters` };
  return { value: typed };
}

/**
 * A chosen file, as the sandbox takes it: it learns of the file, and never receives it.
 *
 * @param {any} option
 * @param {File | undefined} file
 * @returns {{ value?: Upload, fault?: string }}
 */
export function readFile(option, file) {
  if (!file) return option.required ? { fault: 'This option is required' } : {};
  return { value: uploadOf(file) };
}

/** @param {File} file @returns {Upload} */
export const uploadOf = ({ name, size, type }) => ({
  filename: name,
  size,
  ...(type === '' ? {} : { contentType: type }),
});

/** @param {any} option @param {string} typed */
function readNumber(option, typed) {
  const whole = option.type === optionType.integer;
  const value = Number(typed);
  if (!(whole ? Number.isSafeInteger(value) : Number.isFinite(value)))
    return { fault: whole ? 'A whole number' : 'A number' };
  if (value < option.min_value) return { fault: `At least ${option.min_value}` };
  if (value > option.max_value) return { fault: `At most ${option.max_value}` };
  return { value };
}
