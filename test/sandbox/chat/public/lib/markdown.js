import { h } from './dom.js';

/**
 * @typedef {object} Names The display names of mentions.
 * @property {(id: string) => string} user
 * @property {(id: string) => string} role
 * @property {(id: string) => string} channel
 */

const inline = [
  { name: 'code', pattern: /``([^\n]+?)``|`([^`\n]+)`/ },
  { name: 'link', pattern: /\[([^\]\n]+)\]\((?:<)?(https?:\/\/[^\s)>]+)(?:>)?(?:\s+"[^"]*")?\)/ },
  { name: 'url', pattern: /<?(https?:\/\/[^\s<>]+[^\s<>.,;:!?)\]'"])>?/ },
  { name: 'user', pattern: /<@!?(\d{1,20})>/ },
  { name: 'role', pattern: /<@&(\d{1,20})>/ },
  { name: 'channel', pattern: /<#(\d{1,20})>/ },
  { name: 'command', pattern: /<\/([^:>]{1,100}):(\d{1,20})>/ },
  { name: 'emoji', pattern: /<a?:(\w{2,32}):\d{1,20}>/ },
  { name: 'time', pattern: /<t:(-?\d{1,13})(?::([tTdDfFR]))?>/ },
  { name: 'everyone', pattern: /@(everyone|here)\b/ },
  { name: 'bolditalic', pattern: /\*\*\*([^\n]+?)\*\*\*/ },
  { name: 'bold', pattern: /\*\*([^\n]+?)\*\*/ },
  { name: 'underline', pattern: /__([^\n]+?)__/ },
  { name: 'italic', pattern: /\*([^\s*][^*\n]*?)\*|(?<!\w)_([^_\n]+?)_(?!\w)/ },
  { name: 'strike', pattern: /~~([^\n]+?)~~/ },
  { name: 'spoiler', pattern: /\|\|([^\n]+?)\|\|/ },
  { name: 'escape', pattern: /\\([\\*_~`|<>#@[\]()-])/ },
];

/**
 * Renders Discord's markdown as nodes.
 *
 * @param {string} text
 * @param {Names} names
 * @returns {Node[]}
 */
export function markdown(text, names) {
  const blocks = [];
  let rest = text;
  for (;;) {
    const fence = /```(?:([a-zA-Z0-9+#-]{1,20})\n)?([\s\S]+?)```/.exec(rest);
    if (!fence) break;
    blocks.push(...lines(rest.slice(0, fence.index), names));
    blocks.push(h('pre', {}, h('code', {}, fence[2].replace(/^\n|\n$/g, ''))));
    rest = rest.slice(fence.index + fence[0].length);
  }
  blocks.push(...lines(rest, names));
  return blocks;
}

/** @param {string} text @param {Names} names @returns {Node[]} */
function lines(text, names) {
  const nodes = [];
  /** @type {Node[]} */
  let paragraph = [];
  const close = () => {
    if (paragraph.length > 0) nodes.push(h('p', {}, ...paragraph));
    paragraph = [];
  };
  for (const line of text.replace(/^\n|\n$/g, '').split('\n')) {
    const block = blockOf(line, names);
    if (block) {
      close();
      nodes.push(block);
    } else if (line === '') {
      close();
    } else {
      if (paragraph.length > 0) paragraph.push(h('br'));
      paragraph.push(...spans(line, names));
    }
  }
  close();
  return nodes;
}

/** @param {string} line @param {Names} names @returns {Node | undefined} */
function blockOf(line, names) {
  const heading = /^(#{1,3}) (.+)$/.exec(line);
  if (heading) return h('h3', { class: `md-h${heading[1].length}` }, ...spans(heading[2], names));
  const subtext = /^-# (.+)$/.exec(line);
  if (subtext) return h('p', { class: 'md-sub' }, ...spans(subtext[1], names));
  const quote = /^> (.+)$/.exec(line);
  if (quote) return h('blockquote', {}, ...spans(quote[1], names));
  const item = /^(\s*)(?:[-*]|(\d{1,3})\.) (.+)$/.exec(line);
  if (!item) return undefined;
  const depth = item[1].length > 1 ? ' deep' : '';
  return h(
    'p',
    { class: `md-item${depth}` },
    h('span', { class: 'md-dot' }, item[2] ? `${item[2]}.` : '•'),
    h('span', {}, ...spans(item[3], names)),
  );
}

/** @param {string} text @param {Names} names @returns {Node[]} */
function spans(text, names) {
  const nodes = [];
  let rest = text;
  while (rest !== '') {
    const first = earliest(rest);
    if (!first) break;
    if (first.match.index > 0) nodes.push(document.createTextNode(rest.slice(0, first.match.index)));
    nodes.push(spanOf(first.name, first.match, names));
    rest = rest.slice(first.match.index + first.match[0].length);
  }
  if (rest !== '') nodes.push(document.createTextNode(rest));
  return nodes;
}

/** @param {string} text */
function earliest(text) {
  /** @type {{ name: string, match: RegExpExecArray } | undefined} */
  let best;
  for (const { name, pattern } of inline) {
    const match = pattern.exec(text);
    if (match && (!best || match.index < best.match.index || (name === 'escape' && match.index === best.match.index)))
      best = { name, match };
  }
  return best;
}

/** @param {string} name @param {RegExpExecArray} match @param {Names} names @returns {Node} */
function spanOf(name, match, names) {
  const [whole, first = '', second = ''] = match;
  switch (name) {
    case 'code':
      return h('code', {}, first || second);
    case 'link':
      return link(second, spans(first, names));
    case 'url':
      return link(first, [first]);
    case 'user':
      return h('span', { class: 'mention' }, `@${names.user(first)}`);
    case 'role':
      return h('span', { class: 'mention' }, `@${names.role(first)}`);
    case 'channel':
      return h('span', { class: 'mention' }, `#${names.channel(first)}`);
    case 'command':
      return h('span', { class: 'mention' }, `/${first}`);
    case 'emoji':
      return h('span', { class: 'custom-emoji' }, `:${first}:`);
    case 'time':
      return time(Number(first) * 1000, second || 'f');
    case 'everyone':
      return h('span', { class: 'mention' }, whole);
    case 'bolditalic':
      return h('strong', {}, h('em', {}, ...spans(first, names)));
    case 'bold':
      return h('strong', {}, ...spans(first, names));
    case 'underline':
      return h('u', {}, ...spans(first, names));
    case 'italic':
      return h('em', {}, ...spans(first || second, names));
    case 'strike':
      return h('s', {}, ...spans(first, names));
    case 'spoiler':
      return spoiler(spans(first, names));
    default:
      return document.createTextNode(first);
  }
}

/** @param {string} url @param {(Node | string)[]} children */
function link(url, children) {
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...children);
}

/** @param {Node[]} children */
function spoiler(children) {
  const button = h(
    'button',
    { type: 'button', class: 'spoiler', 'aria-label': 'Spoiler, press to reveal' },
    ...children,
  );
  button.addEventListener('click', () => {
    button.classList.add('shown');
    button.removeAttribute('aria-label');
  });
  return button;
}

const styles = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
};

/** @param {number} atMs @param {string} style one of Discord's timestamp styles */
function time(atMs, style) {
  const date = new Date(atMs);
  const text = style === 'R' ? relative(atMs) : new Intl.DateTimeFormat(undefined, styles[style]).format(date);
  return h('time', { class: 'md-time', datetime: date.toISOString(), title: date.toLocaleString() }, text);
}

/** @param {number} atMs @returns {string} such as "in 5 minutes" */
export function relative(atMs) {
  const seconds = Math.round((atMs - Date.now()) / 1000);
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
  for (const [unit, size] of /** @type {const} */ ([
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ])) {
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  }
  return format.format(seconds, 'second');
}
