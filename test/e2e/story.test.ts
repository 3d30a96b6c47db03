// @module-tag linux
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ApiClient } from '#services/cli/src/client.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { auditLogOf, eventuallyRecorded, verifyText } from './audit-log.ts';
import { noSecretStands } from './no-secret.ts';
import { harmonyHall, type HarmonyHall } from './harmony-hall.ts';
import { survivorsOf } from './processes.ts';
import { createInstallation, type HostedTenant, type Installation, type RunningPlatform } from './platform.ts';
import { buttonsOf, readable, textOf, type Message, type Person } from './sandbox.ts';
import { shownCommands } from './shown-commands.ts';

/*
 * The story of a customer and of another one beside it, on the platform as `npm start` runs it. The tests are in order,
 * and each continues where the previous one ended.
 */
const stack = new AsyncDisposableStack();
let installation: Installation;
let platform: RunningPlatform;
let hall: HarmonyHall;
let harmony: HostedTenant;
let quiet: HostedTenant;
let max: Person;
let dana: Person;
/** The output of the launcher before it was restarted, and the sign-in in it. */
let earlierStart: { output: string; ownerSignIn: string };

const anything = z.unknown();
const wrongToken = 'MTA4NzY1NDMyMTA5ODc2NTQzMg.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789ab';
const at = (tenant: HostedTenant, rest = '') => `/v1/tenants/${tenant.id}${rest}`;
const personOf = (user: string, tenant: HostedTenant, places = hall): Person =>
  platform.sandbox.person({
    guild: places.guild,
    channel: places.music,
    user,
    applicationId: tenant.application.id,
  });
const refusal = (attempt: Promise<unknown>) =>
  attempt.then(
    () => ({ code: 'none' }),
    (error: unknown) => error,
  );

beforeAll(async () => {
  installation = stack.use(await createInstallation());
  platform = stack.use(await installation.start());
  hall = await harmonyHall(platform.sandbox);
});

afterAll(() => stack.disposeAsync());

/** The command line as a user runs it. */
async function bailiwick(args: readonly string[]) {
  const child = spawn(process.execPath, ['services/cli/src/main.ts', ...args], {
    cwd: path.resolve(import.meta.dirname, '../..'),
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { out, error, code: code as number };
}

/** Waits until the Lavalink node plays a title for this bot; since the position moves, there is sound. */
const plays = (title: string, tenant = harmony, guild = hall.guild) =>
  eventually(`"${title}" plays`, async () => {
    const players = await platform.sandbox.players();
    return players.find(
      ({ userId, guildId, connected, positionMs, title: current }) =>
        userId === tenant.application.bot.id && guildId === guild && connected && positionMs > 0 && current === title,
    );
  });

/** The now-playing message: the bot's newest public message with buttons. */
const nowPlaying = async (person: Person): Promise<Message | undefined> =>
  (await person.messages()).findLast((message) => buttonsOf(message).includes('bw:skip'));

const shows = (person: Person, holds: (message: Message) => boolean, what: string) =>
  eventually(`the now-playing message shows ${what}`, async () => {
    const message = await nowPlaying(person);
    return message !== undefined && holds(message) && message;
  });

/** Of the track that plays; the next one's stands further down. */
const title = (message: Message) => /^### .*\n\*\*\[?(.*?)(?:\]|\*\*)/m.exec(readable(message))?.[1];
const headline = (message: Message) => /^### (.*)$/m.exec(readable(message))?.[1];
/** What stands behind a name, such as the volume. */
const field = (message: Message, name: string) =>
  new RegExp(`${name}[ ·]+\\*\\*(.*?)\\*\\*`).exec(readable(message))?.[1];

const loungeStatus = async () => {
  const { guilds } = await platform.sandbox.state();
  return guilds.flatMap(({ channels }) => channels).find(({ id }) => id === hall.lounge)?.status ?? null;
};

describe('onboarding', () => {
  test('refuses a second use of the sign-in, and every call without a session', async () => {
    const again = platform.anonymous.call('POST', '/v1/sessions', anything, { oneTimeToken: platform.ownerSignIn });
    expect(await refusal(again)).toMatchObject({ code: 'session.sign-in-refused', status: 401 });
    expect(await refusal(platform.anonymous.call('GET', '/v1/tenants', anything))).toMatchObject({
      code: 'session.required',
    });
  });

  test('stores nothing of a token that Discord refuses, and starts nothing', async () => {
    const { id } = await platform.owner.call('POST', '/v1/tenants', z.object({ id: z.string() }), { name: 'Typo' });
    const refused = platform.owner.call('PUT', `/v1/tenants/${id}/token`, anything, { token: wrongToken });
    expect(await refusal(refused)).toMatchObject({ code: 'credential.rejected' });
    for (const table of ['application_credential', 'gateway_session', 'instance']) {
      expect(await platform.query(`select 1 from ${table} where tenant_id = $1`, [id]), table).toEqual([]);
    }
    const state = await platform.stateOf(id);
    expect(state).toMatchObject({ ready: false, tenant: { status: 'created', applicationId: null } });
    expect(await platform.bots()).toEqual([]);
    await platform.owner.call('DELETE', `/v1/tenants/${id}`, anything);
  });

  test('accepts a valid token and has the bot ready, confined and connected', async () => {
    harmony = await platform.onboard('Harmony Records', hall.guild);
    expect(await platform.sandbox.isConnected(harmony.application.id)).toBe(true);
    expect(await platform.bots()).toHaveLength(1);
    const rows = await platform.query<{ sealed: Buffer }>('select sealed from application_credential');
    expect(rows).toHaveLength(1);
    expect(rows[0]?.sealed.toString('latin1')).not.toContain(harmony.application.token);
    max = personOf(hall.max, harmony);
    dana = personOf(hall.dana, harmony);
    for (const person of [max, dana]) await person.joinVoice(hall.lounge);
  });

  test('passes every check of the onboarding with its own process, is heard, and leaves', async () => {
    const view = z.object({ checks: z.array(z.looseObject({ id: z.string(), state: z.string() })), done: z.boolean() });
    await platform.owner.call('POST', at(harmony, '/onboarding/resume'), view);
    const seen = await eventually('every check has passed, or one has failed', async () => {
      const now = await platform.owner.call('GET', at(harmony, '/onboarding'), view);
      return (now.done || now.checks.some(({ state }) => state === 'failed')) && now;
    });
    expect(seen.checks.filter(({ state }) => state !== 'passed')).toEqual([]);
    await eventually('nothing plays', async () => (await platform.sandbox.players()).every(({ title }) => !title));
  });

  test("refuses a token that another tenant uses, and leaves that tenant's bot alone", async () => {
    const { id } = await platform.owner.call('POST', '/v1/tenants', z.object({ id: z.string() }), { name: 'Copycat' });
    const { token } = harmony.application;
    const refused = platform.owner.call('PUT', `/v1/tenants/${id}/token`, anything, { token });
    expect(await refusal(refused)).toMatchObject({ code: 'credential.used-by-another-tenant' });
    expect(await platform.stateOf(harmony.id)).toMatchObject({ ready: true, instance: { restarts: 0 } });
    await platform.owner.call('DELETE', `/v1/tenants/${id}`, anything);
  });
});

describe('music', () => {
  test('suggests tracks while a member types, and plays the one that is chosen', async () => {
    const choices = await max.complete('play', 'query', 'eight sec');
    expect(choices[0]).toMatchObject({ name: expect.stringContaining('Eight Second Bell') });
    const outcome = await max.type('play', { query: choices[0]?.value ?? '' });
    expect(outcome.state).toBe('answered');
    expect(textOf(outcome)).toMatch(/^Playing \*\*\[Eight Second Bell\]/);
    await plays('Eight Second Bell');
    await shows(max, (message) => title(message) === 'Eight Second Bell', 'the track');
  });

  test('queues added tracks, shows them, and advances by itself', async () => {
    expect(textOf(await max.type('play', { query: 'weather systems' }))).toContain('position 1 in the queue');
    expect(textOf(await max.type('play', { query: 'cloud inventory' }))).toContain('position 2 in the queue');
    const queue = await max.type('queue');
    expect(queue.ephemeral).toBe(true);
    expect(textOf(queue)).toMatch(/Eight Second Bell[^]*`1\.` .*Weather Systems[^]*`2\.` .*Cloud Inventory/);
    await plays('Weather Systems');
    const message = await shows(max, (one) => title(one) === 'Weather Systems', 'the next track');
    expect(field(message, 'Up next')).toBe('Cloud Inventory');
    // The previous track's message is gone: there is only one such message, at the end of the channel.
    await eventually('one now-playing message', async () => {
      const all = (await max.messages()).filter((one) => buttonsOf(one).includes('bw:skip'));
      return all.length === 1;
    });
  });

  test('the volume is the same at the node, in the answer and in the message', async () => {
    expect(textOf(await max.type('volume', { percent: 60 }))).toBe('The volume is 60%.');
    await shows(max, (message) => field(message, 'Volume') === '60%', 'the volume');
    await eventually('the status of the voice channel says what plays', async () =>
      (await loungeStatus())?.includes('Weather Systems'),
    );
    expect(await plays('Weather Systems')).toMatchObject({ volume: 60 });
  });

  test('a member pauses, resumes, skips and stops by the buttons of the message', async () => {
    const { positionMs } = await plays('Weather Systems');
    expect((await max.press('bw:pause')).state).toBe('answered');
    await shows(max, (message) => headline(message) === 'Paused', 'that it is paused');
    const paused = await plays('Weather Systems');
    expect(paused.paused).toBe(true);
    expect(paused.positionMs).toBeGreaterThanOrEqual(positionMs);
    expect((await dana.press('bw:resume')).state).toBe('answered');
    await shows(max, (message) => headline(message) === 'Now playing', 'that it plays');
    expect(await plays('Weather Systems')).toMatchObject({ paused: false });
    expect((await dana.press('bw:skip')).state).toBe('answered');
    await plays('Cloud Inventory');
    await shows(max, (message) => title(message) === 'Cloud Inventory', 'the next track');
    expect((await max.press('bw:stop')).state).toBe('answered');
    await eventually('nothing plays', async () => {
      const players = await platform.sandbox.players();
      return players.every(({ title }) => title === null);
    });
    await eventually('the message is gone', async () => (await nowPlaying(max)) === undefined);
    // Members are still there, so Discord would have left it.
    await eventually('the status of the voice channel is gone', async () => (await loungeStatus()) === null);
  });

  test('a member who is in no voice channel is told so privately, and nothing plays', async () => {
    const outcome = await personOf(hall.robin, harmony).type('play', { query: 'rooftops' });
    expect(outcome).toMatchObject({ state: 'answered' });
    expect(textOf(outcome)).toMatch(/voice channel/);
    const others = await personOf(hall.max, harmony).messages();
    expect(others.filter(({ content }) => /voice channel/.test(content))).toEqual([]);
    expect((await platform.sandbox.players()).every(({ title }) => title === null)).toBe(true);
  });
});

describe('policy', () => {
  test('denies /skip to a member without permission, and the track plays on; allows it to a DJ', async () => {
    const rules = [
      { id: 'djs-control', effect: 'allow', who: { roles: [hall.dj] }, commands: 'all' },
      { id: 'everybody-plays', effect: 'allow', who: { everyone: true }, commands: ['play', 'queue', 'nowplaying'] },
    ];
    const policy = at(harmony, `/guilds/${hall.guild}/policy`);
    await platform.owner.call('PUT', policy, anything, { rules, otherwise: 'deny' });
    await max.type('play', { query: 'night shift' });
    await max.type('play', { query: 'rooftops' });
    await plays('Night Shift');
    for (const denied of [await max.type('skip'), await max.press('bw:skip'), await max.press('bw:stop')]) {
      expect(denied.state).toBe('answered');
      expect(denied.ephemeral === true || denied.followups.length > 0).toBe(true);
      expect(textOf(denied)).toMatch(/do not let you/);
    }
    await plays('Night Shift');
    expect(textOf(await dana.type('skip'))).toContain('Rooftops');
    await plays('Rooftops');
    const log = await eventuallyRecorded(
      platform.owner,
      harmony.id,
      'the allowed /skip, which came last',
      ({ action, rule }) => action === 'player.skip' && rule?.includes('djs-control') === true,
    );
    expect(log.records).toContainEqual(
      expect.objectContaining({
        outcome: 'denied',
        action: 'player.skip',
        onBehalfOf: expect.objectContaining({ id: expect.stringContaining(hall.max) }),
      }),
    );
  });

  test('refuses a faulty policy entirely', async () => {
    const policy = at(harmony, `/guilds/${hall.guild}/policy`);
    const before = await platform.owner.call('GET', policy, anything);
    const document = {
      rules: [{ id: 'x', effect: 'maybe', who: { everyone: true }, commands: 'all' }],
      otherwise: 'deny',
    };
    const refused = platform.owner.call('PUT', policy, anything, document);
    expect(await refusal(refused)).toMatchObject({ code: 'policy.invalid', faults: [{ at: '/rules/0/effect' }] });
    expect(await platform.owner.call('GET', policy, anything)).toEqual(before);
  });
});

describe('a policy beyond permissions', () => {
  test('turns an unpermitted /skip into a vote, limits the sources, and is rolled back', async () => {
    const policy = at(harmony, `/guilds/${hall.guild}/policy`);
    const patch = (document: object) =>
      platform.owner.call('PATCH', policy, anything, document, {
        'content-type': 'application/merge-patch+json',
        'if-match': '*',
      });
    const robin = personOf(hall.robin, harmony);
    await robin.joinVoice(hall.lounge);
    await patch({ voteSkip: { share: 1 }, sources: ['soundcloud'] });
    const voted = await eventually(
      'the vote is counted',
      async () => /.* votes/.exec(textOf(await robin.type('skip')))?.[0],
    );
    expect(voted).toBe('1 of 3 votes');
    expect(textOf(await max.type('play', { query: 'kitchen radio' }))).toContain('only from soundcloud');
    await patch({ voteSkip: null, sources: null });
    await plays('Rooftops');
  });
});

describe('two tenants side by side', () => {
  let robin: Person;
  let robins: ApiClient;
  /** In the guild where only it is. */
  let commandsOfQuiet: () => Promise<readonly string[]>;

  test('each bot plays its own music in one guild, under its own policy', async () => {
    quiet = await platform.onboard('Quiet Riot', hall.guild);
    robin = personOf(hall.robin, quiet);
    await robin.joinVoice(await platform.sandbox.createChannel(hall.guild, 'Balcony', 'voice'));
    await robin.type('play', { query: 'golden hour' });
    await robin.type('play', { query: 'kitchen radio' });
    await plays('Golden Hour', quiet);
    await plays('Rooftops', harmony);
    // Harmony's rules let only DJs skip in this very guild; they do not apply to this bot.
    expect(textOf(await robin.type('skip'))).toContain('Kitchen Radio');
    await plays('Kitchen Radio', quiet);
    await plays('Rooftops', harmony);
    expect(textOf(await robin.type('queue'))).not.toContain('Rooftops');
  });

  test('and different music in another guild', async () => {
    const guild = await platform.sandbox.createGuild('Back Room');
    const channel = await platform.sandbox.createChannel(guild, 'jukebox', 'text');
    const voice = await platform.sandbox.createChannel(guild, 'Corner', 'voice');
    await platform.sandbox.install(guild, quiet.application.id);
    const user = await platform.sandbox.addPerson(guild, 'kim');
    commandsOfQuiet = () => platform.sandbox.commandNames(guild, channel, user);
    const kim = platform.sandbox.person({ guild, channel, user, applicationId: quiet.application.id });
    await kim.joinVoice(voice);
    expect(textOf(await kim.type('play', { query: 'blue corner' }))).toContain('Playing');
    await plays('Blue Corner', quiet, guild);
    await plays('Kitchen Radio', quiet);
    expect(textOf(await kim.type('stop'))).toContain('Stopped');
  });

  test('an owner of one learns nothing about the other and changes nothing there', async () => {
    robins = await platform.signInAs(`discord:${hall.robin}`, [quiet.id]);
    const state = await eventually('the owner sees the own tenant', () =>
      robins.call('GET', at(quiet), anything).catch(() => undefined),
    );
    expect(state).toMatchObject({ tenant: { id: quiet.id }, ready: true });
    const [before, botsBefore, policyBefore] = [
      await everythingOf(harmony),
      await platform.bots(),
      await policyOf(harmony),
    ];
    const policy = `/guilds/${hall.guild}/policy`;
    const attempts = [
      robins.call('GET', at(harmony), anything),
      robins.call('GET', at(harmony, '/policies'), anything),
      robins.call('GET', at(harmony, policy), anything),
      robins.call('GET', at(harmony, `${policy}/history`), anything),
      robins.call('PUT', at(harmony, policy), anything, { rules: [], otherwise: 'allow' }),
      robins.call('GET', at(harmony, '/audit/key'), anything),
      robins.download(at(harmony, '/audit/export')),
      robins.call('PUT', at(harmony, '/token'), anything, { token: quiet.application.token }),
      robins.call('POST', at(harmony, '/suspend'), anything, { reason: 'envy' }),
      robins.call('POST', at(harmony, '/resume'), anything),
      robins.call('DELETE', at(harmony), anything),
    ];
    for (const answer of await Promise.all(attempts.map(refusal))) {
      expect(answer).toMatchObject({ code: 'tenant.unknown', status: 404 });
    }
    expect(await everythingOf(harmony)).toEqual(before);
    expect(await policyOf(harmony)).toEqual(policyBefore);
    expect(await platform.bots()).toEqual(botsBefore);
    await plays('Rooftops', harmony);
    const listed = await robins.call('GET', '/v1/tenants', z.object({ items: z.array(z.object({ id: z.string() })) }));
    expect(listed.items.map(({ id }) => id)).toEqual([quiet.id]);
    // And the targeted tenant can see who tried.
    await eventuallyRecorded(
      platform.owner,
      harmony.id,
      'the attempt',
      ({ action, outcome, actor }) =>
        action === 'tenant.delete' && outcome === 'denied' && actor.id === `discord:${hall.robin}`,
    );
  });

  test('a suspended one is offline and answers nobody, while the other plays on', async () => {
    expect(await commandsOfQuiet()).toHaveLength(shownCommands.length);
    await robins.call('POST', at(quiet, '/suspend'), anything, { reason: 'unpaid' });
    expect(await platform.stateOf(quiet.id)).toMatchObject({
      ready: false,
      tenant: { status: 'suspended', reason: 'unpaid' },
      instance: { state: 'stopped' },
    });
    expect(await platform.sandbox.isConnected(quiet.application.id)).toBe(false);
    expect(await platform.bots()).toHaveLength(1);
    // Its commands are gone from Discord, and its now-playing message says why.
    expect(await commandsOfQuiet()).toEqual([]);
    const left = (await robin.messages()).filter((message) => buttonsOf(message).length > 0);
    expect(left).toEqual([]);
    expect((await robin.messages()).map(readable).join()).toContain('This bot is suspended.');
    expect((await max.type('nowplaying')).state).toBe('answered');
    await plays('Rooftops', harmony);
  });

  test('a resumed one is back and answers', async () => {
    await robins.call('POST', at(quiet, '/resume'), anything);
    await platform.untilReady(quiet.id);
    expect(await platform.sandbox.isConnected(quiet.application.id)).toBe(true);
    expect((await robin.type('queue')).state).toBe('answered');
    expect(await commandsOfQuiet()).toHaveLength(shownCommands.length);
  });

  test("a deleted one's instance, credential and key are gone, unlike the other's", async () => {
    const keys = () => readdir(path.join(installation.data, 'keyring', 'discord-edge'));
    const keysBefore = await keys();
    await robins.call('DELETE', at(quiet), anything);
    expect(await refusal(platform.owner.call('GET', at(quiet), anything))).toMatchObject({ code: 'tenant.unknown' });
    const tables = await platform.query<{ table_name: string }>(
      "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id'",
    );
    const holding: string[] = [];
    for (const { table_name: table } of tables) {
      const rows = await platform.query(`select 1 from "${table}" where tenant_id = $1 limit 1`, [quiet.id]);
      if (rows.length > 0) holding.push(table);
    }
    expect(holding.filter((table) => !table.startsWith('audit_'))).toEqual([]);
    const destroyed = keysBefore.filter((name) => name.includes(quiet.id));
    expect(destroyed).not.toEqual([]);
    expect(await keys()).toEqual(keysBefore.filter((name) => !destroyed.includes(name)));
    expect(await platform.bots()).toHaveLength(1);
    expect(await platform.sandbox.isConnected(quiet.application.id)).toBe(false);
    expect(await platform.stateOf(harmony.id)).toMatchObject({ ready: true, instance: { restarts: 0 } });
    await plays('Rooftops', harmony);
  });
});

const policyOf = (tenant: HostedTenant) =>
  platform.owner.call('GET', at(tenant, `/guilds/${hall.guild}/policy`), anything);

/** What a stranger must not be able to change. */
const everythingOf = async (tenant: HostedTenant) => ({
  tenant: (await platform.stateOf(tenant.id)).tenant,
  instance: await platform.query('select desired, state, restarts from instance where tenant_id = $1', [tenant.id]),
  credential: await platform.query('select application_id, sealed from application_credential where tenant_id = $1', [
    tenant.id,
  ]),
  members: await platform.query('select subject, role from tenant_member where tenant_id = $1', [tenant.id]),
});

describe('proof and permanence', () => {
  let earlier: string;

  test('the audit log verifies, contains what happened, and reveals a changed word', async () => {
    const { report, records, exported, key } = await auditLogOf(platform.owner, harmony.id);
    expect(report).toMatchObject({ ok: true, whole: true, problems: [] });
    const held = new Set(records.map(({ action, outcome }) => `${action} ${outcome}`));
    const expected = [
      'tenant.create succeeded',
      'credential.store succeeded',
      'tenant.update succeeded',
      'session.start allowed',
      'instance.start allowed',
      'player.enqueue allowed',
      'player.volume allowed',
      'player.pause allowed',
      'player.resume allowed',
      'player.skip allowed',
      'player.skip denied',
      'player.stop allowed',
      'player.stop denied',
      'policy.write succeeded',
      'tenant.suspend denied',
      'tenant.delete denied',
    ];
    expect(expected.filter((one) => !held.has(one))).toEqual([]);
    expect(exported).not.toContain(harmony.application.token);
    expect((await verifyText(exported.replace('"denied"', '"allowed"'), key)).ok).toBe(false);
    earlier = (JSON.parse(exported.split('\n', 1)[0] ?? '') as { checkpoint: string }).checkpoint;
  });

  test('the command line reports every process as healthy, and the doctor finds nothing to fix', async () => {
    const status = await bailiwick(['status', '--data', installation.data, '--json']);
    expect(status.code).toBe(0);
    const told = JSON.parse(status.out) as { status: string; parts: { name: string; status: string }[] };
    expect(told).toMatchObject({ status: 'healthy', about: expect.stringContaining('sandbox') });
    expect(told.parts.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'gateway-proxy',
        'discord-edge',
        'token-service',
        'api',
        'audio',
        'worker',
        'supervisor',
        'postgresql',
        'sandbox',
      ]),
    );
    const doctor = await bailiwick(['doctor', '--data', installation.data]);
    expect(doctor).toMatchObject({ code: 0, error: '' });
    expect(doctor.out).toContain('nothing to fix');
    for (const about of ['certificates', 'database', 'processes', 'run', 'keyring'])
      expect(doctor.out).toContain(about);
    expect(doctor.out).toContain("with this version's schema");
    const nobody = await bailiwick(['status', '--data', path.join(installation.data, 'logs')]);
    expect(nobody).toMatchObject({ code: 7, out: '', error: expect.stringContaining('Nothing runs from') });
  });

  test('a second start on the same data keeps everything, and the bot returns by itself', async () => {
    await dana.type('play', { query: 'low water' });
    const policyBefore = await policyOf(harmony);
    const below = await platform.launcher.processes();
    expect(await platform.launcher.stop()).toBe(0);
    expect(await survivorsOf(below)).toEqual([]);
    earlierStart = { output: platform.launcher.output(), ownerSignIn: platform.ownerSignIn };

    platform = stack.use(await installation.start());
    expect(platform.launcher.output()).not.toContain('did not stop cleanly');
    await platform.untilReady(harmony.id);
    max = personOf(hall.max, harmony);
    expect(await policyOf(harmony)).toEqual(policyBefore);
    await plays('Rooftops', harmony);
    const queue = await max.type('queue');
    expect(textOf(queue)).toMatch(/Rooftops[^]*Low Water/);
    await max.joinVoice(hall.lounge);
    expect(textOf(await max.type('skip'))).toMatch(/do not let you/);
    const { report } = await auditLogOf(platform.owner, harmony.id, earlier);
    expect(report).toMatchObject({ ok: true, problems: [] });
  });
});

noSecretStands(() => ({
  data: installation.data,
  platform,
  earlier: earlierStart,
  secrets: [
    ["the tenant's Discord token", harmony.application.token],
    ["the last part of the tenant's Discord token", harmony.application.token.split('.')[2] ?? ''],
    ["the deleted tenant's Discord token", quiet.application.token],
    ["the last part of the deleted tenant's Discord token", quiet.application.token.split('.')[2] ?? ''],
    ['a Discord token that was refused', wrongToken],
  ],
}));
