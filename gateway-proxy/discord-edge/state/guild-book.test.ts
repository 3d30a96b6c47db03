import { beforeEach, describe, expect, it } from 'vitest';
import { GuildBook } from './guild-book.ts';

const bot = '100000000000000001';
const guild = '200000000000000001';
const text = '300000000000000001';
const voice = '300000000000000002';
const ada = '400000000000000001';
const other = '500000000000000001';

let book: GuildBook;
const member = (id: string, more: object = {}) => ({ user: { id, username: id, bot: id === bot }, roles: [], ...more });
const inVoice = (user: string, channel: string | null, more: object = {}) => ({
  guild_id: guild,
  user_id: user,
  channel_id: channel,
  session_id: `session-of-${user}`,
  member: member(user),
  ...more,
});

beforeEach(() => {
  book = new GuildBook();
  book.apply({
    t: 'READY',
    d: { user: { id: bot }, guilds: [{ id: guild, unavailable: true }], session_id: 'secret' },
  });
  book.apply({
    t: 'GUILD_CREATE',
    d: {
      id: guild,
      name: 'Guild',
      emojis: [{ id: '1' }],
      channels: [
        { id: text, type: 0, name: 'text' },
        { id: voice, type: 2, name: 'voice' },
      ],
      roles: [{ id: guild, name: '@everyone' }],
      members: [member(bot)],
      voice_states: [],
    },
  });
});

it('has nobody in a channel that was deleted, and no voice server for the bot there', () => {
  for (const user of [bot, ada]) book.apply({ t: 'VOICE_STATE_UPDATE', d: inVoice(user, voice) });
  book.apply({ t: 'VOICE_SERVER_UPDATE', d: { guild_id: guild, token: 'secret', endpoint: 'voice.test' } });
  book.apply({ t: 'CHANNEL_DELETE', d: { id: voice, guild_id: guild } });
  expect(payload()).toMatchObject({ channels: [{ id: text }], voice_states: [] });
  expect(book.voiceServer(guild)).toBeUndefined();
});

const payload = () => book.guild(guild)?.payload();

describe('GuildBook', () => {
  it('announces its guilds in READY and gives none of the session away', () => {
    expect(book.readyPayload()).toMatchObject({ user: { id: bot }, guilds: [{ id: guild, unavailable: true }] });
    expect(JSON.stringify(book.readyPayload())).not.toContain('secret');
  });

  it('keeps what a bot starts from and drops the rest', () => {
    expect(payload()).toMatchObject({ name: 'Guild', emojis: [], members: [{ user: { id: bot } }] });
  });

  it.each([
    ['GUILD_UPDATE', { id: guild, name: 'Renamed' }, { name: 'Renamed' }],
    [
      'CHANNEL_CREATE',
      { id: '9', guild_id: guild, type: 0, name: 'new' },
      { channels: [{ id: text }, { id: voice }, { id: '9' }] },
    ],
    [
      'CHANNEL_UPDATE',
      { id: text, guild_id: guild, type: 0, name: 'renamed' },
      { channels: [{ name: 'renamed' }, {}] },
    ],
    ['CHANNEL_DELETE', { id: text, guild_id: guild }, { channels: [{ id: voice }] }],
    ['THREAD_CREATE', { id: '9', guild_id: guild, type: 11 }, { threads: [{ id: '9' }] }],
    ['GUILD_ROLE_CREATE', { guild_id: guild, role: { id: '8', name: 'DJ' } }, { roles: [{}, { name: 'DJ' }] }],
    ['GUILD_ROLE_UPDATE', { guild_id: guild, role: { id: guild, name: 'all' } }, { roles: [{ name: 'all' }] }],
    ['GUILD_ROLE_DELETE', { guild_id: guild, role_id: guild }, { roles: [] }],
    ['GUILD_MEMBER_UPDATE', { guild_id: guild, ...member(bot, { nick: 'DJ Bot' }) }, { members: [{ nick: 'DJ Bot' }] }],
    [
      'VOICE_STATE_UPDATE',
      inVoice(ada, voice),
      { voice_states: [{ user_id: ada }], members: [{}, { user: { id: ada } }] },
    ],
  ])('follows %s', (t, d, expected) => {
    book.apply({ t, d });
    expect(payload()).toMatchObject(expected);
  });

  it('forgets a member who leaves voice, but never the bot itself', () => {
    book.apply({ t: 'VOICE_STATE_UPDATE', d: inVoice(ada, voice) });
    book.apply({ t: 'VOICE_STATE_UPDATE', d: inVoice(bot, voice) });
    book.apply({ t: 'VOICE_SERVER_UPDATE', d: { guild_id: guild, token: 't', endpoint: 'e' } });
    expect(book.voiceServer(guild)).toMatchObject({ token: 't' });
    for (const user of [ada, bot]) book.apply({ t: 'VOICE_STATE_UPDATE', d: inVoice(user, null) });
    expect(payload()).toMatchObject({ voice_states: [], members: [{ user: { id: bot } }] });
    expect(book.voiceServer(guild)).toBeUndefined();
  });

  it('counts listeners without bots', () => {
    for (const user of [ada, other, bot]) book.apply({ t: 'VOICE_STATE_UPDATE', d: inVoice(user, voice) });
    expect(book.guild(guild)?.listenersIn(voice)).toBe(2);
    expect(book.guild(guild)?.voiceChannelOf(ada)).toBe(voice);
    expect(book.guild(guild)?.voiceChannelOf('none')).toBeNull();
  });

  it('takes no notice of what happens in a guild that it does not know', () => {
    book.apply({ t: 'CHANNEL_CREATE', d: { id: '9', guild_id: '999', type: 0 } });
    book.apply({ t: 'VOICE_STATE_UPDATE', d: inVoice(ada, voice, { guild_id: '999' }) });
    expect(book.guildOfChannel('9')).toBeUndefined();
    expect(book.guildCount).toBe(1);
  });

  it('tells a guild that was left from one that is away for a while', () => {
    book.apply({ t: 'GUILD_DELETE', d: { id: guild, unavailable: true } });
    expect(book.guildOfChannel(text)).toBeUndefined();
    expect(book.readyPayload()).toMatchObject({ guilds: [{ id: guild }] });
    book.apply({ t: 'GUILD_DELETE', d: { id: guild } });
    expect(book.readyPayload()).toMatchObject({ guilds: [] });
  });

  it('starts anew with a new session', () => {
    book.apply({ t: 'READY', d: { user: { id: bot }, guilds: [{ id: other, unavailable: true }] } });
    expect(book.guildOfChannel(text)).toBeUndefined();
    expect(book.readyPayload()).toMatchObject({ guilds: [{ id: other }] });
  });

  it('is the same after it was written down and read again', () => {
    book.apply({ t: 'VOICE_STATE_UPDATE', d: inVoice(bot, voice) });
    book.apply({ t: 'VOICE_SERVER_UPDATE', d: { guild_id: guild, token: 't', endpoint: null } });
    const again = new GuildBook();
    again.restore(JSON.parse(JSON.stringify(book.document())) as ReturnType<GuildBook['document']>);
    expect(again.document()).toEqual(book.document());
    expect(again.guildOfChannel(voice)?.id).toBe(guild);
    expect(again.botUserId).toBe(bot);
  });

  it('survives data that is not what it should be', () => {
    for (const t of [
      'GUILD_CREATE',
      'CHANNEL_CREATE',
      'VOICE_STATE_UPDATE',
      'GUILD_ROLE_CREATE',
      'GUILD_MEMBER_UPDATE',
    ]) {
      book.apply({ t, d: { id: 7, guild_id: guild, channels: 'x', role: [], user: null } });
    }
    expect(book.guildCount).toBe(1);
  });
});

it('says that the bot has left a server only where Discord has said so', () => {
  const book = new GuildBook();
  expect(book.hasLeft('1')).toBe(false);
  book.apply({ t: 'READY', d: { user: { id: '9' }, guilds: [{ id: '1' }, { id: '2' }] } });
  book.apply({ t: 'GUILD_CREATE', d: { id: '2' } });
  expect(['1', '2', '3'].map((id) => book.hasLeft(id))).toEqual([false, false, true]);
  book.apply({ t: 'GUILD_DELETE', d: { id: '2', unavailable: true } });
  expect(book.hasLeft('2')).toBe(false);
  book.apply({ t: 'GUILD_DELETE', d: { id: '2' } });
  expect(book.hasLeft('2')).toBe(true);
});
