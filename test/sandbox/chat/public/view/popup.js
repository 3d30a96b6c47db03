import { h } from '../lib/dom.js';

/**
 * @typedef {object} Item
 * @property {string} [group] a heading above the first of a group
 * @property {(Node | string)[]} children
 * @property {() => void} pick
 */

/** A list above the message box, controlled by the box itself (ARIA combobox with a listbox). */
export class Popup {
  /** @param {HTMLElement} host @param {string} id */
  constructor(host, id) {
    this.list = h('div', { class: 'popup', id, role: 'listbox', hidden: true });
    this.head = h('div', { class: 'popup-head', hidden: true });
    this.note = h('div', { class: 'popup-note', role: 'status', hidden: true });
    this.box = h('div', { class: 'popup-box' }, this.list, this.note, this.head);
    host.append(this.box);
    /** @type {Item[]} */
    this.items = [];
    this.active = -1;
  }

  /**
   * @param {HTMLElement} input keeps the focus
   * @param {Item[]} items
   * @param {{ active?: number, head?: (Node | string | undefined)[], empty?: string }} [options]
   */
  show(input, items, { active = 0, head = [], empty } = {}) {
    this.input = input;
    this.items = items;
    this.active = Math.min(active, items.length - 1);
    this.head.replaceChildren(...head.filter((one) => one !== undefined));
    this.head.hidden = head.length === 0;
    this.list.replaceChildren(...this.#rows());
    this.list.hidden = items.length === 0;
    this.note.textContent = items.length === 0 ? (empty ?? '') : '';
    this.note.hidden = this.note.textContent === '';
    input.setAttribute('aria-controls', this.list.id);
    input.setAttribute('aria-expanded', String(items.length > 0));
    this.#mark();
  }

  hide() {
    this.items = [];
    this.active = -1;
    this.list.hidden = true;
    this.note.hidden = true;
    this.head.hidden = true;
    this.input?.setAttribute('aria-expanded', 'false');
    this.input?.removeAttribute('aria-activedescendant');
  }

  get open() {
    return this.items.length > 0;
  }

  /** @param {number} by 1 for down, -1 for up; wraps around */
  move(by) {
    const count = this.items.length;
    if (count === 0) return;
    this.active = this.active < 0 ? (by > 0 ? 0 : count - 1) : (this.active + by + count) % count;
    this.#mark();
  }

  /** @returns {boolean} whether there was an active item */
  pick() {
    const item = this.items[this.active];
    item?.pick();
    return item !== undefined;
  }

  #rows() {
    return this.items.flatMap((item, at) => {
      const row = h(
        'div',
        {
          class: 'popup-item',
          role: 'option',
          id: `${this.list.id}-${at}`,
          onpointerdown: (event) => event.preventDefault(),
          onclick: () => item.pick(),
        },
        ...item.children,
      );
      const first = item.group && item.group !== this.items[at - 1]?.group;
      return first ? [h('div', { class: 'popup-group', role: 'presentation' }, item.group), row] : [row];
    });
  }

  #mark() {
    for (const row of this.list.querySelectorAll('.popup-item')) {
      const on = row.id === `${this.list.id}-${this.active}`;
      row.classList.toggle('active', on);
      row.setAttribute('aria-selected', String(on));
      if (on) row.scrollIntoView({ block: 'nearest' });
    }
    if (this.active >= 0) this.input?.setAttribute('aria-activedescendant', `${this.list.id}-${this.active}`);
    else this.input?.removeAttribute('aria-activedescendant');
  }
}
