import { z } from 'zod';
import { keyReportSchema } from '#security/keyring/key-report.ts';
import { createApiClient, type ApiClient } from '../client.ts';
import { patient } from './patient.ts';
import { leave, prove } from './proofs.ts';
import { createSandboxDoor } from './sandbox-door.ts';
import { dataPaths, type Scene } from './scene.ts';
import { eventually, expectThat, Story } from './story.ts';

export interface DemoOptions {
  /** The public API, as customers reach it. */
  readonly apiUrl: string;
  /** The sandbox's chat. */
  readonly sandboxUrl: string;
  readonly operatorSignIn: string;
  readonly say: (line: string) => void;
  /** Ends a process between two steps, and returns which one; by default nothing is ended. */
  readonly endOne?: () => Promise<string>;
}

const idSchema = z.object({ id: z.string() });
const statusSchema = z.object({
  ready: z.boolean(),
  session: z.looseObject({ status: z.string(), reason: z.string().optional() }).nullable(),
  instance: z.looseObject({ state: z.string(), reason: z.string().optional(), layers: z.array(z.string()) }).nullable(),
});
const onboardingSchema = z.object({
  checks: z.array(
    z.looseObject({
      id: z.string(),
      state: z.string(),
      title: z.string(),
      detail: z.string().optional(),
      fix: z.string().optional(),
    }),
  ),
});

/** Plays the whole story through the public interfaces. False if a step failed, after saying which. */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  const { say, endOne } = options;
  const story = new Story(say, endOne);
  say('\nThe demonstration, through the interfaces that people use:');
  try {
    await tell(story, options);
    say(`\nEvery step was seen, in ${story.seconds} s.`);
    return true;
  } catch (error) {
    say(`\n✗ ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

/** Waits until a check of the onboarding has passed; reports why if it fails. */
function passes(api: ApiClient, tenant: string, check: string): Promise<unknown> {
  return eventually(
    `the check '${check}' passes`,
    async () => {
      const { checks } = await api.call('GET', `/v1/tenants/${tenant}/onboarding`, onboardingSchema);
      const failed = checks.find(({ state }) => state === 'failed');
      if (failed) throw new Error(`${failed.title}: ${failed.detail} ${failed.fix}`);
      return checks.find(({ id }) => id === check)?.state === 'passed';
    },
    30_000,
  );
}

async function tell(story: Story, options: DemoOptions): Promise<void> {
  const scene = await onboard(story, options);
  await listen(story, scene);
  await rule(story, scene);
  await rotate(story, scene);
  await prove(story, scene);
  await leave(story, scene);
}

async function onboard(story: Story, options: DemoOptions): Promise<Scene> {
  const { apiUrl, sandboxUrl, operatorSignIn, endOne } = options;
  const sandbox = createSandboxDoor(sandboxUrl);
  const api = await story.step('an operator signs in with the one-time operator sign-in', async () => {
    const schema = z.object({ token: z.string() });
    const { token } = await createApiClient(apiUrl).call('POST', '/v1/sessions', schema, {
      oneTimeToken: operatorSignIn,
    });
    const client = createApiClient(apiUrl, token);
    return endOne ? patient(client) : client;
  });
  await story.step('a second use of the sign-in is refused', async () => {
    const again = createApiClient(apiUrl).call('POST', '/v1/sessions', z.unknown(), { oneTimeToken: operatorSignIn });
    await refused(again, 'session.sign-in-refused');
  });
  const tenant = await story.step(
    'a customer becomes a tenant',
    async () => (await api.call('POST', '/v1/tenants', idSchema, { name: 'Harmony Records' })).id,
  );
  await story.step('a token that Discord does not know is refused, with how to fix it', async () => {
    const wrong = 'MTA4NzY1NDMyMTA5ODc2NTQzMg.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789ab';
    await refused(api.call('PUT', `/v1/tenants/${tenant}/token`, z.unknown(), { token: wrong }), 'credential.rejected');
  });
  const application = await story.step('the customer creates an application at Discord', () =>
    sandbox.createApplication('Harmony Bot'),
  );
  const guild = (await sandbox.state()).guilds.find(({ name }) => name === 'Harmony Hall');
  if (!guild) throw new Error('the sandbox has no server "Harmony Hall"');
  await story.step('its token is pasted: checked, sealed, and its bot starts', async () => {
    await api.call('POST', `/v1/tenants/${tenant}/onboarding`, z.unknown(), { token: application.token });
    await passes(api, tenant, 'stored');
  });
  await story.step('the bot is invited to a server, joins a voice channel, plays audibly, and leaves', async () => {
    await sandbox.install(guild.id, application.id);
    await passes(api, tenant, 'plays');
  });
  const layers = await story.step('the bot is confined, connected and ready', () =>
    eventually(
      'ready',
      async () => {
        const status = await api.call('GET', `/v1/tenants/${tenant}`, statusSchema);
        if (status.instance?.state === 'failed') throw new Error(status.instance.reason ?? 'its process failed');
        return status.ready && status.instance?.layers;
      },
      30_000,
    ),
  );
  expectThat(layers.length > 0, 'no confinement layer is in force');
  return { api, sandbox, tenant, application, guild, ...dataPaths(guild) };
}

async function listen(story: Story, scene: Scene): Promise<void> {
  const { sandbox, guild, music, lounge, max, dana, application } = scene;
  const type = (user: string, command: string, given: Record<string, string | number> = {}) =>
    sandbox.command({ guild: guild.id, channel: music, user, applicationId: application.id, command, options: given });
  await story.step('its commands are registered for members', () =>
    eventually('/play is registered', async () => (await sandbox.commandNames(guild.id, music, max)).includes('play')),
  );
  await story.step('/play from outside a voice channel gets an ephemeral answer that says what to do', async () => {
    const outcome = await type(max, 'play', { query: 'eight second bell' });
    const said = outcome.message?.content ?? outcome.followups[0]?.content ?? '';
    expectThat(/voice/i.test(said), `it said: ${said}`);
    const seenByDana = await sandbox.messages(music, dana);
    expectThat(!seenByDana.some(({ content }) => content === said), 'the answer was visible to everybody');
  });
  await story.step('Max and Dana join the voice channel', async () => {
    await sandbox.joinVoice(guild.id, max, lounge);
    await sandbox.joinVoice(guild.id, dana, lounge);
  });
  await story.step('Max types /play eight second bell: it plays', async () => {
    const outcome = await type(max, 'play', { query: 'eight second bell' });
    expectThat(outcome.state === 'answered', `the interaction ended as ${outcome.state}`);
    expectThat(/Eight Second Bell/.test(outcome.message?.content ?? ''), `it said: ${outcome.message?.content}`);
    await plays(scene, 'Eight Second Bell');
  });
  await story.step('Max adds two more tracks', async () => {
    await type(max, 'play', { query: 'forty second loop' });
    await type(max, 'play', { query: 'glass winter' });
  });
  await story.step('the message in the channel shows the current track', () => shows(scene, 'Eight Second Bell'));
  await story.step('the track ends and the next one plays, in voice and in the message', async () => {
    await plays(scene, 'Forty Second Loop', 15_000);
    await shows(scene, 'Forty Second Loop');
  });
}

/** Waits until the bot's player on the Lavalink node plays a track whose title contains `title`. */
function plays({ sandbox, application, guild }: Scene, title: string, timeoutMs?: number): Promise<unknown> {
  return eventually(
    `"${title}" plays`,
    async () => {
      const players = await sandbox.players();
      return players.find(
        (player) =>
          player.userId === application.bot.id &&
          player.guildId === guild.id &&
          player.connected &&
          player.positionMs > 0 &&
          player.title?.includes(title) === true,
      );
    },
    timeoutMs,
  );
}

/** Waits until a public message of the bot has a track of this title as its heading, not only as the next one. */
function shows({ sandbox, application, music, dana }: Scene, title: string): Promise<unknown> {
  return eventually(`a message shows "${title}"`, async () => {
    const messages = await sandbox.messages(music, dana);
    const heading = new RegExp(`"### [^"]*\\*\\*\\[?${title}`);
    return messages.some(
      ({ author, components }) => author.id === application.bot.id && heading.test(JSON.stringify(components ?? [])),
    );
  });
}

async function rule(story: Story, scene: Scene): Promise<void> {
  const { api, sandbox, tenant, guild, music, max, dana, dj, application } = scene;
  const path = `/v1/tenants/${tenant}/guilds/${guild.id}/policy`;
  const skip = (user: string) =>
    sandbox.command({ guild: guild.id, channel: music, user, applicationId: application.id, command: 'skip' });
  await story.step('a policy with an error is refused as a whole, with the location of the error', async () => {
    const document = {
      rules: [{ id: 'x', effect: 'maybe', who: { everyone: true }, commands: 'all' }],
      otherwise: 'allow',
    };
    await refused(api.call('PUT', path, z.unknown(), document), 'policy.invalid');
  });
  await story.step('the owner lets only DJs skip', async () => {
    const document = {
      rules: [
        { id: 'djs-control', effect: 'allow', who: { roles: [dj] }, commands: 'all' },
        { id: 'everybody-plays', effect: 'allow', who: { everyone: true }, commands: ['play', 'queue', 'nowplaying'] },
      ],
      otherwise: 'deny',
    };
    await api.call('PUT', path, z.unknown(), document);
  });
  await story.step('Max types /skip: denied in an ephemeral answer, and the track plays on', async () => {
    const outcome = await skip(max);
    expectThat(outcome.ephemeral === true || outcome.followups.length > 0, 'the denial was visible to everybody');
    const said = outcome.message?.content ?? outcome.followups[0]?.content ?? '';
    expectThat(/do not let you/.test(said), `it said: ${said}`);
    await plays(scene, 'Forty Second Loop');
  });
  await story.step('Dana the DJ types /skip: the next track plays', async () => {
    await skip(dana);
    await plays(scene, 'Glass Winter');
  });
}

async function rotate(story: Story, scene: Scene): Promise<void> {
  const { api, tenant } = scene;
  await story.step('the owner rotates the keys that encrypt the token: new ones, and the track plays on', async () => {
    const { keys } = await api.call('POST', `/v1/tenants/${tenant}/keys/rotate`, keyReportSchema);
    const versions = keys.filter(({ purpose }) => purpose === 'data').map(({ version }) => version);
    // More than one newer, if the answer to a rotation was lost and it was asked for again.
    expectThat(versions.length === 1 && (versions[0] ?? 0) >= 2, `the versions in use are ${versions.join(', ')}`);
    await plays(scene, 'Glass Winter');
  });
}

async function refused(attempt: Promise<unknown>, code: string): Promise<void> {
  const outcome = await attempt.then(
    () => 'it was accepted',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
  expectThat(outcome === code, `expected ${code}, but: ${outcome}`);
}
