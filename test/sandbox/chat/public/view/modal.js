import { h, icon } from '../lib/dom.js';
import { markdown } from '../lib/markdown.js';
import { optionsOf } from '../lib/select-options.js';
import { store } from '../lib/store.js';

/**
 * Shows a bot's modal (Discord: Interaction Callback, Modal) over the page.
 *
 * @param {any} modal
 * @param {string} applicationId
 * @param {(customId: string, fields: Record<string, unknown>) => void} submit
 */
export function openModal(modal, applicationId, submit) {
  const application = store.model?.applications.find((one) => one.id === applicationId);
  const dialog = /** @type {HTMLDialogElement} */ (h('dialog', { class: 'modal', 'aria-labelledby': 'modal-title' }));
  /** @type {Map<string, () => unknown>} */
  const fields = new Map();
  const close = () => dialog.close();
  dialog.append(
    h(
      'form',
      {
        method: 'dialog',
        onsubmit: (event) => {
          event.preventDefault();
          submit(modal.custom_id, Object.fromEntries([...fields].map(([name, read]) => [name, read()])));
          close();
        },
      },
      h(
        'header',
        {},
        h('h2', { id: 'modal-title' }, modal.title),
        h('button', { type: 'button', class: 'quiet', 'aria-label': 'Close', onclick: close }, icon('close')),
      ),
      h('p', { class: 'faint' }, `A form of ${application?.name ?? 'this application'}. Do not share passwords.`),
      h('div', { class: 'modal-fields' }, ...modal.components.flatMap((one) => formPart(one, fields))),
      h(
        'footer',
        {},
        h('button', { type: 'button', class: 'button secondary', onclick: close }, 'Cancel'),
        h('button', { type: 'submit', class: 'button primary' }, 'Submit'),
      ),
    ),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector('input, textarea, select')?.focus();
}

/** @param {any} component @param {Map<string, () => unknown>} fields @returns {Node[]} */
function formPart(component, fields) {
  switch (component.type) {
    case 1:
      return component.components.map((one) => labelled(one.label ?? one.custom_id, undefined, one, fields));
    case 10:
      return [
        h('div', { class: 'md' }, ...markdown(component.content, { user: String, role: String, channel: String })),
      ];
    case 18:
      return [labelled(component.label, component.description, component.component, fields)];
    default:
      return [];
  }
}

/** @param {string} label @param {string | undefined} description @param {any} component @param {Map<string, () => unknown>} fields */
function labelled(label, description, component, fields) {
  const required = component.required !== false;
  return h(
    'label',
    { class: 'form-field' },
    h(
      'span',
      { class: 'form-label' },
      label,
      required ? h('span', { class: 'needed', title: 'required' }, ' *') : undefined,
    ),
    description ? h('span', { class: 'faint' }, description) : undefined,
    component.type === 4 ? textInput(component, required, fields) : selectInput(component, required, fields),
  );
}

/** @param {any} component @param {boolean} required @param {Map<string, () => unknown>} fields */
function textInput(component, required, fields) {
  const input = h(component.style === 2 ? 'textarea' : 'input', {
    name: component.custom_id,
    ...(component.style === 2 ? { rows: 4 } : { type: 'text' }),
    placeholder: component.placeholder,
    minlength: component.min_length,
    maxlength: component.max_length ?? 4000,
    required,
    value: component.value ?? '',
  });
  fields.set(component.custom_id, () => input.value);
  return input;
}

/** @param {any} component @param {boolean} required @param {Map<string, () => unknown>} fields */
function selectInput(component, required, fields) {
  const many = (component.max_values ?? 1) > 1;
  const input = h(
    'select',
    { name: component.custom_id, required, multiple: many, class: 'select' },
    many ? undefined : h('option', { value: '' }, component.placeholder ?? 'Make a selection'),
    ...optionsOf(component).map((option) =>
      h('option', { value: option.value, selected: option.default === true }, option.label),
    ),
  );
  fields.set(component.custom_id, () =>
    [...input.selectedOptions].map((option) => option.value).filter((value) => value !== ''),
  );
  return input;
}
