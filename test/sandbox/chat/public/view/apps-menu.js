import { h } from '../lib/dom.js';
import { runOn } from '../lib/interactions.js';
import { store } from '../lib/store.js';

/** Discord's numbers of the menus (Application Command Types). */
export const menuOf = { user: 2, message: 3 };

/** What the apps offer for a message or a member: what Discord shows under "Apps". @param {number} type */
export const entriesOf = (type) => store.commands.filter((command) => command.type === type);

/**
 * A menu that opens in place; undefined if no app offers anything.
 *
 * @param {number} type
 * @param {string} targetId
 * @param {string} about what it is for, as a label
 */
export function appsMenu(type, targetId, about) {
  const entries = entriesOf(type);
  if (entries.length === 0) return undefined;
  const menu = h(
    'details',
    {
      class: 'apps',
      onkeydown: (event) => {
        if (event.key !== 'Escape') return;
        menu.open = false;
        menu.firstElementChild.focus();
      },
    },
    h('summary', { 'aria-label': `Apps for ${about}`, title: 'Apps', dataset: { key: `apps-${targetId}` } }, '⋯'),
    h(
      'ul',
      {},
      ...entries.map((command) =>
        h(
          'li',
          {},
          h(
            'button',
            {
              type: 'button',
              onclick: () => {
                menu.open = false;
                void runOn(command, targetId);
              },
            },
            command.name,
          ),
        ),
      ),
    ),
  );
  return menu;
}
