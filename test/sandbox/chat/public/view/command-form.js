import { candidatesFor, optionType, readFile, readOption } from '../lib/commands.js';
import { h, icon } from '../lib/dom.js';
import { autocomplete, runCommand } from '../lib/interactions.js';

const askAfterMs = 250;

/**
 * @typedef {object} Field
 * @property {any} option
 * @property {HTMLElement} element
 * @property {HTMLInputElement} input
 * @property {{ label: string, value: string | number | boolean } | undefined} chosen from a list: its value differs from the text shown
 */

/** A command with its options side by side, each in a small box; lists and hints appear above. */
export class CommandForm {
  /**
   * @param {import('../lib/commands.js').Leaf} leaf
   * @param {import('./popup.js').Popup} popup
   * @param {(text: string, focus?: boolean) => void} leave
   */
  constructor(leaf, popup, leave) {
    this.leaf = leaf;
    this.popup = popup;
    this.leave = leave;
    /** @type {Field[]} */
    this.fields = [];
    this.asked = 0;
    this.more = h('span', { class: 'more' });
    this.options = h('span', { class: 'options' });
    this.run = h(
      'button',
      { type: 'submit', class: 'quiet send', 'aria-label': `Run /${leaf.path}`, title: 'Run (Enter)' },
      icon('send'),
    );
    this.element = h(
      'form',
      {
        class: 'composer-box command-form',
        'aria-label': `Command /${leaf.path}`,
        onsubmit: (event) => {
          event.preventDefault();
          this.#submit();
        },
        onkeydown: (event) => this.#formKey(event),
      },
      h(
        'div',
        { class: 'form-main' },
        h('span', { class: 'command-label', title: leaf.description }, `/${leaf.path}`),
        this.options,
        this.more,
      ),
      h(
        'div',
        { class: 'form-actions' },
        h(
          'button',
          {
            type: 'button',
            class: 'quiet',
            'aria-label': 'Cancel the command',
            title: 'Cancel (Esc)',
            onclick: () => leave('', true),
          },
          icon('close'),
        ),
        this.run,
      ),
    );
    for (const option of leaf.options) if (option.required) this.#add(option);
    this.#drawMore();
  }

  /** Focuses the first field, or the run button if there is none. */
  start() {
    const first = this.fields[0];
    if (first) return first.input.focus();
    this.run.focus();
    this.popup.show(this.run, [], {
      head: [h('span', {}, this.leaf.description), h('span', { class: 'faint' }, 'Press Enter to run')],
    });
  }

  /** @param {any} option @returns {Field} */
  #add(option) {
    const isFile = option.type === optionType.attachment;
    const input = /** @type {HTMLInputElement} */ (
      h('input', {
        type: isFile ? 'file' : 'text',
        size: 10,
        inputmode: option.type === 4 ? 'numeric' : option.type === 10 ? 'decimal' : undefined,
        role: isFile ? undefined : 'combobox',
        'aria-label': `${option.name}${option.required ? ', required' : ''}: ${option.description}`,
        'aria-expanded': isFile ? undefined : 'false',
        autocomplete: 'off',
        spellcheck: 'false',
        dataset: { option: option.name },
      })
    );
    const element = h('label', { class: 'option' }, h('span', {}, option.name), input);
    /** @type {Field} */
    const field = { option, element, input, chosen: undefined };
    input.addEventListener('input', () => {
      field.chosen = undefined;
      input.size = Math.max(10, Math.min(input.value.length + 1, 40));
      element.classList.remove('faulty');
      this.#suggest(field);
    });
    input.addEventListener('focus', () => this.#suggest(field));
    input.addEventListener('blur', () => this.popup.hide());
    input.addEventListener('keydown', (event) => this.#fieldKey(event, field));
    this.fields.push(field);
    this.options.append(element);
    return field;
  }

  #drawMore() {
    const left = this.leaf.options.filter((option) => !this.fields.some((field) => field.option === option));
    this.more.replaceChildren(
      ...left.map((option) =>
        h(
          'button',
          {
            type: 'button',
            class: 'add-option',
            title: option.description,
            'aria-label': `Add the option ${option.name}`,
            onclick: () => {
              const field = this.#add(option);
              this.#drawMore();
              field.input.focus();
            },
          },
          `+ ${option.name}`,
        ),
      ),
    );
  }

  /** Shows a field's choices. @param {Field} field */
  #suggest(field) {
    const { option, input } = field;
    this.asked += 1;
    if (option.autocomplete) return this.#ask(field, this.asked);
    const typed = input.value.trim().toLowerCase();
    const all = candidatesFor(option);
    const fitting = all?.filter((one) => field.chosen !== undefined || one.label.toLowerCase().includes(typed)) ?? [];
    this.#show(field, fitting, all && fitting.length === 0 ? 'Nothing matches' : undefined, all ? 0 : -1);
  }

  /** @param {Field} field @param {number} turn */
  #ask(field, turn) {
    this.#show(field, [], field.input.value === '' ? undefined : 'Asking…', -1);
    setTimeout(async () => {
      if (turn !== this.asked) return;
      const { values } = this.#read();
      const { option, input } = field;
      const choices = await autocomplete(
        this.leaf.command,
        this.leaf.path,
        { ...values, [option.name]: input.value },
        option.name,
      );
      if (turn !== this.asked || document.activeElement !== input) return;
      this.#show(
        field,
        choices.map((choice) => ({ label: choice.name, value: choice.value })),
        choices.length === 0 && input.value !== '' ? 'No suggestions' : undefined,
        -1,
      );
    }, askAfterMs);
  }

  /** @param {Field} field @param {import('../lib/commands.js').Candidate[]} candidates @param {string | undefined} empty @param {number} active */
  #show(field, candidates, empty, active) {
    const { option, input } = field;
    const head = [
      h('strong', {}, option.name),
      h('span', {}, option.description),
      h('span', { class: `need${option.required ? ' needed' : ''}` }, option.required ? 'required' : 'optional'),
    ];
    const items = candidates.slice(0, 25).map((candidate) => ({
      children: [
        h('span', {}, candidate.label),
        candidate.detail ? h('span', { class: 'faint' }, candidate.detail) : '',
      ],
      pick: () => this.#choose(field, candidate),
    }));
    this.popup.show(input, items, { active, head, empty });
  }

  /** @param {Field} field @param {import('../lib/commands.js').Candidate} candidate */
  #choose(field, candidate) {
    field.chosen = candidate;
    field.input.value = candidate.label;
    field.input.size = Math.max(10, Math.min(candidate.label.length + 1, 40));
    field.element.classList.remove('faulty');
    this.popup.hide();
    const next = this.fields.find((other) => other.option.required && other.input.value === '');
    if (next) next.input.focus();
  }

  /** @param {KeyboardEvent} event @param {Field} field */
  #fieldKey(event, field) {
    if (event.isComposing) return;
    const { popup } = this;
    if (popup.open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      popup.move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Enter' && popup.active >= 0) {
      event.preventDefault();
      popup.pick();
    } else if (event.key === 'Tab' && !event.shiftKey && popup.active >= 0 && field.input.value !== '') {
      popup.pick();
    } else if (event.key === 'Backspace' && field.input.value === '') {
      event.preventDefault();
      this.#remove(field);
    }
  }

  /** @param {Field} field */
  #remove(field) {
    const at = this.fields.indexOf(field);
    if (field.option.required) return this.leave(`/${this.leaf.path}`, true);
    field.element.remove();
    this.fields.splice(at, 1);
    this.#drawMore();
    const before = this.fields[at - 1] ?? this.fields[0];
    if (before) before.input.focus();
    else this.start();
  }

  /** @param {KeyboardEvent} event */
  #formKey(event) {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    this.leave('', true);
  }

  #read() {
    /** @type {Record<string, string | number | boolean | import('../lib/commands.js').Upload>} */
    const values = {};
    /** @type {{ field: Field, fault: string } | undefined} */
    let worst;
    for (const field of this.fields) {
      const { value, fault } = field.chosen
        ? { value: field.chosen.value, fault: undefined }
        : field.option.type === optionType.attachment
          ? readFile(field.option, field.input.files?.[0])
          : readOption(field.option, field.input.value);
      if (value !== undefined) values[field.option.name] = value;
      if (fault !== undefined) worst ??= { field, fault };
    }
    return { values, worst };
  }

  #submit() {
    const { values, worst } = this.#read();
    if (worst) {
      worst.field.element.classList.add('faulty');
      worst.field.input.focus();
      return this.#show(worst.field, [], worst.fault, -1);
    }
    const { command, path } = this.leaf;
    this.leave('', true);
    void runCommand(command, path, values);
  }
}
