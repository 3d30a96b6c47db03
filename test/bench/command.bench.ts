import process from 'node:process';
import { Client, GatewayIntentBits, SlashCommandBuilder } from 'discord.js';
import { createAudience, type Audience } from '../e2e/audience.ts';
import { createInstallation, type RunningPlatform } from '../e2e/platform.ts';
import { harmonyHall } from '../e2e/harmony-hall.ts';
import type { Person } from '../e2e/sandbox.ts';
import { measureLoad } from './command/load.ts';
import { recordedCalls } from './proxy/recorded-calls.ts';

/*
 * What a member waits for: from sending the interaction at the sandbox's Discord to the callback's arrival there (p50
 * and p99), for the confined bots of 20 tenants on one platform. The baseline is a plain discord.js bot with its own
 * token and network, which answers at once. The commands of all bots are spread evenly, one after the other,
 * alternating between both kinds, so that both meet the same machine. /volume changes something: it is authorized,
 * recorded durably, stored, and applied at the node.
 *
 *   node test/bench/command.bench.ts [tenants] [rounds] [calls]
 *   node test/bench/command.bench.ts load [tenants] [commands a second of each] [seconds]
 *
 * `calls` also prints what passed gateway-proxy from the first /play on, for the mix of `bench -- proxy`. `load` types
 * to all bots at once (command/load.ts).
 */
/** Ms from sending to the callback, by the sandbox's clock. */
async function once(person: Person, command: string, options?: Record<string, number>): Promise<number> {
  const { state, timings } = await person.type(command, options);
  if (state !== 'answered' || timings.callbackAt === null) throw new Error(`/${command} ended as ${state}`);
  return timings.callbackAt - timings.createdAt;
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}

function show(name: string, values: readonly number[], baseline?: readonly number[]): void {
  const sorted = values.toSorted((a, b) => a - b);
  const columns = [0.5, 0.99].map((part) => {
    const value = quantile(sorted, part);
    const base =
      baseline &&
      quantile(
        baseline.toSorted((a, b) => a - b),
        part,
      );
    // The sandbox counts whole milliseconds; less than one counts as one.
    const ratio = base === undefined ? '' : ` (${(value / Math.max(1, base)).toFixed(1)} x)`;
    return `p${part * 100} ${value} ms${ratio}`.padEnd(22);
  });
  console.log(`${name.padEnd(34)} ${columns.join('  ')} n=${values.length}`);
}

/** A bot as in its library's guide: one process, the token in it, an answer without asking any other service. */
async function plainBot({ sandbox }: RunningPlatform, apiUrl: string, guild: string) {
  const application = await sandbox.createApplication('Plain');
  await sandbox.install(guild, application.id);
  const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: apiUrl } });
  const ready = new Promise((resolve) => client.once('clientReady', resolve));
  client.on('interactionCreate', (interaction) => {
    if (interaction.isChatInputCommand()) void interaction.reply({ content: 'Nothing is playing.', flags: 64 });
  });
  await client.login(application.token);
  await ready;
  await client.application?.commands.set([
    new SlashCommandBuilder().setName('queue').setDescription('Show what is playing and what is next').toJSON(),
  ]);
  return { application, [Symbol.asyncDispose]: () => client.destroy() };
}

async function oneByOne(tenants: number, rounds: number, printsCalls: boolean): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const installation = stack.use(await createInstallation());
  const platform = stack.use(await installation.start());
  const { sandbox } = platform;
  const hall = await harmonyHall(sandbox);

  const audiences: Audience[] = [];
  for (let index = 0; index < tenants; index += 1)
    audiences.push(await createAudience(platform, index, Math.ceil(rounds / 3)));
  const readyAtMs = Date.now();
  for (const { people } of audiences) await people[0]?.type('play', { query: 'overnight express' });
  console.log(`${tenants} tenants' bots are ready and play`);

  const plain = stack.use(await plainBot(platform, sandbox.apiUrl, hall.guild));
  const visitor = sandbox.person({
    guild: hall.guild,
    channel: hall.music,
    user: hall.max,
    applicationId: plain.application.id,
  });

  const times = { plain: [] as number[], queue: [] as number[], volume: [] as number[] };
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, { people }] of audiences.entries()) {
      const person = people[Math.max(0, round) % people.length];
      if (!person) throw new Error('nobody listens');
      const base = await once(visitor, 'queue');
      const queue = await once(person, 'queue');
      // The first round warms up both kinds, and /volume is rate-limited.
      const volume = round < 0 ? 0 : await once(person, 'volume', { percent: 40 + ((round * tenants + index) % 60) });
      if (round < 0) continue;
      times.plain.push(base);
      times.queue.push(queue);
      times.volume.push(volume);
    }
  }
  show('plain discord.js, answers at once', times.plain);
  show('/queue, read through the platform', times.queue, times.plain);
  show('/volume, decided, recorded, set', times.volume, times.plain);
  if (printsCalls) console.log((await recordedCalls(platform, readyAtMs)).join('\n'));
}

const [first, ...rest] = process.argv.slice(2);
const [tenants = 100, perSec = 10, seconds = 60] = rest.map(Number);
if (first === 'load') await measureLoad({ tenants, perSec, seconds });
else await oneByOne(Number(first ?? 20), Number(rest[0] ?? 6), rest[1] === 'calls');
