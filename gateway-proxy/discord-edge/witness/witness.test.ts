import { describe, expect, it } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { commandNames, commandScopes } from '#policies/commands.ts';
import { callDigest, emptyCall } from '#policies/entered.ts';
import { GuildBook } from '../state/guild-book.ts';
import { optionsDigest } from './options-digest.ts';
import { transactionOf } from './witness.ts';

const guild = '200000000000000001';
const channel = '300000000000000001';
const user = '400000000000000001';
const tenant = newTenantId();

const book = new GuildBook();
book.apply({ t: 'READY', d: { user: { id: '1' }, guilds: [] } });
book.apply({ t: 'GUILD_CREATE', d: { id: guild, voice_states: [{ user_id: user, channel_id: channel }] } });

const interaction = (type: number, data: object, more: object = {}) => ({
  id: '500000000000000001',
  type,
  token: 'token',
  guild_id: guild,
  channel_id: channel,
  member: { user: { id: user }, roles: ['600000000000000001'], permissions: '2048' },
  data,
  ...more,
});
/** As Discord sends a command, or a subcommand with its options. */
function command(name: string, options: object[] = [], type = 2) {
  const [first, subcommand] = name.split(' ');
  const entered = subcommand === undefined ? options : [{ name: subcommand, type: 1, options }];
  return interaction(type, { id: '1', name: first, type: 1, options: entered });
}
const scopeOf = (given: Parameters<typeof transactionOf>[1]) => transactionOf(tenant, given, book)?.scope;

describe('transactionOf', () => {
  it.each(commandNames)('lets /%s lead to what the table says, and a button of it to the same', (name) => {
    expect(scopeOf(command(name))).toEqual(commandScopes[name]);
    expect(scopeOf(interaction(3, { custom_id: `bw:${name}:argument`, component_type: 2 }))).toEqual(
      commandScopes[name],
    );
    expect(scopeOf(interaction(5, { custom_id: `bw:${name}` }))).toEqual(commandScopes[name]);
  });

  it('lets autocompletion search and read at most', () => {
    expect(scopeOf(interaction(4, { name: 'play', type: 1 }))).toEqual([
      'player.search',
      'player.read',
      'favourite.list',
      'top.mine',
    ]);
    expect(scopeOf(interaction(4, { name: 'volume', type: 1 }))).toEqual(['player.read']);
    expect(scopeOf(command('playlist delete', [], 4))).toEqual(['playlist.list']);
  });

  it.each([
    ['an unknown command', command('ban')],
    ['a command without the subcommand that it needs', command('playlist')],
    ['an unknown subcommand', command('playlist burn')],
    ['a subcommand of a command that has none', command('play add')],
    ['a name from the prototype', command('constructor')],
    ['a command on a user with the same name', interaction(2, { name: 'play', type: 2 })],
    ['a button that is not ours', interaction(3, { custom_id: 'play' })],
    ['a button of an unknown command', interaction(3, { custom_id: 'bw:ban' })],
    ['a message to the bot outside a guild', interaction(2, { name: 'play' }, { guild_id: undefined })],
    ['a guild that the session does not know', interaction(2, { name: 'play' }, { guild_id: '999' })],
    ['nobody', interaction(2, { name: 'play' }, { member: undefined })],
    ['a ping', interaction(1, {})],
  ])('lets %s lead to nothing', (_name, given) => {
    expect(transactionOf(tenant, given, book)).toBeUndefined();
  });

  it('says who, where, with which roles and permissions, and in which voice channel', () => {
    expect(transactionOf(tenant, command('play'), book)).toEqual({
      txn: 'txn_500000000000000001',
      tenant,
      scope: commandScopes.play,
      member: {
        kind: 'discord',
        user,
        guild,
        channel,
        roles: ['600000000000000001'],
        permissions: '2048',
        voiceChannel: channel,
        command: 'play',
      },
      interaction: {
        id: '500000000000000001',
        optionsDigest: optionsDigest(command('play')),
        callDigests: { 'player.enqueue': emptyCall, 'player.search': emptyCall },
      },
    });
  });
});

describe('what calls may say', () => {
  const digestsOf = (given: Parameters<typeof transactionOf>[1]) =>
    transactionOf(tenant, given, book)?.interaction?.callDigests;

  it('is what the member entered, in the command and while typing', () => {
    const options = [{ name: 'query', type: 3, value: 'eight second bell' }];
    const query = callDigest({ query: 'eight second bell' });
    const digests = { 'player.enqueue': query, 'player.search': query };
    expect(digestsOf(interaction(2, { name: 'play', type: 1, options }))).toEqual(digests);
    expect(digestsOf(interaction(4, { name: 'play', type: 1, options }))).toEqual(digests);
    const percent = [{ name: 'percent', type: 4, value: 10 }];
    expect(digestsOf(interaction(2, { name: 'volume', type: 1, options: percent }))).toEqual({
      'player.volume': callDigest({ percent: 10 }),
    });
  });

  it('is what was entered for the subcommand', () => {
    const options = [
      { name: 'name', type: 3, value: 'Evening' },
      { name: 'to', type: 3, value: 'Late' },
    ];
    expect(digestsOf(command('playlist rename', options))).toEqual({
      'playlist.rename': callDigest({ name: 'Evening', to: 'Late' }),
    });
  });

  it('is what the member pointed at in a menu, and leads where its command does', () => {
    const link = 'https://music.sandbox.test/track/1';
    const attachment = 'https://cdn.sandbox.test/a.mp3';
    const onMessage = (name: string, message: object, type = 3) =>
      interaction(2, { name, type, target_id: '77', resolved: { messages: { '77': message } } });
    const played = onMessage('Play this', { content: `this: ${link}!` });
    expect(scopeOf(played)).toEqual(commandScopes.play);
    expect(digestsOf(played)?.['player.enqueue']).toBe(callDigest({ query: link }));
    expect(optionsDigest(played)).not.toBe(optionsDigest({ ...played, data: { ...played.data, target_id: '78' } }));
    const kept = onMessage('Add to my favourites', { content: '', attachments: [{ url: attachment }] });
    expect(scopeOf(kept)).toEqual(commandScopes['favourite add']);
    expect(digestsOf(kept)).toEqual({ 'favourite.add': callDigest({ query: attachment }) });
    expect(digestsOf(onMessage('Play this', { content: 'nothing' }))?.['player.enqueue']).toBe(emptyCall);
    const queued = interaction(2, { name: 'What they have queued', type: 2, target_id: user });
    expect(scopeOf(queued)).toEqual(commandScopes.queue);
    expect(digestsOf(queued)).toEqual({ 'player.read': callDigest({ member: user }) });
    expect(scopeOf(onMessage('Play this', { content: link }, 2))).toBeUndefined();
    expect(scopeOf({ ...played, type: 4 })).toBeUndefined();
  });

  it('is the file that a member uploads, if it can be played', () => {
    const url = 'https://cdn.discordapp.com/attachments/1/2/a.mp3?ex=1&is=1&hm=1';
    const withFile = (file: object) => {
      const options = [{ name: 'file', type: 11, value: '77' }];
      return interaction(2, { name: 'play', type: 1, options, resolved: { attachments: { '77': file } } });
    };
    const song = { id: '77', url, filename: 'a.mp3', size: 1_000, content_type: 'audio/mpeg' };
    expect(digestsOf(withFile(song))?.['player.enqueue']).toBe(callDigest({ query: url }));
    for (const other of [{ ...song, content_type: 'text/html' }, { ...song, size: 1e9 }, {}])
      expect(digestsOf(withFile(other))?.['player.enqueue']).toBe(emptyCall);
    // The id of a file is no query.
    const options = [{ name: 'file', type: 11, value: 'https://music.sandbox.test/track/1' }];
    expect(digestsOf(interaction(2, { name: 'play', type: 1, options }))?.['player.enqueue']).toBe(emptyCall);
  });

  it('is what was picked from a menu, in that order', () => {
    const picks = (values: unknown, component_type = 3) =>
      digestsOf(interaction(3, { custom_id: 'bw:search:1', component_type, values }))?.['player.pick'];
    expect(picks(['b', 'a'])).toBe(callDigest({ tracks: ['b', 'a'] }));
    expect(picks(['b', 'a'])).not.toBe(callDigest({ tracks: ['a', 'b'] }));
    for (const nothing of [[], ['a', 7], 'a', undefined]) expect(picks(nothing)).toBe(emptyCall);
    expect(picks(['a'], 2)).toBe(emptyCall);
    expect(digestsOf(command('search', [{ name: 'query', type: 3, value: 'x' }]))?.['player.pick']).toBe(emptyCall);
  });

  it('is nothing for a button, whatever its id says', () => {
    expect(digestsOf(interaction(3, { custom_id: 'bw:volume:150', component_type: 2 }))).toEqual({
      'player.volume': emptyCall,
    });
  });

  it('says that a member is alone with the bot, and nothing while somebody else is there too', () => {
    const botUser = '400000000000000009';
    const state = (user: string, more: object = {}) => ({ user_id: user, channel_id: channel, ...more });
    const bot = (id: string) => state(id, { member: { user: { id, bot: true } } });
    const aloneWith = (...states: object[]) => {
      const known = new GuildBook();
      known.apply({ t: 'READY', d: { user: { id: botUser }, guilds: [] } });
      known.apply({ t: 'GUILD_CREATE', d: { id: guild, voice_states: states } });
      const member = transactionOf(tenant, command('volume'), known)?.member;
      return member?.kind === 'discord' && member.alone;
    };
    expect(aloneWith(state(user), bot(botUser))).toBe(true);
    expect(aloneWith(state(user), bot(botUser), bot('400000000000000008'))).toBe(true);
    expect(aloneWith(state(user), bot(botUser), state('400000000000000002', { self_deaf: true }))).toBeUndefined();
    expect(aloneWith(state(user))).toBeUndefined();
    expect(aloneWith(bot(botUser))).toBeUndefined();
    expect(aloneWith(state(user), { ...bot(botUser), channel_id: '300000000000000002' })).toBeUndefined();
  });

  it('says what the channel lies in: of a thread its channel, and the category', () => {
    const known = new GuildBook();
    known.apply({ t: 'READY', d: { user: { id: '1' }, guilds: [] } });
    const channels = [
      { id: '30', type: 4 },
      { id: '31', type: 0, parent_id: '30' },
      { id: '32', type: 0 },
    ];
    known.apply({ t: 'GUILD_CREATE', d: { id: guild, channels, threads: [{ id: '33', type: 11, parent_id: '31' }] } });
    const withinOf = (more: object) => {
      const member = transactionOf(tenant, { ...command('play'), ...more }, known)?.member;
      return member?.kind === 'discord' ? member.within : 'nobody';
    };
    expect(withinOf({ channel_id: '33' })).toEqual(['31', '30']);
    expect(withinOf({ channel_id: '31' })).toEqual(['30']);
    expect(withinOf({ channel_id: '32' })).toBeUndefined();
    // A private thread that the bot is not in: Discord names its parent in the interaction.
    expect(withinOf({ channel_id: '34', channel: { id: '34', type: 12, parent_id: '31' } })).toEqual(['31', '30']);
    expect(withinOf({ channel_id: '34', channel: { id: '34', parent_id: 'x' } })).toBeUndefined();
  });
});

describe('optionsDigest', () => {
  it('is the same for the same options in any order of their members, and another for others', () => {
    const with_ = (options: object[]) => optionsDigest(interaction(2, { name: 'play', options }));
    const one = with_([{ name: 'query', type: 3, value: 'song' }]);
    expect(one).toMatch(/^[\w-]{43}$/);
    expect(with_([{ value: 'song', type: 3, name: 'query' }])).toBe(one);
    expect(with_([{ name: 'query', type: 3, value: 'songs' }])).not.toBe(one);
    expect(with_([])).not.toBe(one);
  });

  it('tells one button from another', () => {
    const of = (custom_id: string) => optionsDigest(interaction(3, { custom_id }));
    expect(of('bw:volume:10')).not.toBe(of('bw:volume:90'));
  });
});
