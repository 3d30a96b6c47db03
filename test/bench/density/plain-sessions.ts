import process from 'node:process';
import { Client, GatewayIntentBits } from 'discord.js';

/* Sessions without an edge: a discord.js client for each token, all in this one process. */

const clients: Client[] = [];

async function hold(apiUrl: string, token: string): Promise<void> {
  const intents = [GatewayIntentBits.Guilds, GatewayIntentBits.GuildVoiceStates];
  const client = new Client({ intents, rest: { api: apiUrl } });
  const ready = new Promise((resolve) => client.once('clientReady', resolve));
  await client.login(token);
  await ready;
  clients.push(client);
}

process.on('message', ({ apiUrl, tokens }: { apiUrl: string; tokens: readonly string[] }) => {
  void (async () => {
    for (const token of tokens) await hold(apiUrl, token);
    process.send?.({ held: clients.length });
  })();
});
