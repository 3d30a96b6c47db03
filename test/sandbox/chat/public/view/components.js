import { h, icon } from '../lib/dom.js';
import { choose, press } from '../lib/interactions.js';
import { markdown } from '../lib/markdown.js';
import { optionsOf } from '../lib/select-options.js';
import { store } from '../lib/store.js';
import { picture } from './media.js';

const buttonStyles = { 1: 'primary', 2: 'secondary', 3: 'success', 4: 'danger', 5: 'link', 6: 'secondary' };

/**
 * A message's components, legacy and V2 (Discord: Component Reference).
 *
 * @param {any} message
 * @param {any[]} components
 * @param {import('../lib/markdown.js').Names} names
 * @returns {(Node | undefined)[]}
 */
export function componentsView(message, components, names) {
  return components.map((component) => componentView(message, component, names));
}

/** @param {any} message @param {any} component @param {import('../lib/markdown.js').Names} names @returns {Node | undefined} */
function componentView(message, component, names) {
  const inner = () => componentsView(message, component.components ?? [], names);
  switch (component.type) {
    case 1:
      return h('div', { class: 'row' }, ...inner());
    case 2:
      return button(message, component);
    case 3:
    case 5:
    case 6:
    case 7:
    case 8:
      return select(message, component);
    case 9:
      return h(
        'div',
        { class: 'section' },
        h('div', { class: 'section-text' }, ...inner()),
        component.accessory && componentView(message, component.accessory, names),
      );
    case 10:
      return h('div', { class: 'md' }, ...markdown(component.content, names));
    case 11:
      return h('div', { class: 'thumbnail' }, picture(component.media?.url, component.description ?? '', 'thumb'));
    case 12:
      return h(
        'div',
        { class: `gallery of-${Math.min(component.items.length, 4)}` },
        ...component.items.map((item) => picture(item.media?.url, item.description ?? '', 'tile')),
      );
    case 13:
      return h('div', { class: 'file' }, component.name ?? component.file?.url ?? 'file');
    case 14:
      return h('hr', {
        class: `separator${component.divider === false ? ' bare' : ''}${component.spacing === 2 ? ' large' : ''}`,
      });
    case 17:
      return container(component, inner());
    default:
      return h('div', { class: 'unknown' }, `A component of type ${component.type}, which this page cannot draw`);
  }
}

/** @param {any} component @param {(Node | undefined)[]} children */
function container(component, children) {
  const colour =
    typeof component.accent_color === 'number' ? `#${component.accent_color.toString(16).padStart(6, '0')}` : undefined;
  return h(
    'div',
    { class: `container${colour ? ' accented' : ''}`, vars: colour ? { '--edge': colour } : {} },
    ...children,
  );
}

/** @param {any} message @param {any} component */
function button(message, component) {
  const emoji = component.emoji
    ? h('span', { class: 'emoji' }, component.emoji.id ? `:${component.emoji.name}:` : component.emoji.name)
    : undefined;
  const style = buttonStyles[component.style] ?? 'secondary';
  const label = component.label ?? (component.style === 6 ? 'Premium' : undefined);
  if (component.style === 5) {
    const safe = /^(https?|discord):/.test(component.url ?? '') ? component.url : undefined;
    return h(
      'a',
      { class: 'button link', href: safe, target: '_blank', rel: 'noopener noreferrer nofollow' },
      emoji,
      label,
      ' ↗',
    );
  }
  return h(
    'button',
    {
      type: 'button',
      class: `button ${style}${waiting(message, component) ? ' waiting' : ''}`,
      disabled: component.disabled === true || component.style === 6 || waiting(message, component),
      'aria-label': label ? undefined : (component.emoji?.name ?? component.custom_id),
      dataset: { key: `${message.id}/${component.custom_id}` },
      onclick: () => void press(message, component),
    },
    emoji,
    label,
  );
}

/** @param {any} message @param {any} component @returns {boolean} whether an interaction of this component is in progress */
function waiting(message, component) {
  return store.pending.some(
    (one) => one.messageId === message.id && one.customId === component.custom_id && one.state === 'sending',
  );
}

/** @param {any} message @param {any} component */
function select(message, component) {
  const options = optionsOf(component);
  const most = component.max_values ?? 1;
  const key = `${message.id}/${component.custom_id}`;
  const disabled = component.disabled === true || waiting(message, component);
  if (most > 1)
    return multiple(component, options, { key, disabled, apply: (values) => void choose(message, component, values) });
  const preset = options.find((option) => option.default);
  return h(
    'select',
    {
      class: 'select',
      disabled,
      'aria-label': component.placeholder ?? component.custom_id,
      dataset: { key },
      onchange: (event) => void choose(message, component, [event.target.value]),
    },
    preset
      ? undefined
      : h('option', { value: '', selected: true, disabled: true }, component.placeholder ?? 'Make a selection'),
    ...options.map((option) => h('option', { value: option.value, selected: option === preset }, optionText(option))),
  );
}

/** @param {any} option */
function optionText(option) {
  const emoji = option.emoji?.name && !option.emoji.id ? `${option.emoji.name} ` : '';
  return `${emoji}${option.label}${option.description ? ` — ${option.description}` : ''}`;
}

/**
 * A select with several values: a list of checkboxes and a button that sends them.
 *
 * @param {any} component
 * @param {import('../lib/select-options.js').SelectOption[]} options
 * @param {{ key: string, disabled: boolean, apply: (values: string[]) => void }} how
 */
function multiple(component, options, how) {
  const least = component.min_values ?? 1;
  const most = component.max_values ?? 1;
  const chosen = new Set(options.filter((option) => option.default).map((option) => option.value));
  const send = h('button', { type: 'button', class: 'button primary', onclick: () => how.apply([...chosen]) }, 'Apply');
  const check = () => {
    send.disabled = how.disabled || chosen.size < least || chosen.size > most;
  };
  const box = (option) =>
    h(
      'label',
      { class: 'tick' },
      h('input', {
        type: 'checkbox',
        checked: chosen.has(option.value),
        disabled: how.disabled,
        onchange: (event) => {
          if (event.target.checked) chosen.add(option.value);
          else chosen.delete(option.value);
          check();
        },
      }),
      optionText(option),
    );
  check();
  return h(
    'details',
    { class: 'select many' },
    h('summary', { dataset: { key: how.key } }, component.placeholder ?? 'Make a selection', icon('down')),
    h('div', { class: 'ticks' }, ...options.map(box), h('div', { class: 'row' }, send)),
  );
}
