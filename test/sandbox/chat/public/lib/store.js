/**
 * @typedef {object} Pending An action of the user that no message shows yet.
 * @property {string} key
 * @property {string} channelId
 * @property {string} userId
 * @property {string} label such as "/play"
 * @property {string} applicationId
 * @property {string} [messageId] the message whose button was pressed
 * @property {string} [customId]
 * @property {'sending' | 'thinking' | 'failed'} state
 * @property {string} [error]
 */

/** The state of the whole page. */
export const store = {
  /** @type {import('./model.js').Model | undefined} */
  model: undefined,
  /** @type {string | undefined} */
  guildId: undefined,
  /** @type {string | undefined} */
  channelId: undefined,
  /** @type {string | undefined} */
  userId: undefined,
  /** @type {any[]} */
  messages: [],
  /** @type {any[]} */
  commands: [],
  /** Command names by interaction id. @type {Map<string, string>} */
  commandNames: new Map(),
  /** @type {any[]} */
  players: [],
  /** When `players` was loaded (`performance.now()`, ms); the progress bars move on from there. */
  playersAt: 0,
  /** @type {Pending[]} */
  pending: [],
  connected: true,
  /** @type {'none' | 'left' | 'right'} the open side panel on narrow screens */
  drawer: 'none',

  get guild() {
    return this.model?.guild(this.guildId);
  },
  get channel() {
    return this.model?.channel(this.guild, this.channelId);
  },
};

/** @type {Set<() => void>} */
const listeners = new Set();
let queued = false;

/** @param {() => void} listener called once per batch of changes */
export function onChange(listener) {
  listeners.add(listener);
}

/** @param {Partial<typeof store>} change */
export function update(change) {
  Object.assign(store, change);
  if (queued) return;
  queued = true;
  queueMicrotask(() => {
    queued = false;
    for (const listener of listeners) listener();
  });
}

/** @param {Pending} pending added, or replaces the one with the same key */
export function setPending(pending) {
  update({ pending: [...store.pending.filter((one) => one.key !== pending.key), pending] });
}

/** @param {string} key */
export function dropPending(key) {
  update({ pending: store.pending.filter((one) => one.key !== key) });
}

const memory = 'bailiwick-sandbox-chat';

/** @returns {Record<string, string>} the last choices in this browser */
export function remembered() {
  try {
    return JSON.parse(localStorage.getItem(memory) ?? '{}');
  } catch {
    return {}; // another page's entry or a damaged one: start without choices
  }
}

/** @param {Record<string, string | undefined>} choice */
export function remember(choice) {
  localStorage.setItem(memory, JSON.stringify({ ...remembered(), ...choice }));
}
