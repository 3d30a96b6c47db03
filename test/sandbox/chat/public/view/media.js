import { h, hash, icon, initials } from '../lib/dom.js';

const drawnHere = /^https:\/\/music\.sandbox\.test\/art\/([a-z0-9-]+)/;

/**
 * Cover art for a song that exists only in this sandbox, generated from its URL.
 *
 * @param {string} seed
 * @param {string} label
 * @param {string} [extra] further classes
 */
export function art(seed, label, extra = '') {
  const value = hash(seed);
  const vars = {
    '--hue': value % 360,
    '--turn': `${(value >>> 9) % 360}deg`,
    '--at': `${20 + ((value >>> 17) % 60)}%`,
  };
  return h('span', { class: `art ${extra}`, vars, role: 'img', 'aria-label': `Artwork of ${label}` }, initials(label));
}

/**
 * An image in a message. The sandbox fetches nothing from outside, so another site's image is shown as its label, or
 * else its host, with the URL as a tooltip.
 *
 * @param {string | undefined} url
 * @param {string} label
 * @param {string} [extra] further classes
 */
export function picture(url, label, extra = '') {
  if (!url) return undefined;
  const song = drawnHere.exec(url)?.[1];
  if (song) return art(url, label || song.replaceAll('-', ' '), extra);
  if (url.startsWith('data:image/')) return h('img', { src: url, alt: label, class: extra });
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const from = parsed ? parsed.host || parsed.pathname : url;
  return h(
    'span',
    { class: `placeholder ${extra}`, role: 'img', 'aria-label': label || url, title: url },
    icon('eye'),
    h('span', {}, label || from),
  );
}
