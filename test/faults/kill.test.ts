// @module-tag linux
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '#services/cli/src/demo/story.ts';
import { auditLogOf } from '#test/e2e/audit-log.ts';
import { listen, type Listening } from '#test/e2e/listening.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { survivorsOf } from '#test/e2e/processes.ts';
import type { HostedTenant, Installation, ProcessName, RunningPlatform } from '#test/e2e/platform.ts';
import { buttonsOf, readable, textOf, type Message, type Person } from '#test/e2e/sandbox.ts';
import { openHall } from './hall.ts';

/*
 * Each process is killed in the middle of a song, to check that members notice nothing except that an answer may take a
 * moment. One after the other, on the same platform, with the same song playing throughout.
 */
const stack = new AsyncDisposableStack();
let installation: Installation;
let platform: RunningPlatform;
let hall: HarmonyHall;
let tenant: HostedTenant;
let max: Person;
let music: Listening;

beforeAll(async () => {
  ({ installation, platform, hall, tenant } = await openHall(stack, 'Unkillable'));
  max = personOf(hall.max);
  await max.joinVoice(hall.lounge);
  for (const query of ['weather systems', 'cloud inventory', 'first snow']) {
    expect(textOf(await max.type('play', { query }))).toMatch(/^(Playing|Added)/);
  }
  await eventually('it plays', async () => (await platform.sandbox.players()).some(({ positionMs }) => positionMs > 0));
  await eventually('the message shows it', shownMessage);
  music = stack.use(listen(platform.sandbox, { guild: hall.guild, bot: tenant.application.bot.id }));
});

afterAll(() => stack.disposeAsync());

const personOf = (user: string): Person =>
  platform.sandbox.person({
    guild: hall.guild,
    channel: hall.music,
    user,
    applicationId: tenant.application.id,
  });

/** The one now-playing message, if it is as it should be. */
const shownMessage = async (): Promise<Message | false> => {
  const messages = (await max.messages()).filter((message) => buttonsOf(message).includes('bw:skip'));
  const [message] = messages;
  return messages.length === 1 && message !== undefined && readable(message).includes('Weather Systems') && message;
};

const newest = async (): Promise<number> => (await platform.sandbox.log()).at(-1)?.seq ?? 0;
const sessionEntries = async (since: number) =>
  (await platform.sandbox.log(since))
    .filter(({ kind }) => kind === 'identify' || kind === 'resume')
    .map(({ kind, outcome }) => `${kind} ${outcome}`);

let asked = 0;

/** A command typed now is answered as if nothing had happened. Rotates members to stay within rate limits. */
async function commandIsAnswered(): Promise<void> {
  const { max: one, dana, robin } = hall;
  const user = [one, dana, robin][asked % 3] ?? one;
  asked += 1;
  const outcome = await personOf(user).type('queue');
  expect(outcome.failure).toBeUndefined();
  expect(outcome.state).toBe('answered');
  expect(textOf(outcome)).toMatch(/Weather Systems[^]*Cloud Inventory[^]*First Snow, Far Away/);
}

async function nothingWasNoticed(): Promise<void> {
  expect(await music.faults()).toEqual([]);
  await eventually('the one message shows the song', shownMessage);
}

describe('a member notices nothing when it is killed:', () => {
  test('the bot; commands typed meanwhile are answered by the next one', async () => {
    const since = await newest();
    const [bot] = await platform.bots();
    if (!bot) throw new Error('no bot runs');
    process.kill(bot.pid, 'SIGKILL');
    await commandIsAnswered();
    expect((await platform.bots()).map(({ pid }) => pid)).not.toContain(bot.pid);
    expect((await platform.untilReady(tenant.id)).instance?.restarts).toBe(1);
    await nothingWasNoticed();
    expect(await sessionEntries(since)).toEqual([]);
  });

  test.each<ProcessName>(['api', 'worker', 'token-service', 'audio', 'gateway-proxy', 'supervisor'])(
    '%s',
    async (name) => {
      const since = await newest();
      const { back } = await platform.kill(name);
      await commandIsAnswered();
      await back;
      await platform.untilReady(tenant.id);
      await commandIsAnswered();
      await nothingWasNoticed();
      expect(await sessionEntries(since)).toEqual([]);
    },
  );

  test('the api, in the middle of an onboarding: it continues by itself until music plays', async () => {
    const { sandbox, owner, query } = platform;
    const { id } = await owner.call('POST', '/v1/tenants', z.object({ id: z.string() }), { name: 'Newcomer' });
    const application = await sandbox.createApplication('Newcomer Bot');
    await owner.call('POST', `/v1/tenants/${id}/onboarding`, z.unknown(), { token: application.token });
    // Read from the database only, so that nothing but the api itself resumes it.
    const stands = async (check: string, state: string) =>
      (
        await query(
          "select 1 from onboarding where tenant_id = $1 and document #>> array['checks', $2, 'state'] = $3",
          [id, check, state],
        )
      ).length > 0;
    await eventually('it waits to be invited', () => stands('invite', 'needs-you'));
    const { back } = await platform.kill('api');
    await sandbox.install(hall.guild, application.id);
    await back;
    await eventually('a track was heard', () => stands('plays', 'passed'));
    const starts = (await auditLogOf(owner, id)).records.filter(({ action }) => action === 'instance.start');
    expect(starts.filter(({ kind }) => kind === 'lifecycle')).toHaveLength(1);
    await owner.call('DELETE', `/v1/tenants/${id}`, z.unknown());
    await nothingWasNoticed();
  });

  test('audio, when a member adds a track: it is added once', async () => {
    const { back } = await platform.kill('audio');
    expect(textOf(await max.type('play', { query: 'driftwood choir' }))).toContain('position 3 in the queue');
    await back;
    const queue = textOf(await personOf(hall.robin).type('queue'));
    expect(queue.match(/Driftwood Choir/g)).toHaveLength(1);
    await nothingWasNoticed();
  });

  test('discord-edge: it resumes its session, and commands typed meanwhile are answered if it is back in time', async () => {
    const since = await newest();
    const killedAtMs = Date.now();
    const { back } = await platform.kill('discord-edge');
    const typed = await max.begin('queue');
    await back;
    const backAfterMs = Date.now() - killedAtMs;
    await platform.untilReady(tenant.id);
    // Only the edge can answer Discord: on a machine so busy that it is not back within 3 s, that command is lost.
    const { state } = await max.outcome(typed);
    if (backAfterMs < 2_500) expect(state).toBe('answered');
    await commandIsAnswered();
    await nothingWasNoticed();
    // Of two edges, the other one may hold the session.
    const entries = await sessionEntries(since);
    if (process.env.BAILIWICK_TEST_REPLICAS === undefined || entries.length > 0)
      expect(entries).toEqual(['resume resumed']);
  });

  test('and the audit log contains every command and verifies', async () => {
    const { report, records } = await auditLogOf(platform.owner, tenant.id);
    expect(report).toMatchObject({ ok: true, whole: true, problems: [] });
    const plays = records.filter(({ action, command }) => action === 'player.enqueue' && command === 'play');
    // A retried command is decided again, but it is the same member's command.
    expect(new Set(plays.map(({ transaction }) => transaction)).size).toBe(4);
  });
});

describe('the launcher, killed,', () => {
  test('takes everything with it, and the next start recovers in one clear line', async () => {
    await music[Symbol.asyncDispose]();
    const below = await platform.launcher.killOnly();
    for (const each of ['/postgres ', '--permission']) {
      expect(
        below.some(({ command }) => command.includes(each)),
        each,
      ).toBe(true);
    }
    await eventually('no process is left', async () => (await survivorsOf(below)).length === 0, 8_000);

    platform = stack.use(await installation.start());
    const lines = platform.launcher.output().split('\n');
    expect(lines.filter((line) => /recover/.test(line))).toEqual(['The last run did not stop cleanly: recovering.']);
    await platform.untilReady(tenant.id);
    max = personOf(hall.max);
    await commandIsAnswered();
    const { report } = await auditLogOf(platform.owner, tenant.id);
    expect(report).toMatchObject({ ok: true, problems: [] });
  });
});
