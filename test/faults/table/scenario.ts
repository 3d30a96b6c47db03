import { playerSchema } from '#services/contracts/player.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { createInstallation, type HostedTenant, type RunningPlatform } from '#test/e2e/platform.ts';
import { textOf, type Person } from '#test/e2e/sandbox.ts';
import { mountDisk, type Disk } from './disk.ts';

/** A running platform on its own disk, with one tenant under observation and another one. */
export interface Scenario extends AsyncDisposable {
  readonly platform: RunningPlatform;
  readonly tenant: HostedTenant;
  readonly guild: string;
  /** Members of the observed tenant's server, all in one voice channel; many, to stay within each one's rate limit. */
  readonly people: readonly Person[];
  /** Members of the other tenant's server. */
  readonly other: readonly Person[];
  readonly disk: Disk;
  /** Titles of the current track and the queue. */
  queue(): Promise<string[]>;
  /** Starts a long song with an empty queue. */
  playAnew(): Promise<void>;
}

const watchedPeople = 24;
const otherPeople = 200;

export async function openScenario(): Promise<Scenario> {
  await using stack = new AsyncDisposableStack();
  const disk = stack.use(await mountDisk());
  const installation = stack.use(await createInstallation(disk.folder));
  const platform = stack.use(await installation.start());
  const watched = await audience(platform, 'Watched', watchedPeople);
  const other = await audience(platform, 'Other', otherPeople);
  const [first] = watched.people;
  if (!first) throw new Error('nobody is there');
  const { tenant, guild } = watched;
  const player = () => platform.owner.call('GET', `/v1/tenants/${tenant.id}/guilds/${guild}/player`, playerSchema);
  const owned = stack.move();
  return {
    ...watched,
    platform,
    other: other.people,
    disk,
    async queue() {
      const { current, queue } = await player();
      return [...(current ? [current] : []), ...queue].map(({ title }) => title);
    },
    async playAnew() {
      await eventually('a song begins', async () => {
        await first.type('stop');
        return textOf(await first.type('play', { query: longSong })).startsWith('Playing');
      });
      await eventually('it sounds', async () =>
        (await platform.sandbox.players()).some(({ guildId, positionMs }) => guildId === guild && positionMs > 0),
      );
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** From the sandbox's catalogue; six minutes long. */
const longSong = 'overnight express';

async function audience(platform: RunningPlatform, name: string, size: number) {
  const { sandbox } = platform;
  const guild = await sandbox.createGuild(`${name} server`);
  const channel = await sandbox.createChannel(guild, 'music', 'text');
  const voice = await sandbox.createChannel(guild, 'Lounge', 'voice');
  const tenant = await platform.onboard(name, guild);
  const people: Person[] = [];
  for (let number = 0; number < size; number += 1) {
    const user = await sandbox.addPerson(guild, `${name}-${number}`);
    const person = sandbox.person({ guild, channel, user, applicationId: tenant.application.id });
    await person.joinVoice(voice);
    people.push(person);
  }
  return { tenant, guild, people };
}
