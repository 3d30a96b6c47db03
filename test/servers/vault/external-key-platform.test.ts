// @module-tag go
// @module-tag linux
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Agent, getGlobalDispatcher, setGlobalDispatcher, type Dispatcher } from 'undici';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { keyKeepers } from '#security/keyring/custodian-owner.ts';
import { keyReportSchema } from '#security/keyring/key-report.ts';
import type { ApiClient } from '#services/cli/src/client.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { createAuthority } from '#test/authority.ts';
import { freeBlock } from '#test/free-port.ts';
import { attempt, ownerOf, type Attempt } from '#test/integration/start-attempt.ts';
import { startSandbox, type Sandbox } from '#test/sandbox/sandbox.ts';
import { scratchFolder } from '#test/scratch.ts';
import { harmonyHall, type HarmonyHall } from '../../e2e/harmony-hall.ts';
import { listen } from '../../e2e/listening.ts';
import { createSandbox, textOf, type Person, type Sandbox as Door } from '../../e2e/sandbox.ts';
import { warm } from '../../e2e/warm-cache.ts';
import { bailiwick } from '../../integration/cli-in-process.ts';
import { rolesOf } from './policies.ts';
import { VaultServer, type AppRole } from './vault-server.ts';

vi.setConfig({ testTimeout: 120_000 });

/*
 * The whole platform with the settings of --live, at first two of everything, and a customer with a real Vault of its own. Another tenant's song
 * plays from the first test to the last. The tests follow one another.
 */
const stack = new AsyncDisposableStack();
let vault: VaultServer;
let role: AppRole;
let remote: Sandbox;
let folder: string;
let base: number;
let platform: Attempt;
let api: ApiClient;
let door: Door;
let hall: HarmonyHall;
let customer: Hosted;
let neighbour: Hosted;
let max: Person;
/** A member who keeps a playlist with the customer's bot. */
let robin: Person;
/** A member who listens to it. */
let dana: Person;

interface Hosted {
  readonly id: string;
  readonly application: Awaited<ReturnType<Door['createApplication']>>;
}

const keyName = 'bailiwick';
const policy = `
path "transit/keys/${keyName}" { capabilities = ["read"] }
path "transit/encrypt/${keyName}" { capabilities = ["update"] }
path "transit/decrypt/${keyName}" { capabilities = ["update"] }
`;

beforeAll(async () => {
  vault = stack.use(await VaultServer.start());
  await vault.ask('POST', `transit/keys/${keyName}`, { type: 'aes256-gcm96' });
  await vault.ask('POST', 'transit/keys/exportable', { type: 'aes256-gcm96', exportable: true });
  role = await vault.role('customer', policy);
  const authority = await createAuthority();
  remote = stack.use(await startSandbox({ host: 'localhost', tls: await authority.issue('localhost') }));
  const usual: Dispatcher = getGlobalDispatcher();
  setGlobalDispatcher(new Agent({ connect: { ca: authority.certPem } }));
  stack.defer(() => setGlobalDispatcher(usual));
  folder = await scratchFolder('external-key');
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  base = await freeBlock();
  await writeFile(path.join(folder, 'authority.pem'), authority.certPem);
  await writeFile(path.join(folder, 'lavalink-password'), remote.lavalink.password, { mode: 0o600 });
  await warm(path.join(folder, 'data'));
  await writeFile(path.join(folder, 'live.yaml'), stringify(settings()));
  await start(undefined, '--replicas', '2');
  door = createSandbox(remote.discord.chatUrl);
  hall = await harmonyHall(door);
  customer = await host('Customer');
  neighbour = await host('Neighbour');
  max = door.person({
    guild: hall.guild,
    channel: hall.music,
    user: hall.max,
    applicationId: neighbour.application.id,
  });
  robin = door.person({
    guild: hall.guild,
    channel: hall.music,
    user: hall.robin,
    applicationId: customer.application.id,
  });
  await robin.type('playlist create', { name: 'Evening' });
  dana = door.person({
    guild: hall.guild,
    channel: hall.music,
    user: hall.dana,
    applicationId: customer.application.id,
  });
  await dana.joinVoice(hall.lounge);
  await dana.type('play', { query: 'overnight express' });
  await max.joinVoice(hall.lounge);
  await max.type('play', { query: 'overnight express' });
  for (const { application } of [customer, neighbour]) await untilHeard(application.bot.id);
});
afterAll(() => stack.disposeAsync());

const settings = () => ({
  publicUrl: 'https://bots.example.test',
  listen: { host: '127.0.0.1', port: base + 1 },
  discord: { apiUrl: remote.discord.apiUrl, trustFile: './authority.pem' },
  lavalink: {
    nodes: [
      {
        id: 'far',
        url: `https://localhost:${remote.lavalink.port}`,
        passwordFile: './lavalink-password',
        trustFile: './authority.pem',
      },
    ],
  },
  externalKeys: { privateHosts: ['localhost'], checkEverySec: 1, silentForSec: 8 },
});

async function stop(): Promise<void> {
  platform.signal('SIGTERM');
  expect(await platform.ended).toBe(0);
}

async function start(file = path.join(folder, 'live.yaml'), ...more: string[]): Promise<void> {
  const args = ['--live', '--settings', file, '--data', path.join(folder, 'data')];
  platform = stack.use(attempt({ args: [...args, '--ports', String(base), ...more] }));
  await platform.until('Stop: Ctrl-C');
  api = await ownerOf(platform, base + 1);
}

async function host(name: string): Promise<Hosted> {
  const { id } = await api.call('POST', '/v1/tenants', z.object({ id: z.string() }), { name });
  const application = await door.createApplication(`${name} Bot`);
  await door.install(hall.guild, application.id);
  await api.call('PUT', `/v1/tenants/${id}/token`, z.unknown(), { token: application.token });
  await untilReady(id);
  return { id, application };
}

const isHeard = async (bot: string) =>
  (await door.players()).some(({ userId, positionMs, connected }) => userId === bot && connected && positionMs > 0);
const untilHeard = (bot: string) => eventually('it plays', () => isHeard(bot));

const playlists = async () => textOf(await robin.type('playlist list'));

const tenantSchema = z.object({
  ready: z.boolean(),
  state: z.object({ kind: z.string(), sentence: z.string() }),
});
const stateOf = (id: string) => api.call('GET', `/v1/tenants/${id}`, tenantSchema);
const untilReady = (id: string) => eventually('the bot is ready', async () => (await stateOf(id)).ready);
const untilStopped = (id: string, withinMs: number) =>
  eventually('the bot is stopped', async () => (await stateOf(id)).state.kind === 'failed', withinMs);

const externalSchema = z.object({
  version: z.number(),
  state: z.string(),
  sentence: z.string(),
  since: z.string().nullable(),
  key: z.looseObject({ url: z.string(), key: z.string() }).nullable(),
});
const at = () => `/v1/tenants/${customer.id}/keys/external`;
const external = () => api.call('GET', at(), externalSchema);
const change = async (method: 'PUT' | 'DELETE', body?: object) => {
  const { state, version } = await external();
  const headers: Record<string, string> = state === 'none' ? {} : { 'if-match': `"${version}"` };
  await api.call(method, at(), z.unknown(), body, headers);
  await eventually('it is carried over', async () => (await external()).state !== 'changing');
};
const offer = (changes: object = {}) => ({
  url: vault.url,
  key: keyName,
  trustPem: vault.trustPem,
  ...role,
  ...changes,
});

/** What the neighbour's members notice while something happens: nothing, in sound or in answers. */
async function withoutTheNeighbourNoticing(work: () => Promise<void>): Promise<void> {
  await using music = listen(door, { guild: hall.guild, bot: neighbour.application.bot.id });
  const waits: number[] = [];
  const over = new AbortController();
  const typing = (async () => {
    while (!over.signal.aborted) {
      const began = performance.now();
      const { state } = await max.type('queue');
      expect(state).toBe('answered');
      waits.push(performance.now() - began);
    }
  })();
  try {
    await work();
  } finally {
    over.abort();
    await typing;
  }
  expect(await music.faults()).toEqual([]);
  expect((await stateOf(neighbour.id)).ready).toBe(true);
  // On two shared cores; a wait for the customer's Vault would take two seconds.
  expect(waits.toSorted((a, b) => a - b)[Math.floor(waits.length * 0.9)]).toBeLessThan(1_500);
}

const recordsOf = async () => {
  const page = z.object({
    items: z.array(
      z.looseObject({
        record: z.looseObject({ action: z.string(), outcome: z.string(), actor: z.looseObject({ id: z.string() }) }),
      }),
    ),
  });
  const { items } = await api.call('GET', `/v1/tenants/${customer.id}/audit/records?limit=50`, page);
  return items.map(({ record }) => record).filter(({ action }) => action === 'key.external');
};

test('refuses a key that does not work or can be taken out of its Vault, and changes nothing', async () => {
  const put = (changes: object) => api.call('PUT', at(), z.unknown(), offer(changes));
  await vault.setPolicy('customer', policy.replaceAll(keyName, 'exportable'));
  await expect(put({ key: 'exportable' })).rejects.toMatchObject({ status: 422, code: 'external-key.unsuitable' });
  await vault.setPolicy('customer', policy);
  await expect(put({ key: 'missing' })).rejects.toMatchObject({ status: 424, code: 'keyring.external-key' });
  await expect(put({ secretId: 'wrong' })).rejects.toMatchObject({
    status: 424,
    message: expect.stringContaining('refuses the sign-in'),
  });
  await expect(put({ url: 'https://10.0.0.1:8200' })).rejects.toMatchObject({ code: 'external-key.private-address' });
  await expect(put({ url: `https://127.0.0.1:${vault.port}` })).rejects.toMatchObject({
    code: 'external-key.private-address',
  });
  await expect(put({ trustPem: (await createAuthority()).certPem })).rejects.toMatchObject({
    status: 424,
    message: expect.stringContaining('does not answer'),
  });
  expect(await external()).toMatchObject({ state: 'none', version: 0, key: null });
  await untilReady(customer.id);
});

test('takes a key into use while the bot runs; from then on everything needs both keys', async () => {
  await withoutTheNeighbourNoticing(() => change('PUT', offer()));
  expect(await external()).toMatchObject({ state: 'in-use', since: null, key: { url: vault.url, key: keyName } });
  const { keys } = await api.call('GET', `/v1/tenants/${customer.id}/keys`, keyReportSchema);
  // The version that was not wrapped twice is gone.
  expect(keys.filter(({ purpose }) => purpose === 'data').map(({ version }) => version)).toEqual([2]);
  expect((await stateOf(customer.id)).ready).toBe(true);
  expect(await playlists()).toContain('Evening');
  await expect(api.call('PUT', at(), z.unknown(), offer())).rejects.toMatchObject({ status: 428 });
  await expect(api.call('PUT', at(), z.unknown(), offer(), { 'if-match': '"7"' })).rejects.toMatchObject({
    status: 412,
    code: 'external-key.conflict',
  });
});

test('stops the bot when the access to the key is revoked, says why, and touches nobody else', async () => {
  await withoutTheNeighbourNoticing(async () => {
    await vault.setPolicy('customer', 'path "nothing" { capabilities = ["read"] }');
    await untilStopped(customer.id, 30_000);
  });
  const sentence = expect.stringMatching(
    /^The bot is stopped\. This tenant's own key cannot be used: its Vault no longer allows/,
  );
  expect(await stateOf(customer.id)).toMatchObject({ ready: false, state: { kind: 'failed', sentence } });
  expect(await external()).toMatchObject({ state: 'unavailable', sentence, since: expect.any(String) });
  expect(await door.isConnected(customer.application.id)).toBe(false);
  const { id: bot } = customer.application.bot;
  await eventually('nothing of it is heard', async () => !(await isHeard(bot)));
  await eventually('it is on the record', async () => (await recordsOf()).some(({ outcome }) => outcome === 'failed'));
  await expect(change('DELETE')).rejects.toMatchObject({ status: 424, code: 'keyring.external-key' });
  const token = { token: customer.application.token };
  await expect(api.call('PUT', `/v1/tenants/${customer.id}/token`, z.unknown(), token)).rejects.toMatchObject({
    status: 424,
    code: 'keyring.external-key',
  });
});

test('starts the bot by itself once the access is given back', async () => {
  await vault.setPolicy('customer', policy);
  await untilReady(customer.id);
  await eventually('the key is in use', async () => (await external()).state === 'in-use');
  expect(await door.isConnected(customer.application.id)).toBe(true);
  expect(await playlists()).toContain('Evening');
  const { id: bot } = customer.application.bot;
  // Both edges, and both audio services, have noticed; what is journalled is sealed within a second or so.
  const told = ['discord-edge', 'audio'].flatMap((id) =>
    ['failed', 'succeeded'].map((outcome) => `${outcome} at ${id}`),
  );
  const found = async () => (await recordsOf()).map(({ actor, outcome }) => `${outcome} at ${actor.id}`);
  await eventually('all of it is on the record', async () => {
    const known = await found();
    return told.every((each) => known.includes(each));
  });
  const known = await found();
  for (const each of told) expect(known.filter((one) => one === each)).toEqual([each]);
  if (!(await isHeard(bot))) expect((await dana.type('play', { query: 'overnight express' })).state).toBe('answered');
  await untilHeard(bot);
});

test('plays on through a short silence of the Vault, and stops after a long one', async () => {
  await withoutTheNeighbourNoticing(async () => {
    vault.pause();
    try {
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      expect((await stateOf(customer.id)).ready).toBe(true);
      await untilStopped(customer.id, 30_000);
    } finally {
      vault.resume();
    }
  });
  await untilReady(customer.id);
});

test('needs the key after a restart, and follows a rotation by the customer', async () => {
  await vault.ask('POST', `transit/keys/${keyName}/rotate`);
  await api.call('POST', `/v1/tenants/${customer.id}/keys/rotate`, z.unknown());
  // Nothing needs the first version any more.
  await vault.ask('POST', `transit/keys/${keyName}/config`, { min_decryption_version: 2 });
  await stop();
  await start();
  await untilReady(customer.id);
  await untilReady(neighbour.id);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(await external()).toMatchObject({ state: 'in-use' });
  expect(await playlists()).toContain('Evening');
});

test('moves with the keys of the platform from files to its Vault and back', { timeout: 240_000 }, async () => {
  await using own = await VaultServer.start();
  const roles = await rolesOf(own, 'bots.example.test');
  await writeFile(path.join(folder, 'own.pem'), own.trustPem);
  for (const part of keyKeepers)
    await writeFile(path.join(folder, `secret-${part}`), roles[part].secretId, { mode: 0o600 });
  const [inFiles, atVault] = [path.join(folder, 'live.yaml'), path.join(folder, 'vault.yaml')];
  const appRoles = Object.fromEntries(
    keyKeepers.map((part) => [part, { roleId: roles[part].roleId, secretIdFile: `./secret-${part}` }]),
  );
  const keys = { kind: 'vault', url: own.url, trustFile: './own.pem', appRoles };
  await writeFile(atVault, stringify({ ...settings(), keys }));
  await stop();
  const data = ['--data', path.join(folder, 'data'), '--ports', String(base)];
  expect(await bailiwick('keys', 'move', ...data, '--settings', atVault)).toMatchObject({ code: 0 });
  await start(atVault);
  await untilReady(customer.id);
  expect(await playlists()).toContain('Evening');
  await stop();
  const back = await bailiwick('keys', 'move', ...data, '--settings', inFiles, '--from', atVault);
  expect(back).toMatchObject({ code: 0 });
  await start();
  await untilReady(customer.id);
  expect(await playlists()).toContain('Evening');
  expect(await external()).toMatchObject({ state: 'in-use' });
});

test('goes back to the keys of the platform alone when the key is removed', async () => {
  await change('DELETE');
  expect(await external()).toMatchObject({ state: 'none', key: null });
  await vault.kill();
  await stop();
  await start();
  await untilReady(customer.id);
  expect(await playlists()).toContain('Evening');
  await expect(change('DELETE')).rejects.toMatchObject({ status: 404, code: 'external-key.none' });
});

test('lets a tenant be deleted whose key is gone for good', async () => {
  await vault.run();
  await vault.unseal();
  await change('PUT', offer());
  await vault.ask('POST', `transit/keys/${keyName}/config`, { deletion_allowed: true });
  await vault.ask('DELETE', `transit/keys/${keyName}`);
  await untilStopped(customer.id, 30_000);
  expect((await external()).sentence).toContain('the key no longer exists in its Vault');
  await api.call('DELETE', `/v1/tenants/${customer.id}`, z.unknown());
  await eventually('the tenant is gone', async () =>
    stateOf(customer.id).then(
      () => false,
      () => true,
    ),
  );
});

test('writes no secret id into a log', async () => {
  const logs = path.join(folder, 'data/logs');
  const texts = await Promise.all((await readdir(logs)).map((name) => readFile(path.join(logs, name), 'utf8')));
  expect(texts.length).toBeGreaterThan(0);
  for (const text of [...texts, platform.said()]) expect(text).not.toContain(role.secretId);
});
