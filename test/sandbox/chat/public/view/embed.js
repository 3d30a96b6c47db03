import { h } from '../lib/dom.js';
import { markdown } from '../lib/markdown.js';
import { picture } from './media.js';

/**
 * An embed (Discord: Embed Object).
 *
 * @param {any} embed
 * @param {import('../lib/markdown.js').Names} names
 */
export function embedView(embed, names) {
  const colour =
    typeof embed.color === 'number' ? `#${embed.color.toString(16).padStart(6, '0')}` : 'var(--line-strong)';
  const body = h(
    'div',
    { class: 'embed-body' },
    embed.author &&
      h(
        'div',
        { class: 'embed-author' },
        picture(embed.author.icon_url, '', 'dot'),
        linked(embed.author.name, embed.author.url),
      ),
    embed.title &&
      h(
        'div',
        { class: 'embed-title' },
        embed.url ? linked(embed.title, embed.url) : h('span', {}, ...markdown(embed.title, names)),
      ),
    embed.description && h('div', { class: 'md' }, ...markdown(embed.description, names)),
    embed.fields?.length > 0 &&
      h('div', { class: 'embed-fields' }, ...embed.fields.map((field) => fieldView(field, names))),
    embed.image && h('div', { class: 'embed-image' }, picture(embed.image.url, embed.title ?? 'image', 'wide')),
    footerView(embed),
  );
  return h(
    'article',
    { class: 'embed', vars: { '--edge': colour } },
    body,
    embed.thumbnail &&
      h('div', { class: 'embed-thumbnail' }, picture(embed.thumbnail.url, embed.title ?? 'thumbnail', 'thumb')),
  );
}

/** @param {any} field @param {import('../lib/markdown.js').Names} names */
function fieldView(field, names) {
  return h(
    'div',
    { class: field.inline ? 'field inline' : 'field' },
    h('div', { class: 'field-name' }, ...markdown(field.name, names)),
    h('div', { class: 'md' }, ...markdown(field.value, names)),
  );
}

/** @param {any} embed */
function footerView(embed) {
  const when = embed.timestamp
    ? new Date(embed.timestamp).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' })
    : undefined;
  const text = [embed.footer?.text, when].filter(Boolean).join(' • ');
  return text ? h('div', { class: 'embed-footer' }, picture(embed.footer?.icon_url, '', 'dot'), text) : undefined;
}

/** @param {string} text @param {string | undefined} url */
function linked(text, url) {
  return url && /^https?:\/\//.test(url)
    ? h('a', { href: url, target: '_blank', rel: 'noopener noreferrer nofollow' }, text)
    : h('span', {}, text);
}
