import { api, listen } from '../lib/api.js';
import { fill, h, toast } from '../lib/dom.js';
import { remembered } from '../lib/store.js';
import { drawApplication } from './application.js';

/** The most applications shown at once; the others are found by name or ID. */
const maxShown = 25;
const filterFrom = 6;

/**
 * @typedef {import('../lib/model.js').Guild & { applications: string[] }} Guild with the ids of its applications
 * @type {{ applications: import('../lib/model.js').Application[], guilds: Guild[] }}
 */
let state = { applications: [], guilds: [] };
/** Tokens created on this page and not dismissed yet, by application. The page stores them nowhere else. @type {Map<string, string>} */
const tokens = new Map();

/** @param {string} id */
const element = (id) => /** @type {any} */ (document.getElementById(id));
const [form, nameField, fault] = [element('create'), element('name'), element('create-fault')];
const [filter, search, more, dialog] = [element('filter'), element('search'), element('more'), element('reset')];

function draw() {
  const newestFirst = [...state.applications].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? 1 : -1));
  const wanted = search.value.trim().toLowerCase();
  const found = newestFirst.filter(({ id, name }) => id === wanted || name.toLowerCase().includes(wanted));
  const shown = found.slice(0, maxShown);
  filter.hidden = newestFirst.length < filterFrom;
  more.hidden = found.length === shown.length && shown.length > 0;
  more.textContent =
    shown.length === 0
      ? 'No application has this name or ID.'
      : `${found.length - shown.length} more: find them by name or ID.`;
  fill(
    element('applications'),
    ...shown.map((application) =>
      drawApplication({
        application,
        guilds: state.guilds.filter(({ applications }) => applications.includes(application.id)),
        token: tokens.get(application.id),
        reset: () => askToReset(application),
        done: () => {
          tokens.delete(application.id);
          draw();
        },
      }),
    ),
  );
}

async function read() {
  state = await api.state();
  draw();
}

/** @param {string} id @param {string} token */
async function show(id, token) {
  tokens.set(id, token);
  await read();
  document.getElementById(`token-${id}`)?.focus();
}

form.addEventListener('submit', async (/** @type {Event} */ event) => {
  event.preventDefault();
  fault.hidden = true;
  try {
    const { id, token } = await api.createApplication(nameField.value.trim());
    nameField.value = '';
    search.value = '';
    await show(id, token);
  } catch (error) {
    fault.textContent = error.message;
    fault.hidden = false;
  }
});

/** The id of the application whose token the dialog resets. */
let resetting = '';

/** @param {{ id: string, name: string }} application */
function askToReset({ id, name }) {
  resetting = id;
  element('reset-title').textContent = `Reset the token of ${name}?`;
  dialog.showModal();
}

element('reset-confirm').addEventListener('click', async () => {
  dialog.close();
  const id = resetting;
  try {
    await show(id, (await api.resetToken(id)).token);
  } catch (error) {
    toast(error.message);
  }
});
element('reset-cancel').addEventListener('click', () => dialog.close());
search.addEventListener('input', draw);

const light = matchMedia('(prefers-color-scheme: light)').matches;
document.documentElement.dataset.theme = remembered().theme ?? (light ? 'light' : 'dark');

let waiting = false;
/** Coalesces several changes into one read. */
function readSoon() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => {
    waiting = false;
    read().catch((error) => toast(error.message));
  }, 60);
}
const kinds = new Set(['application', 'member', 'guild', 'session']);
listen(
  (event) => kinds.has(String(event.type).split('.')[0] ?? '') && readSoon(),
  (connected) => connected && readSoon(),
);
read().catch((error) => toast(error.message));
