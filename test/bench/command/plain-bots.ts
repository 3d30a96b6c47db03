import process from 'node:process';
import { Client, GatewayIntentBits, SlashCommandBuilder } from 'discord.js';

/*
 * Plain discord.js bots, all in this one process, as in the library's guide: each has its token in it, and answers at
 * once without asking anybody. Started with an IPC channel; tells how many are ready, and ends with the channel.
 */
export interface PlainBots {
  readonly apiUrl: string;
  readonly tokens: readonly string[];
  readonly commands: readonly string[];
}

process.once('message', ({ apiUrl, tokens, commands }: PlainBots) => {
  const started = tokens.map(async (token) => {
    const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: apiUrl } });
    const ready = new Promise((resolve) => client.once('clientReady', resolve));
    client.on('interactionCreate', (interaction) => {
      if (interaction.isChatInputCommand()) void interaction.reply({ content: 'Nothing is playing.', flags: 64 });
    });
    await client.login(token);
    await ready;
    await client.application?.commands.set(
      commands.map((name) =>
        new SlashCommandBuilder()
          .setName(name)
          .setDescription('Show or change what is playing')
          .addIntegerOption((option) => option.setName('percent').setDescription('The volume'))
          .toJSON(),
      ),
    );
  });
  Promise.all(started).then(
    () => process.send?.('ready'),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit(0));
