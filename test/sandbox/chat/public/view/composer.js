import { api } from '../lib/api.js';
import { leaves, matching } from '../lib/commands.js';
import { h, icon, toast } from '../lib/dom.js';
import { refreshMessages } from '../lib/interactions.js';
import { store } from '../lib/store.js';
import { CommandForm } from './command-form.js';
import { Popup } from './popup.js';

/** The message box: text, the list of commands after a slash, and a command being filled in. */
export class Composer {
  constructor() {
    const host = document.getElementById('composer');
    this.popup = new Popup(host, 'composer-list');
    this.input = h('textarea', {
      id: 'message-input',
      rows: 1,
      maxlength: 2000,
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-expanded': 'false',
      autocomplete: 'off',
      spellcheck: 'false',
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event),
      onblur: () => this.popup.hide(),
    });
    this.send = h(
      'button',
      { type: 'button', class: 'quiet send', 'aria-label': 'Send', title: 'Send', onclick: () => void this.#send() },
      icon('send'),
    );
    this.text = h('div', { class: 'composer-box' }, this.input, this.send);
    host.append(this.text);
    this.host = host;
    /** @type {CommandForm | undefined} */
    this.form = undefined;
    this.place = '';
  }

  /** Adapts to the current channel and member. */
  draw() {
    const place = `${store.guildId}/${store.channelId}/${store.userId}`;
    if (place !== this.place) {
      this.place = place;
      this.#leaveForm('');
    }
    const name = store.model && store.userId ? store.model.name(store.guild, store.userId) : '';
    this.input.placeholder = store.channel
      ? `Message #${store.channel.name} as ${name}, or type /`
      : 'Choose a channel';
    this.input.setAttribute('aria-label', this.input.placeholder);
    this.input.disabled = !store.channel || !store.userId;
    if (this.input.value.startsWith('/') && document.activeElement === this.input) this.#typed();
  }

  #typed() {
    this.input.style.setProperty('height', 'auto');
    this.input.style.setProperty('height', `${Math.min(this.input.scrollHeight, 180)}px`);
    const { value } = this.input;
    if (!/^\/[^\n]*$/.test(value)) return this.popup.hide();
    const all = leaves(store.commands);
    const exact = all.find((leaf) => value === `/${leaf.path} `);
    if (exact && !all.some((leaf) => leaf !== exact && leaf.path.startsWith(`${exact.path} `)))
      return this.#enterForm(exact);
    const found = matching(all, value.slice(1));
    const empty =
      all.length === 0
        ? 'No commands here for this member. Is an app installed, connected, and its commands registered?'
        : 'No command matches';
    this.popup.show(
      this.input,
      found.map((leaf) => this.#item(leaf)),
      { empty },
    );
  }

  /** @param {import('../lib/commands.js').Leaf} leaf @returns {import('./popup.js').Item} */
  #item(leaf) {
    const application = store.model?.applications.find((one) => one.id === leaf.command.application_id)?.name ?? 'App';
    const options = leaf.options.map((option) =>
      h('span', { class: `option-hint${option.required ? ' needed' : ''}` }, option.name),
    );
    return {
      group: application,
      children: [
        h('div', { class: 'command-row' }, h('strong', {}, `/${leaf.path}`), ...options),
        h('div', { class: 'faint' }, leaf.description),
      ],
      pick: () => this.#enterForm(leaf),
    };
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { popup } = this;
    if (event.isComposing) return;
    if (popup.open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      popup.move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (popup.open && (event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) {
      event.preventDefault();
      popup.pick();
    } else if (event.key === 'Escape') {
      popup.hide();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      void this.#send();
    }
  }

  async #send() {
    const { channelId, userId } = store;
    const content = this.input.value.trim();
    if (content === '' || !channelId || !userId) return;
    if (content.startsWith('/')) return toast('Choose a command from the list to run it.');
    this.input.value = '';
    this.#typed();
    try {
      await api.send(channelId, userId, content);
      await refreshMessages();
    } catch (error) {
      this.input.value = content;
      toast(error.message);
    }
  }

  /** @param {import('../lib/commands.js').Leaf} leaf */
  #enterForm(leaf) {
    this.popup.hide();
    this.form?.element.remove();
    this.form = new CommandForm(leaf, this.popup, (text, focus) => this.#leaveForm(text, focus));
    this.text.hidden = true;
    this.host.append(this.form.element);
    this.form.start();
  }

  /** @param {string} text the new text of the box @param {boolean} [focus] */
  #leaveForm(text, focus = false) {
    this.form?.element.remove();
    this.form = undefined;
    this.popup.hide();
    this.text.hidden = false;
    this.input.value = text;
    if (!focus) return;
    this.input.focus();
    this.#typed();
  }
}
