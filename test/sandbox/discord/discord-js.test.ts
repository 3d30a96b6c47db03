import {
  ActionRowBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  ContainerBuilder,
  EmbedBuilder,
  Events,
  GatewayIntentBits,
  MessageFlags,
  ModalBuilder,
  PermissionFlagsBits,
  StringSelectMenuBuilder,
  TextDisplayBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import type { Interaction } from 'discord.js';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHarness } from '../testing/harness.ts';
import type { Harness } from '../testing/harness.ts';
import {
  chooseFromSelect,
  goToVoice,
  pressButton,
  submitModal,
  useCommand,
  writeMessage,
} from '../world/acting/person.ts';
import { installApplication } from '../world/applications.ts';
import { addPerson, createChannel, deleteChannel } from '../world/guilds.ts';
import type { Application } from '../world/types.ts';

let harness: Harness;
let application: Application;
let client: Client<true>;

beforeAll(async () => {
  harness = await startHarness();
  application = harness.newApplication('Tester');
  client = new Client({
    intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates, GatewayIntentBits.GuildMessages],
    rest: { api: harness.sandbox.discord.apiUrl },
  });
  const ready = once(client, Events.ClientReady);
  await client.login(application.token);
  await ready;
  await client.application.commands.set([
    {
      name: 'play',
      description: 'Plays something',
      options: [{ type: 3, name: 'query', description: 'What', required: true, autocomplete: true }],
    },
    {
      name: 'queue',
      description: 'The queue',
      options: [
        {
          type: 1,
          name: 'move',
          description: 'Moves a track',
          options: [{ type: 4, name: 'to', description: 'Where to', min_value: 1, max_value: 10 }],
        },
      ],
    },
    { name: 'whois', description: 'Shows a member', options: [{ type: 6, name: 'who', description: 'Who' }] },
    { name: 'secret', description: 'Admins only', defaultMemberPermissions: 0n },
  ]);
});

afterAll(async () => {
  await client.destroy();
  expect(harness.answers.checked).toBeGreaterThan(10);
  await harness[Symbol.asyncDispose]();
});

/** The next interaction that the client emits while `cause` runs. */
async function next(cause: () => unknown): Promise<Interaction> {
  const heard = once(client, Events.InteractionCreate);
  cause();
  const [interaction] = (await heard) as [Interaction];
  return interaction;
}

describe('discord.js', () => {
  test('is ready with the guild, its channels, roles and itself', () => {
    const guild = client.guilds.cache.get(harness.hall.id);
    expect(guild?.name).toBe('Harmony Hall');
    expect(guild?.channels.cache.map((channel) => channel.name)).toContain('Lounge');
    expect(guild?.roles.cache.map((role) => role.name)).toEqual(expect.arrayContaining(['@everyone', 'DJ', 'Admin']));
    expect(guild?.members.me?.id).toBe(application.botUserId);
    expect(client.user.tag).toContain('Tester');
  });

  test('answers a command with a deferral, an edit and a follow-up, as the person sees them', async () => {
    const record = useCommand(harness.world, harness.seat('Max', 'music'), {
      command: 'play',
      options: { query: 'a song' },
      applicationId: application.id,
    });
    const [interaction] = (await once(client, Events.InteractionCreate)) as [Interaction];
    if (!interaction.isChatInputCommand()) throw new Error('Not a command.');
    expect(interaction.options.getString('query', true)).toBe('a song');
    expect(interaction.memberPermissions?.has('Connect')).toBe(true);
    expect(interaction.memberPermissions?.has('Administrator')).toBe(false);
    expect(interaction.appPermissions.has('Speak')).toBe(true);
    await interaction.deferReply();
    expect(record.state).toBe('acknowledged');
    await interaction.editReply({ content: 'Playing', embeds: [new EmbedBuilder().setTitle('a song')] });
    expect(record.state).toBe('answered');
    const more = await interaction.followUp({ content: 'Only you see this', flags: MessageFlags.Ephemeral });
    expect(harness.world.messages.get(more.id)?.ephemeralFor).toBe(harness.person('Max'));
    const original = await interaction.fetchReply();
    expect(original.content).toBe('Playing');
    expect(original.embeds[0]?.title).toBe('a song');
    expect(original.flags.has(MessageFlags.Loading)).toBe(false);
    await interaction.deleteReply();
    expect(harness.world.messages.has(original.id)).toBe(false);
  });

  test('treats the first follow-up after a deferral as the answer', async () => {
    const interaction = await next(() =>
      useCommand(harness.world, harness.seat('Max', 'music'), { command: 'queue move', options: { to: 3 } }),
    );
    if (!interaction.isChatInputCommand()) throw new Error('Not a command.');
    expect(interaction.options.getSubcommand()).toBe('move');
    expect(interaction.options.getInteger('to')).toBe(3);
    const deferred = await interaction.deferReply({ withResponse: true });
    const first = await interaction.followUp('Moved');
    expect(deferred.interaction.responseMessageLoading).toBe(true);
    expect(first.id).toBe(deferred.interaction.responseMessageId);
  });

  test('gets the users named in an option', async () => {
    const interaction = await next(() =>
      useCommand(harness.world, harness.seat('Max', 'music'), {
        command: 'whois',
        options: { who: `<@${harness.person('Dana')}>` },
      }),
    );
    if (!interaction.isChatInputCommand()) throw new Error('Not a command.');
    expect(interaction.options.getUser('who')?.globalName).toBe('Dana');
    const response = await interaction.reply({ content: 'Dana', withResponse: true });
    expect(response.resource?.message?.content).toBe('Dana');
  });

  test('completes an option while a person types', async () => {
    const typed = { command: 'play', options: { query: 'nev' }, focused: 'query' };
    const record = useCommand(harness.world, harness.seat('Max', 'music'), typed);
    const [interaction] = (await once(client, Events.InteractionCreate)) as [Interaction];
    if (!interaction.isAutocomplete()) throw new Error('Not an autocompletion.');
    expect(interaction.options.getFocused()).toBe('nev');
    await interaction.respond([{ name: 'Never', value: 'never' }]);
    expect(record.choices).toEqual([{ name: 'Never', value: 'never' }]);
  });

  test('gets button presses and select choices of its message, and can edit it', async () => {
    const channel = await client.channels.fetch(harness.channel('music'));
    if (!channel?.isSendable()) throw new Error('Not a text channel.');
    const button = new ButtonBuilder().setCustomId('skip').setLabel('Skip').setStyle(ButtonStyle.Primary);
    const select = new StringSelectMenuBuilder()
      .setCustomId('pick')
      .addOptions({ label: 'One', value: '1' }, { label: 'Two', value: '2' });
    const message = await channel.send({
      content: 'Now playing',
      components: [
        new ActionRowBuilder<ButtonBuilder>().addComponents(button),
        new ActionRowBuilder<StringSelectMenuBuilder>().addComponents(select),
      ],
    });
    const seat = harness.seat('Dana', 'music');
    const pressed = await next(() => pressButton(harness.world, seat, { messageId: message.id, customId: 'skip' }));
    if (!pressed.isButton()) throw new Error('Not a button.');
    await pressed.update({ content: 'Skipped' });
    expect(harness.world.messages.get(message.id)?.message.content).toBe('Skipped');
    const chosen = await next(() =>
      chooseFromSelect(harness.world, seat, { messageId: message.id, customId: 'pick', values: ['2'] }),
    );
    if (!chosen.isStringSelectMenu()) throw new Error('Not a select.');
    expect(chosen.values).toEqual(['2']);
    await chosen.deferUpdate();
    await chosen.editReply({ content: 'Two', components: [] });
    expect(harness.world.messages.get(message.id)?.message).toMatchObject({ content: 'Two', components: [] });
  });

  test('opens a modal and gets its input', async () => {
    const seat = harness.seat('Max', 'music');
    const opened = await next(() => useCommand(harness.world, seat, { command: 'play', options: { query: 'x' } }));
    if (!opened.isChatInputCommand()) throw new Error('Not a command.');
    const input = new TextInputBuilder().setCustomId('name').setLabel('Name').setStyle(TextInputStyle.Short);
    const row = new ActionRowBuilder<TextInputBuilder>().addComponents(input);
    await opened.showModal(new ModalBuilder().setCustomId('form').setTitle('Form').addComponents(row));
    const submitted = await next(() =>
      submitModal(harness.world, seat, { customId: 'form', fields: { name: 'Evening' } }),
    );
    if (!submitted.isModalSubmit()) throw new Error('Not a form.');
    expect(submitted.fields.getTextInputValue('name')).toBe('Evening');
    await submitted.reply({ content: 'Saved', flags: MessageFlags.Ephemeral });
  });

  test('sends a message with V2 components', async () => {
    const channel = await client.channels.fetch(harness.channel('music'));
    if (!channel?.isSendable()) throw new Error('Not a text channel.');
    const container = new ContainerBuilder()
      .setAccentColor(0x1abc9c)
      .addTextDisplayComponents(new TextDisplayBuilder().setContent('# Now playing'));
    const message = await channel.send({ components: [container], flags: MessageFlags.IsComponentsV2 });
    expect(message.flags.has(MessageFlags.IsComponentsV2)).toBe(true);
    expect(message.components[0]?.type).toBe(17);
  });

  test('sends a file with a message', async () => {
    const channel = await client.channels.fetch(harness.channel('general'));
    if (!channel?.isSendable()) throw new Error('Not a text channel.');
    const files = [{ attachment: Buffer.from('1. a song'), name: 'queue.txt' }];
    const message = await channel.send({ content: 'The queue', files });
    expect(message.content).toBe('The queue');
    expect(message.attachments.first()).toMatchObject({ name: 'queue.txt', size: 9 });
  });

  test('sees people enter and leave voice channels', async () => {
    const entered = once(client, Events.VoiceStateUpdate);
    goToVoice(harness.world, harness.hall.id, harness.person('Robin'), harness.channel('Lounge'));
    await entered;
    const lounge = client.guilds.cache.get(harness.hall.id)?.voiceStates.cache.get(harness.person('Robin'));
    expect(lounge?.channel?.name).toBe('Lounge');
    const left = once(client, Events.VoiceStateUpdate);
    goToVoice(harness.world, harness.hall.id, harness.person('Robin'), null);
    await left;
    expect(lounge?.channelId).toBeNull();
  });

  test('is in the audience of a stage, may ask to speak, and speaks once it may', async () => {
    const guild = client.guilds.cache.first();
    const own = () => guild?.members.me?.voice;
    const join = (channel_id: string | null) =>
      guild?.shard.send({ op: 4, d: { guild_id: guild.id, channel_id, self_mute: false, self_deaf: true } });
    join(harness.channel('Stage'));
    await expect.poll(() => own()?.suppress).toBe(true);
    await expect(own()?.setSuppressed(false)).rejects.toMatchObject({ status: 403 });
    await own()?.setRequestToSpeak(true);
    await expect.poll(() => own()?.requestToSpeakTimestamp).toBeGreaterThan(0);
    installApplication(harness.world, harness.hall.id, application.id, PermissionFlagsBits.MuteMembers);
    await own()?.setSuppressed(false);
    await expect.poll(() => own()?.suppress).toBe(false);
    join(null);
    await expect.poll(() => own()?.channelId).toBeNull();
  });

  test('sees a channel deleted, and those who were in it outside', async () => {
    const room = createChannel(harness.world, harness.hall.id, { name: 'Room', type: 'voice' });
    const { userId } = addPerson(harness.world, harness.hall.id, 'Homeless');
    goToVoice(harness.world, harness.hall.id, userId, room.id);
    const states = client.guilds.cache.first()?.voiceStates.cache;
    await expect.poll(() => states?.get(userId)?.channelId).toBe(room.id);
    const deleted = once(client, Events.ChannelDelete);
    deleteChannel(harness.world, harness.hall.id, room.id);
    expect(await deleted).toMatchObject([{ id: room.id, name: 'Room' }]);
    await expect.poll(() => states?.get(userId)?.channelId).toBeNull();
    expect(client.channels.cache.has(room.id)).toBe(false);
  });

  test('sees messages without text if it lacks that intent, but with text when mentioned', async () => {
    const heard = once(client, Events.MessageCreate);
    writeMessage(harness.world, harness.channel('general'), harness.person('Max'), 'Hello all');
    const [plain] = (await heard) as [{ content: string }];
    expect(plain.content).toBe('');
    const named = once(client, Events.MessageCreate);
    writeMessage(harness.world, harness.channel('general'), harness.person('Max'), `Hello <@${client.user.id}>`);
    const [mention] = (await named) as [{ content: string }];
    expect(mention.content).toContain('Hello');
  });

  test('hides an administrator command from others', async () => {
    const used = () => useCommand(harness.world, harness.seat('Max', 'music'), { command: 'secret' });
    expect(used).toThrow('may not use');
    const interaction = await next(() =>
      useCommand(harness.world, harness.seat('Ada', 'music'), { command: 'secret' }),
    );
    expect(interaction.isChatInputCommand() && interaction.commandName).toBe('secret');
  });

  test('resumes after its socket is cut, and misses nothing', async () => {
    const { requestLog, faults } = harness.sandbox;
    const resumed = once(client, Events.ShardResume);
    const heard = once(client, Events.InteractionCreate);
    faults.inject({ close: { applicationId: application.id, code: 1006 } });
    useCommand(harness.world, harness.seat('Max', 'music'), { command: 'play', options: { query: 'while away' } });
    await resumed;
    const [interaction] = (await heard) as [Interaction];
    expect(interaction.isChatInputCommand() && interaction.options.getString('query')).toBe('while away');
    const own = requestLog.since().filter((entry) => entry.applicationId === application.id);
    expect(own.filter((entry) => entry.kind === 'identify')).toHaveLength(1);
    expect(own.find((entry) => entry.kind === 'resume')).toMatchObject({ outcome: 'resumed', path: '/gateway/resume' });
  });

  test('resumes when it is asked to reconnect', async () => {
    const resumed = once(client, Events.ShardResume);
    harness.sandbox.faults.inject({ op7: application.id });
    await resumed;
    expect(client.isReady()).toBe(true);
  });
});
