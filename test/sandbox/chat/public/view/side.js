import { api } from '../lib/api.js';
import { avatar, fill, h, icon, initials, toast } from '../lib/dom.js';
import { isText, isVoice } from '../lib/model.js';
import { store, update } from '../lib/store.js';
import { actAs, openChannel, openGuild, toggleTheme } from '../lib/go.js';

/** Draws the server rail, the channels and the current member. */
export function drawSide() {
  drawRail();
  drawChannels();
  drawVoicePanel();
  drawActing();
}

function drawRail() {
  const buttons = (store.model?.guilds ?? []).map((guild) =>
    h('button', {
      type: 'button',
      class: `guild${guild.id === store.guildId ? ' current' : ''}`,
      title: guild.name,
      'aria-label': guild.name,
      'aria-current': guild.id === store.guildId ? 'true' : undefined,
      dataset: { key: `guild-${guild.id}`, initials: initials(guild.name) },
      onclick: () => openGuild(guild.id),
    }),
  );
  const theme = h(
    'button',
    {
      type: 'button',
      class: 'theme',
      title: 'Dark or light',
      'aria-label': 'Switch between dark and light',
      dataset: { key: 'theme' },
      onclick: toggleTheme,
    },
    icon(document.documentElement.dataset.theme === 'light' ? 'moon' : 'sun'),
  );
  const developers = h(
    'a',
    {
      class: 'theme',
      href: '/developers/applications',
      title: 'Developer portal',
      'aria-label': 'Developer portal of the sandbox',
      dataset: { key: 'developers' },
    },
    icon('code'),
  );
  fill(document.getElementById('rail'), ...buttons, h('span', { class: 'grow' }), developers, theme);
}

function drawChannels() {
  const { guild } = store;
  fill(
    document.getElementById('guild-header'),
    h('h1', {}, guild?.name ?? 'No server'),
    h('span', { class: 'tag', title: 'A simulated Discord' }, 'SANDBOX'),
  );
  const channels = [...(guild?.channels ?? [])].sort((a, b) => a.position - b.position);
  fill(
    document.getElementById('channels'),
    h('h2', {}, 'Text channels'),
    h('ul', {}, ...channels.filter(isText).map(textChannel)),
    h('h2', {}, 'Voice channels'),
    h('ul', {}, ...channels.filter(isVoice).map(voiceChannel)),
  );
}

/** @param {import('../lib/model.js').Channel} channel */
function textChannel(channel) {
  const current = channel.id === store.channelId;
  return h(
    'li',
    {},
    h(
      'button',
      {
        type: 'button',
        class: `channel${current ? ' current' : ''}`,
        'aria-current': current ? 'page' : undefined,
        dataset: { key: `channel-${channel.id}` },
        onclick: () => openChannel(channel.id),
      },
      icon('hash'),
      h('span', { class: 'channel-name' }, channel.name),
    ),
  );
}

/** @param {import('../lib/model.js').Channel} channel */
function voiceChannel(channel) {
  const { guild, model } = store;
  const inside = model?.voiceIn(guild, channel.id) ?? [];
  const mine = inside.some((state) => state.userId === store.userId);
  const limited = channel.userLimit > 0;
  const room = limited ? `, ${inside.length} of ${channel.userLimit}` : '';
  return h(
    'li',
    {},
    h(
      'button',
      {
        type: 'button',
        class: `channel voice${mine ? ' joined' : ''}`,
        title: mine ? 'You are here' : `Join ${channel.name}`,
        'aria-label': `${mine ? 'You are in' : 'Join'} the voice channel ${channel.name}${room}`,
        dataset: {
          key: `channel-${channel.id}`,
          ...(limited ? { limit: `${inside.length}/${channel.userLimit}` } : {}),
        },
        onclick: () => (mine ? undefined : setVoice(channel.id)),
      },
      icon(channel.type === 13 ? 'stage' : 'speaker'),
      h('span', { class: 'channel-name' }, channel.name),
    ),
    channel.status ? h('p', { class: 'status' }, channel.status) : undefined,
    inside.length > 0 ? h('ul', { class: 'inside' }, ...inside.map(voiceMember)) : undefined,
  );
}

/** @param {import('../lib/model.js').VoiceState} state */
function voiceMember(state) {
  const { guild, model } = store;
  const name = model?.name(guild, state.userId) ?? '';
  const silent = state.mute || state.selfMute || state.suppress;
  const sounding = store.players.some(
    (player) =>
      player.userId === state.userId &&
      player.guildId === guild?.id &&
      player.title &&
      !player.paused &&
      player.connected,
  );
  return h(
    'li',
    { class: sounding ? 'sounding' : undefined },
    avatar(state.userId, name, 'small'),
    h('span', { class: 'voice-name' }, name),
    model?.isBot(state.userId) ? h('span', { class: 'tag' }, 'APP') : undefined,
    silent
      ? h('span', { title: state.suppress ? 'Not a speaker' : 'Muted', class: 'faint' }, icon('muted'))
      : undefined,
  );
}

function drawVoicePanel() {
  const { guild, model, userId = '' } = store;
  const state = model?.voiceOf(guild, userId);
  const channel = model?.channel(guild, state?.channelId);
  fill(
    document.getElementById('voice-panel'),
    channel &&
      h(
        'div',
        { class: 'voice-panel' },
        h(
          'div',
          { class: 'grow' },
          h('strong', {}, 'Voice connected'),
          h('span', { class: 'faint' }, `${channel.name} / ${guild?.name}`),
        ),
        h(
          'button',
          {
            type: 'button',
            class: 'quiet',
            title: 'Leave voice',
            'aria-label': 'Leave voice',
            dataset: { key: 'leave' },
            onclick: () => setVoice(null),
          },
          icon('leave'),
        ),
      ),
  );
}

function drawActing() {
  const { guild, model, userId } = store;
  const people = model?.people(guild) ?? [];
  const select = h(
    'select',
    {
      id: 'act-as',
      'aria-label': 'Act as',
      dataset: { key: 'act-as' },
      onchange: (event) => actAs(event.target.value),
    },
    ...people.map((member) =>
      h('option', { value: member.userId, selected: member.userId === userId }, model?.name(guild, member.userId)),
    ),
  );
  const name = userId ? (model?.name(guild, userId) ?? '') : '';
  const roles = guild?.members.find((member) => member.userId === userId)?.roles ?? [];
  const titles = guild?.roles.filter((role) => roles.includes(role.id)).map((role) => role.name) ?? [];
  if (guild?.ownerId === userId) titles.unshift('Owner');
  fill(
    document.getElementById('acting'),
    userId ? avatar(userId, name) : undefined,
    h(
      'label',
      { class: 'grow', for: 'act-as' },
      h('span', { class: 'faint' }, titles.length > 0 ? `Acting as · ${titles.join(', ')}` : 'Acting as'),
      select,
    ),
  );
}

/** @param {string | null} channelId */
async function setVoice(channelId) {
  const { guildId = '', userId = '' } = store;
  try {
    await api.voice(guildId, userId, channelId);
    if (channelId !== null) update({ drawer: 'none' });
  } catch (error) {
    toast(error.message);
  }
}
