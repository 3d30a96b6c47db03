/**
 * Creates an element. Children are nodes or text; text is only ever inserted as text, so nothing that a bot or a person
 * writes can become markup.
 *
 * @param {string} tag
 * @param {Record<string, unknown>} [props] `class`, `dataset`, `vars` (CSS custom properties), `onclick`..., attributes
 * @param {...(Node | string | number | null | undefined | false | (Node | string)[])} children
 * @returns {HTMLElement}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  setProps(element, props);
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false)
      element.append(typeof child === 'number' ? String(child) : child);
  }
  return element;
}

/**
 * @param {HTMLElement | SVGElement} element
 * @param {Record<string, unknown>} props
 */
function setProps(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'class') element.setAttribute('class', String(value));
    else if (name === 'dataset') Object.assign(element.dataset, value);
    else if (name === 'vars')
      for (const [key, set] of Object.entries(value)) element.style.setProperty(key, String(set));
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (name === 'value' || name === 'checked' || name === 'selected' || name === 'disabled')
      element[name] = value;
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

/**
 * Replaces the content of a container and restores the focus: the focused element is found again by its `data-key`.
 *
 * @param {HTMLElement} container
 * @param {...(Node | string | null | undefined | false)} children
 */
export function fill(container, ...children) {
  const key = focusedKey(container);
  container.replaceChildren(...children.filter((child) => child !== null && child !== undefined && child !== false));
  refocus(container, key);
}

/**
 * @param {HTMLElement} container
 * @returns {string | undefined}
 */
export function focusedKey(container) {
  const active = document.activeElement;
  return active instanceof HTMLElement && container.contains(active) ? active.dataset.key : undefined;
}

/**
 * @param {HTMLElement} container
 * @param {string | undefined} key
 */
export function refocus(container, key) {
  if (key === undefined) return;
  const again = [...container.querySelectorAll('[data-key]')].find((element) => element.dataset.key === key);
  if (again instanceof HTMLElement && again !== document.activeElement) again.focus({ preventScroll: true });
}

const icons = {
  hash: 'M10 4 8 20M16 4l-2 16M4.5 9h16M3.5 15h16',
  speaker: 'M11 5 6 9H3v6h3l5 4zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
  stage: 'M12 3a4 4 0 0 1 4 4v4a4 4 0 0 1-8 0V7a4 4 0 0 1 4-4zM5 11a7 7 0 0 0 14 0M12 18v3',
  menu: 'M4 6h16M4 12h16M4 18h16',
  people:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.6-3.6 3.2-5.5 6.500-5.5s5.900 1.900 6.500 5.500M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.800c1.900.800 3.100 2.600 3.500 5.200',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.500 1.500M17.500 17.500 19 19M19 5l-1.500 1.500M6.500 17.500 5 19',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500z',
  leave: 'M14 4h5a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-5M10 8l-4 4 4 4M6 12h10',
  eye: 'M2 12s3.500-6.500 10-6.500S22 12 22 12s-3.500 6.500-10 6.500S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  send: 'M4 12 20 4l-5 16-3.500-6.500z',
  code: 'M8 6l-6 6 6 6M16 6l6 6-6 6',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'M5 12.500 10 17.500 19 7',
  down: 'M6 9l6 6 6-6',
  reply: 'M4 5v6a4 4 0 0 0 4 4h11M15 11l4 4-4 4',
  alert: 'M12 3 2.500 20h19zM12 10v4M12 17v.500',
  pause: 'M8 5v14M16 5v14',
  muted: 'M11 5 6 9H3v6h3l5 4zM16 9l6 6M22 9l-6 6',
};

/**
 * A small line icon; decorative, so hidden from screen readers.
 *
 * @param {keyof typeof icons} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' }))
    svg.setAttribute(key, value);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', icons[name]);
  svg.append(path);
  return svg;
}

/**
 * A stable hash of a text, from which colours are derived.
 *
 * @param {string} text
 * @returns {number} 0 to 2^32-1
 */
export function hash(text) {
  let value = 2_166_136_261;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 16_777_619) >>> 0;
  value = Math.imul(value ^ (value >>> 16), 2_246_822_507);
  return (value ^ (value >>> 13)) >>> 0;
}

/**
 * A round avatar with a name's initials.
 *
 * @param {string} id
 * @param {string} name
 * @param {string} [extra] further classes
 * @returns {HTMLElement}
 */
export function avatar(id, name, extra = '') {
  return h(
    'span',
    { class: `avatar ${extra}`, vars: { '--hue': hash(id) % 360 }, 'aria-hidden': 'true' },
    initials(name),
  );
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The first graphemes of the first two words, or the first two of the only word, so that an emoji stays whole.
 *
 * @param {string} name
 * @returns {string}
 */
export function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  const parts =
    words.length > 1 ? words.slice(0, 2).map((word) => first(word, 1)) : words.map((word) => first(word, 2));
  return parts.join('').toUpperCase();
}

/**
 * @param {string} word
 * @param {number} count
 * @returns {string}
 */
const first = (word, count) =>
  Array.from(graphemes.segment(word), ({ segment }) => segment)
    .slice(0, count)
    .join('');

/**
 * @param {string} text shown for 6 s at the edge of the screen
 * @param {keyof typeof icons} [symbol]
 */
export function toast(text, symbol = 'alert') {
  const box = document.getElementById('toasts');
  const item = h('div', { class: 'toast' }, icon(symbol), text);
  box?.append(item);
  setTimeout(() => item.remove(), 6_000);
}
