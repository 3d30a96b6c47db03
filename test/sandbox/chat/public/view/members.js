import { avatar, fill, h } from '../lib/dom.js';
import { store } from '../lib/store.js';
import { actAs } from '../lib/go.js';
import { appsMenu, menuOf } from './apps-menu.js';

/** Draws the server's members: people, who can be pressed to act as them, and apps. */
export function drawMembers() {
  const { guild, model } = store;
  const all = guild?.members ?? [];
  const people = all.filter((member) => !model?.isBot(member.userId));
  const apps = all.filter((member) => model?.isBot(member.userId));
  fill(
    document.getElementById('members'),
    h('h2', {}, `People — ${people.length}`),
    h('ul', {}, ...people.map(person)),
    apps.length > 0 ? h('h2', {}, `Apps — ${apps.length}`) : undefined,
    apps.length > 0 ? h('ul', {}, ...apps.map(app)) : undefined,
  );
}

/** @param {import('../lib/model.js').Member} member */
function person(member) {
  const { guild, model } = store;
  const name = model?.name(guild, member.userId) ?? '';
  const current = member.userId === store.userId;
  return h(
    'li',
    { class: 'with-apps' },
    h(
      'button',
      {
        type: 'button',
        class: `member${current ? ' current' : ''}`,
        title: current ? 'You act as this member' : `Act as ${name}`,
        'aria-pressed': current ? 'true' : 'false',
        dataset: { key: `member-${member.userId}` },
        onclick: () => actAs(member.userId),
      },
      avatar(member.userId, name),
      h(
        'span',
        { class: 'member-name', vars: { '--role': model?.colour(guild, member.userId) ?? 'var(--text)' } },
        name,
      ),
      guild?.ownerId === member.userId ? h('span', { class: 'crown', title: 'Server owner' }, '♛') : undefined,
    ),
    appsMenu(menuOf.user, member.userId, name),
  );
}

/** @param {import('../lib/model.js').Member} member */
function app(member) {
  const { guild, model } = store;
  const name = model?.name(guild, member.userId) ?? '';
  const online = model?.online(member.userId);
  const title = online ? 'Connected to the gateway' : 'Not connected to the gateway';
  return h(
    'li',
    { class: `member bot${online ? '' : ' offline'}`, title },
    avatar(member.userId, name),
    h('span', { class: 'member-name' }, name),
    h('span', { class: 'tag' }, 'APP'),
    online ? undefined : h('span', { class: 'faint' }, 'offline'),
  );
}
