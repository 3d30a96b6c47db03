// @module-tag go
// @module-tag linux
// @module-tag chromium
import process from 'node:process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { custodianStateLabels, type CustodianState } from '#security/keyring/custodian-state.ts';
import { keyKeepers } from '#security/keyring/custodian-owner.ts';
import type { ApiClient } from '#services/cli/src/client.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { statusOfFolder } from '#services/cli/src/status/of-folder.ts';
import { harmonyHall, type HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { listen } from '#test/e2e/listening.ts';
import type { Person } from '#test/e2e/sandbox.ts';
import type { Attempt } from '#test/integration/start-attempt.ts';
import { createApplication, createUser, updateApplication } from '#test/sandbox/world/applications.ts';
import { launchChromium } from '#test/chromium.ts';
import { patienceMs } from '../portal/opened-portal.ts';
import { installation, keyProcesses, preparePlatform, type LivePlatform } from './live-platform.ts';
import { policyOf } from './policies.ts';
import { startFront } from './front.ts';
import { columnsWith, sealedWell } from './stored-values.ts';

vi.setConfig({ testTimeout: 180_000 });

/*
 * A running platform whose Vault is sealed, slow, gone or refuses it: what operators, owners and members notice, what is
 * stored meanwhile, and that everything continues by itself. Each with the real server, in a real browser.
 */
const stack = new AsyncDisposableStack();
const origin = `https://${installation}`;
let live: LivePlatform;
let platform: Attempt;
let api: ApiClient;
let hall: HarmonyHall;
let database: Awaited<ReturnType<LivePlatform['database']>>;
let operator: Page;
let owner: Page;
let member: Person;
/** A bot that plays, and a tenant without a bot; both belong to the same owner. */
let playing: { tenant: string; bot: string };
let empty: string;

beforeAll(async () => {
  live = stack.use(
    await preparePlatform({
      async discord({ world }, folder) {
        const application = createApplication(world, 'Bots of Example', createUser(world, 'Operator').id);
        updateApplication(world, application.id, { redirectUris: [`${origin}/v1/auth/discord/callback`] });
        await writeFile(path.join(folder, 'client-secret'), application.clientSecret, { mode: 0o600 });
        return { signIn: { clientId: application.id, clientSecretFile: './client-secret' } };
      },
    }),
  );
  ({ platform, api } = await live.start());
  database = await live.database();
  const front = stack.use(await startFront({ host: installation, to: { port: live.base + 1 } }));
  const browser = await launchChromium([
    '--ignore-certificate-errors',
    `--host-resolver-rules=MAP ${installation}:443 127.0.0.1:${front.port}`,
  ]);
  stack.defer(() => browser.close());
  hall = await harmonyHall(live.door);
  operator = await operatorsPage(browser);
  owner = await ownersPage(browser, 'Max');
  const tenant = await createTenant(owner, 'Harmony Records');
  const application = await live.door.createApplication('Harmony Bot');
  await live.door.install(hall.guild, application.id);
  await api.call('PUT', `/v1/tenants/${tenant}/token`, z.unknown(), { token: application.token });
  await untilReady(tenant);
  empty = await createTenant(owner, 'Second');
  playing = { tenant, bot: application.bot.id };
  member = live.door.person({
    guild: hall.guild,
    channel: hall.music,
    user: hall.robin,
    applicationId: application.id,
  });
  await member.joinVoice(hall.lounge);
  // So that there is an older version of every key of this tenant, with which nothing may be sealed any more.
  await api.call('POST', `/v1/tenants/${tenant}/keys/rotate`, z.unknown());
});
afterAll(() => stack.disposeAsync());

async function operatorsPage(browser: Browser): Promise<Page> {
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  page.setDefaultTimeout(patienceMs);
  // The one-time sign-in was used up by the client above.
  await database.query('update operator_sign_in set spent = false');
  await page.goto(`${origin}/sign-in#${/\/sign-in#(\S+)/.exec(platform.said())?.[1]}`);
  await page.getByRole('button', { name: 'Sign in as operator' }).click();
  await page.waitForURL(/\/operator/);
  await page.goto(`${origin}/operator/health`);
  return page;
}

async function ownersPage(browser: Browser, name: string): Promise<Page> {
  const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  page.setDefaultTimeout(patienceMs);
  await page.goto(origin);
  await page.getByRole('link', { name: 'Sign in with Discord' }).click();
  await page.locator('select').first().selectOption({ label: name });
  await page.getByRole('button', { name: 'Authorize' }).click();
  await page.waitForURL((url) => url.href.startsWith(origin));
  return page;
}

/** Asks the API with the page's session. */
const fetchedBy = (page: Page, method: string, at: string, body?: object): Promise<{ status: number; body: unknown }> =>
  page.evaluate(
    async ([verb, address, json]) => {
      const headers = { 'bailiwick-csrf': '1', ...(json === null ? {} : { 'content-type': 'application/json' }) };
      const answer = await fetch(address, { method: verb, headers, ...(json === null ? {} : { body: json }) });
      const said: unknown = await answer.json().catch(() => null);
      return { status: answer.status, body: said };
    },
    [method, at, body === undefined ? null : JSON.stringify(body)] as const,
  );
async function createTenant(page: Page, name: string): Promise<string> {
  const { body } = await fetchedBy(page, 'POST', '/v1/tenants', { name });
  return z.object({ id: z.string() }).parse(body).id;
}

const stateSchema = z.object({ ready: z.boolean(), state: z.object({ kind: z.string(), sentence: z.string() }) });
const stateOf = (tenant: string) => api.call('GET', `/v1/tenants/${tenant}`, stateSchema);
const untilReady = (tenant: string) =>
  eventually(`the bot of ${tenant} is ready`, async () => (await stateOf(tenant)).ready);

const healthSchema = z.object({
  custodians: z.array(
    z.object({ process: z.string(), state: z.string(), since: z.iso.datetime(), message: z.string().optional() }),
  ),
});
const custodians = async () => (await api.call('GET', '/v1/operator/health', healthSchema)).custodians;
const states = async () => Object.fromEntries((await custodians()).map(({ process: name, state }) => [name, state]));
const all = (state: CustodianState) => Object.fromEntries(keyProcesses.map((part) => [part, state]));
const processes = async () =>
  (await platform.seen())
    .filter(({ command }) => command.endsWith('/main.ts'))
    .map(({ pid, startedAt, command }) => `${pid} ${startedAt} ${command}`);

const untilSealedWell = () => expect.poll(() => sealedWell(database, live.vault)).toBeUndefined();

/** The row of a process in the section about keys. */
const row = (name: string) =>
  operator
    .locator('section')
    .filter({ has: operator.getByRole('heading', { name: 'Keys', exact: true }) })
    .locator('.row')
    .filter({ has: operator.getByText(name, { exact: true }) });

const policies = async (text: (part: (typeof keyKeepers)[number]) => Promise<string>) => {
  for (const part of keyKeepers) await live.vault.setPolicy(`bw-${installation}-${part}`, await text(part));
};

const faults: readonly {
  readonly name: string;
  readonly state: Exclude<CustodianState, 'works'>;
  readonly sentence: RegExp;
  readonly away: () => Promise<void> | void;
  readonly back: () => Promise<void> | void;
}[] = [
  {
    name: 'is sealed',
    state: 'sealed',
    sentence: /are locked\. An operator of the platform has to unlock them first\./,
    away: () => live.vault.seal(),
    back: () => live.vault.unseal(),
  },
  {
    name: 'stands still',
    state: 'no-answer',
    sentence: /cannot be reached\. Try again in a moment/,
    away: () => live.vault.pause(),
    back: () => live.vault.resume(),
  },
  {
    name: 'is killed',
    state: 'no-answer',
    sentence: /cannot be reached\. Try again in a moment/,
    away: () => live.vault.kill(),
    async back() {
      await live.vault.run();
      await live.vault.unseal();
    },
  },
  {
    name: 'no longer gives the platform any right',
    state: 'refuses',
    sentence: /cannot be used\. An operator of the platform has to renew its access/,
    away: () => policies(async () => 'path "none" { capabilities = ["read"] }'),
    back: () => policies((part) => policyOf(installation, part)),
  },
];

interface Application {
  readonly id: string;
  readonly token: string;
}
type Fault = (typeof faults)[number];

/** Every process says so: in the API, where nobody has asked before, at the command line, and on the page that is open. */
async function everyProcessSays({ state }: Fault, beganMs: number): Promise<void> {
  await expect.poll(states).toEqual(all(state));
  for (const { since, message } of await custodians()) {
    expect(Date.parse(since)).toBeGreaterThanOrEqual(beganMs - 1_000);
    expect(message).toMatch(/^Vault cannot be used: /);
  }
  const folder = await statusOfFolder(live.dataFolder);
  expect(folder.status).toBe('degraded');
  expect(Object.fromEntries(folder.custodians.map((each) => [each.process, each.state]))).toEqual(all(state));
  for (const part of keyProcesses) await row(part).getByText(custodianStateLabels[state], { exact: true }).waitFor();
}

async function pasteToken(application: Application): Promise<void> {
  await owner.goto(`${origin}/t/${empty}/onboarding`);
  await owner.getByLabel('Token of the bot').fill(application.token);
  await owner.getByRole('button', { name: /^Check/ }).click();
}

/** What needs a key is refused in the portal and in the API, and nothing is stored. */
async function nothingIsStored({ sentence }: Fault, application: Application): Promise<void> {
  await pasteToken(application);
  const check = owner.locator('.check').filter({ hasText: 'The token is stored encrypted' });
  await check.getByText('The token was not stored.').waitFor();
  await check.getByText(sentence).waitFor();
  const refused = { status: 503, body: { code: 'keyring.unavailable', title: expect.stringMatching(sentence) } };
  const { token } = application;
  expect(await fetchedBy(owner, 'PUT', `/v1/tenants/${empty}/token`, { token })).toMatchObject(refused);
  expect(await fetchedBy(owner, 'POST', `/v1/tenants/${playing.tenant}/keys/rotate`)).toMatchObject(refused);
  await owner.goto(`${origin}/t/${playing.tenant}/keys`);
  await owner.getByText(sentence).first().waitFor();
  const stored = 'select 1 from application_credential where tenant_id = $1';
  expect(await database.query(stored, [empty])).toEqual([]);
  expect(await columnsWith(database, token)).toEqual([]);
}

/** Nobody restarts or reloads anything: the page that said so loads, and what was refused is done. */
async function everythingContinues(application: Application): Promise<void> {
  await expect.poll(states).toEqual(all('works'));
  for (const part of keyProcesses) await row(part).getByText('Works', { exact: true }).waitFor();
  await owner.getByText('Encrypts what is stored').waitFor();
  expect((await fetchedBy(owner, 'POST', `/v1/tenants/${playing.tenant}/keys/rotate`)).status).toBeLessThan(300);
  await pasteToken(application);
  const running = owner.locator('.check').filter({ hasText: 'The bot is running and connected' });
  await running.getByRole('img', { name: 'Passed' }).waitFor();
  await untilReady(empty);
  await untilSealedWell();
  expect(await columnsWith(database, application.token)).toEqual([]);
}

describe.each(faults)('while Vault $name', (fault) => {
  test('each process says so, a bot plays, nothing is stored, and it all continues by itself', async () => {
    await member.type('play', { query: 'rooftops' });
    await member.type('replay');
    await eventually('it plays', async () =>
      (await live.door.players()).some(({ userId, positionMs }) => userId === playing.bot && positionMs > 0),
    );
    const application = await live.door.createApplication('Second Bot');
    await live.door.install(hall.guild, application.id);
    await expect.poll(states).toEqual(all('works'));
    const before = await processes();
    await using music = listen(live.door, { guild: hall.guild, bot: playing.bot });
    expect(await music.faults()).toEqual([]);

    const beganMs = Date.now();
    await fault.away();
    try {
      await everyProcessSays(fault, beganMs);
      await nothingIsStored(fault, application);
      // A member notices nothing, and neither does an owner whose bot is connected.
      expect((await member.type('volume', { percent: 90 })).state).toBe('answered');
      expect((await stateOf(playing.tenant)).state).toMatchObject({ kind: 'ready' });
      expect(await music.faults()).toEqual([]);
    } finally {
      await fault.back();
    }
    await everythingContinues(application);
    expect(await music.faults()).toEqual([]);
    expect(await processes()).toEqual(before);
    // A customer has at most three tenants.
    expect((await fetchedBy(owner, 'DELETE', `/v1/tenants/${empty}`)).status).toBe(204);
    empty = await createTenant(owner, `After ${fault.state}`);
  });
});

test('an edge that is restarted while Vault is sealed opens nothing, says so, and connects the bots by itself', async () => {
  await expect.poll(states).toEqual(all('works'));
  await live.vault.seal();
  try {
    const edge = (await platform.seen()).findLast(({ command }) => command.endsWith('discord-edge/main.ts'));
    process.kill(edge?.pid ?? Number.NaN, 'SIGKILL');
    await owner.goto(`${origin}/t/${playing.tenant}`);
    await owner
      .getByText(/The bot cannot connect to Discord\. The keys that protect what is stored are locked\./)
      .first()
      .waitFor();
    expect((await stateOf(playing.tenant)).state.sentence).toMatch(/It then connects by itself\.$/);
  } finally {
    await live.vault.unseal();
  }
  await owner.getByText('The bot answers commands.').first().waitFor();
  await untilReady(playing.tenant);
  await untilSealedWell();
});
