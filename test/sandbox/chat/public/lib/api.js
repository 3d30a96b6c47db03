/** Calls to the sandbox's control API. Each rejects with an Error that has a user-readable message. */

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text === '' ? undefined : JSON.parse(text);
  if (response.ok) return answer;
  throw new Error(answer?.message ?? `${method} ${path} answered ${response.status}`);
}

/** @param {Record<string, string | number | undefined>} values */
function query(values) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) params.set(name, String(value));
  return params.size === 0 ? '' : `?${params}`;
}

export const api = {
  state: () => call('GET', '/sandbox/state'),
  lavalink: () => call('GET', '/sandbox/lavalink'),

  /** @param {string} name @returns {Promise<{ id: string, token: string }>} */
  createApplication: (name) => call('POST', '/sandbox/applications', { name }),

  /** @param {string} id @returns {Promise<{ token: string }>} */
  resetToken: (id) => call('POST', `/sandbox/applications/${id}/reset-token`),

  /** @param {string} guild @param {string} user @param {string} channel */
  commands: (guild, user, channel) => call('GET', `/sandbox/guilds/${guild}/commands${query({ user, channel })}`),

  /** @param {string} channel @param {string} user */
  messages: (channel, user) => call('GET', `/sandbox/channels/${channel}/messages${query({ user })}`),

  /** @param {string} channel @param {string} user @param {string} content */
  send: (channel, user, content) => call('POST', `/sandbox/channels/${channel}/messages`, { user, content }),

  /** @param {string} guild @param {string} user @param {string | null} channel */
  voice: (guild, user, channel) => call('POST', `/sandbox/guilds/${guild}/voice`, { user, channel }),

  /** @param {string} guild @param {string} channel @param {Record<string, unknown>} body @returns {Promise<{ interactionId: string }>} */
  interact: (guild, channel, body) => call('POST', `/sandbox/guilds/${guild}/channels/${channel}/interactions`, body),

  /** @param {string} id @param {'answered' | 'acknowledged'} until @param {number} [waitMs] */
  interaction: (id, until, waitMs = 4_000) =>
    call('GET', `/sandbox/interactions/${id}${query({ waitMs, for: until })}`),
};

/**
 * Subscribes to all changes; the browser reconnects by itself.
 *
 * @param {(event: Record<string, any>) => void} heard
 * @param {(connected: boolean) => void} connection
 */
export function listen(heard, connection) {
  const source = new EventSource('/sandbox/events');
  source.addEventListener('open', () => connection(true));
  source.addEventListener('error', () => connection(false));
  source.addEventListener('message', (event) => heard(JSON.parse(event.data)));
}
