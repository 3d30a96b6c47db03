import { avatar, h, toast } from '../lib/dom.js';

/**
 * @typedef {object} Shown
 * @property {{ id: string, name: string, botUserId: string, connected: boolean }} application
 * @property {{ id: string, name: string }[]} guilds that its bot is in
 * @property {string | undefined} token while it is shown
 * @property {() => void} reset
 * @property {() => void} done dismisses the token
 */

/** An application with its token, while that is new, and its invite link. @param {Shown} shown */
export function drawApplication({ application, guilds, token, reset, done }) {
  const { id, name } = application;
  const heading = `application-${id}`;
  return h(
    'section',
    { class: 'panel application', 'aria-labelledby': `${heading} ${heading}-id` },
    h(
      'header',
      { class: 'line' },
      avatar(application.botUserId, name),
      h(
        'div',
        { class: 'grow' },
        h('h2', { id: heading }, name),
        h('p', { id: `${heading}-id`, class: 'faint' }, 'Application ID ', h('code', {}, id)),
      ),
      h(
        'span',
        { class: `state${application.connected ? ' online' : ''}` },
        application.connected ? 'Online' : 'Offline',
      ),
    ),
    token === undefined ? undefined : drawToken(application, token, done),
    h(
      'p',
      { class: 'faint' },
      guilds.length === 0 ? 'In no server yet' : `In ${guilds.map((one) => one.name).join(', ')}`,
    ),
    h(
      'div',
      { class: 'line' },
      h(
        'a',
        { class: 'button', href: inviteOf(id), target: '_blank', rel: 'noreferrer', dataset: { key: `invite-${id}` } },
        'Invite to a server',
        h('span', { class: 'visually-hidden' }, ` (${name}, opens a new tab)`),
      ),
      h(
        'button',
        {
          type: 'button',
          class: 'button',
          'aria-label': `Reset token of ${name}`,
          dataset: { key: `reset-${id}` },
          onclick: reset,
        },
        'Reset token',
      ),
    ),
  );
}

/** @param {Shown['application']} application @param {string} token @param {() => void} done */
function drawToken({ id, name }, token, done) {
  const field = h('input', {
    id: `token-${id}`,
    class: 'token',
    readonly: true,
    value: token,
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-describedby': `token-note-${id}`,
    dataset: { key: `token-${id}` },
    onfocus: (/** @type {FocusEvent} */ event) => /** @type {HTMLInputElement} */ (event.target).select(),
  });
  return h(
    'div',
    { class: 'token-box' },
    h('label', { for: `token-${id}` }, `Token of ${name}`),
    h(
      'div',
      { class: 'line' },
      field,
      h(
        'button',
        { type: 'button', class: 'button primary', dataset: { key: `copy-${id}` }, onclick: () => copy(token) },
        'Copy',
      ),
      h('button', { type: 'button', class: 'button', dataset: { key: `done-${id}` }, onclick: done }, 'Done'),
    ),
    h('p', { class: 'faint', id: `token-note-${id}` }, 'Copy it now: it is shown only once.'),
  );
}

/** @param {string} token */
async function copy(token) {
  try {
    await navigator.clipboard.writeText(token);
    toast('Token copied', 'check');
  } catch {
    toast('The browser does not allow copying: select the token and copy it yourself.');
  }
}

/** The linked page asks which server to add the bot to. @param {string} id */
const inviteOf = (id) =>
  `/oauth2/authorize?${new URLSearchParams({ client_id: id, scope: 'bot applications.commands' })}`;
