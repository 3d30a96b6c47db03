import { Argument, Command, InvalidArgumentError } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { everyPage } from '../pages.ts';
import { discordId, guildArgument, jsonOption, tenantArgument, wholeNumber, type JsonFlag } from './arguments.ts';
import { exampleGuild, exampleTenant } from './examples.ts';
import { describePlayer, describeQueue, describeServer } from './player-words.ts';
import { signedIn } from './session.ts';

const exampleEntry = 'ent_01jx5m2q7b8c4n6s9t0v1w3x5y';
const inGuild = (tenant: string, guild: string) => ({ params: { path: { tenant, guild } } });
const example = (command: string, rest = '') =>
  `\nExample:\n  bailiwick player ${command} ${exampleTenant} ${exampleGuild}${rest}`;
const entry = () =>
  new Argument('<entry>', 'ent_…, from `player queue`').argParser((text) => {
    if (/^ent_[0-9a-hjkmnp-tv-z]{26}$/.test(text)) return text;
    throw new InvalidArgumentError('`bailiwick player queue` lists the entries.');
  });

/** `bailiwick player`: what is playing in a tenant's servers, and its controls. */
export function playerCommands(): Command {
  const player = new Command('player').description(
    'control players: list, show, queue, add, pause, resume, skip, stop, volume, move, remove',
  );
  const controls = (['pause', 'resume', 'skip', 'stop'] as const).map(controlCommand);
  for (const command of [...reading(), addCommand(), ...controls, volumeCommand(), moveCommand(), removeCommand()])
    player.addCommand(command);
  return player;
}

function reading(): Command[] {
  const list = new Command('list')
    .addArgument(tenantArgument())
    .description('list its servers and what is playing there')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick player list ${exampleTenant}`)
    .action(async (tenant: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const items = await everyPage((query) =>
        dataOf(api.GET('/v1/tenants/{tenant}/guilds', { params: { path: { tenant }, query } })),
      );
      if (json) return print({ items });
      if (items.length === 0) say('The bot is not in any server yet.');
      for (const server of harmless(items)) say(describeServer(server));
    });
  const show = inServer('show', 'show what is playing in a server').action(
    async (tenant: string, guild: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const player = await dataOf(api.GET('/v1/tenants/{tenant}/guilds/{guild}/player', inGuild(tenant, guild)));
      if (json) print(player);
      else say(describePlayer(harmless(player)));
    },
  );
  const queue = inServer('queue', 'show the queue').action(
    async (tenant: string, guild: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const items = await everyPage((query) =>
        dataOf(
          api.GET('/v1/tenants/{tenant}/guilds/{guild}/player/queue', { params: { path: { tenant, guild }, query } }),
        ),
      );
      if (json) print({ items });
      else say(items.length === 0 ? 'The queue is empty.' : describeQueue(harmless(items)));
    },
  );
  return [list, show, queue];
}

const inServer = (name: string, description: string, rest = ''): Command =>
  new Command(name)
    .addArgument(tenantArgument())
    .addArgument(guildArgument())
    .description(description)
    .addOption(jsonOption())
    .addHelpText('after', example(name, rest));

const texts = {
  pause: 'pause playback',
  resume: 'resume playback',
  skip: 'skip to the next track',
  stop: 'stop, clear the queue and leave the channel',
} as const;

const controlCommand = (name: keyof typeof texts): Command =>
  inServer(name, texts[name]).action(async (tenant: string, guild: string, flags: JsonFlag) => {
    const { api } = await signedIn();
    changed(
      await dataOf(api.POST(`/v1/tenants/{tenant}/guilds/{guild}/player/${name}`, inGuild(tenant, guild))),
      flags,
    );
  });

const addCommand = (): Command =>
  inServer('add', 'add a track or a playlist, by search or link', ' "never gonna give you up"')
    .argument('<query>', 'a search term or a link')
    .option('--voice-channel <id>', 'the voice channel to join if the bot is in none', discordId('A channel'))
    .action(async (tenant: string, guild: string, query: string, flags: JsonFlag & { voiceChannel?: string }) => {
      const body = { query, ...(flags.voiceChannel === undefined ? {} : { voiceChannel: flags.voiceChannel }) };
      const { api } = await signedIn();
      const answer = await dataOf(
        api.POST('/v1/tenants/{tenant}/guilds/{guild}/player/queue', { ...inGuild(tenant, guild), body }),
      );
      if (flags.json) return print(answer);
      const { added, addedCount, leftOut, refused } = harmless(answer);
      const more = addedCount > 1 ? ` and ${addedCount - 1} more` : '';
      if (added[0]) say(`${colors.green('✓')} Added ${added[0].title}${more}.`);
      for (const { reason, count } of leftOut) say(`${colors.yellow('!')} ${count} left out (${reason}).`);
      if (refused !== null) say(`${colors.yellow('!')} ${refused}`);
    });

const volumeCommand = (): Command =>
  inServer('volume', 'set the volume', ' 80')
    .argument('<percent>', '0 to 150', wholeNumber)
    .action(async (tenant: string, guild: string, percent: number, flags: JsonFlag) => {
      const { api } = await signedIn();
      const options = { ...inGuild(tenant, guild), body: { percent } };
      changed(await dataOf(api.PUT('/v1/tenants/{tenant}/guilds/{guild}/player/volume', options)), flags);
    });

const moveCommand = (): Command =>
  inServer('move', 'move a track within the queue', ` ${exampleEntry} 0`)
    .addArgument(entry())
    .argument('<position>', '0 plays next', wholeNumber)
    .action(async (tenant: string, guild: string, entryId: string, to: number, flags: JsonFlag) => {
      const { api } = await signedIn();
      const options = { ...inGuild(tenant, guild), body: { entryId, to } };
      changed(await dataOf(api.POST('/v1/tenants/{tenant}/guilds/{guild}/player/queue/move', options)), flags);
    });

const removeCommand = (): Command =>
  inServer('remove', 'remove a track from the queue', ` ${exampleEntry}`)
    .addArgument(entry())
    .action(async (tenant: string, guild: string, track: string, flags: JsonFlag) => {
      const { api } = await signedIn();
      const path = { tenant, guild, entry: track };
      changed(
        await dataOf(api.DELETE('/v1/tenants/{tenant}/guilds/{guild}/player/queue/{entry}', { params: { path } })),
        flags,
      );
    });

function changed(answer: { readonly player: Parameters<typeof describePlayer>[0] }, { json }: JsonFlag): void {
  if (json) print(answer);
  else say(describePlayer(harmless(answer.player)));
}
