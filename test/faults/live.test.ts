// @module-tag linux
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Agent, getGlobalDispatcher, request, setGlobalDispatcher, type Dispatcher } from 'undici';
import { stringify } from 'yaml';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { keyKeepers } from '#security/keyring/custodian-owner.ts';
import type { ApiClient } from '#services/cli/src/client.ts';
import { diagnose } from '#services/cli/src/doctor/doctor.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { scratchFolder } from '#test/scratch.ts';
import { freeBlock } from '#test/free-port.ts';
import { createSandbox, textOf, type Sandbox as Door } from '../e2e/sandbox.ts';
import { warm } from '../e2e/warm-cache.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { createApplication, createUser, updateApplication } from '../sandbox/world/applications.ts';
import { createAuthority } from '#test/authority.ts';
import {
  attempt,
  onboard,
  ownerOf,
  untilGone,
  type Attempt,
  type OnboardedTenant,
} from '#test/integration/start-attempt.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** A remote Discord and Lavalink: https and wss, with certificates of an authority that this machine does not trust. */
let remote: Sandbox;
let folder: string;
let base: number;
let trustPem: string;
let usual: Dispatcher;
beforeAll(async () => {
  const authority = await createAuthority();
  trustPem = authority.certPem;
  remote = await startSandbox({ host: 'localhost', tls: await authority.issue('localhost') });
  usual = getGlobalDispatcher();
  setGlobalDispatcher(new Agent({ connect: { ca: trustPem } }));
  folder = await scratchFolder('live');
  base = await freeBlock();
  await writeFile(path.join(folder, 'authority.pem'), trustPem);
  await writeFile(path.join(folder, 'lavalink-password'), `${remote.lavalink.password}\n`, { mode: 0o600 });
});
afterAll(async () => {
  setGlobalDispatcher(usual);
  await remote[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const lavalinkUrl = () => `https://localhost:${remote.lavalink.port}`;

const recordsSchema = z.object({
  items: z.array(z.object({ record: z.object({ detail: z.looseObject({ address: z.string() }) }) })),
});

interface Changes {
  readonly publicUrl?: string | undefined;
  readonly discord?: object;
  readonly node?: object;
  readonly more?: object;
}

/** Writes valid settings with these changes applied. @returns the arguments of a start with them */
async function settings(name: string, { discord, node, more, ...changes }: Changes = {}): Promise<string[]> {
  const document = {
    publicUrl: 'https://bots.example.test',
    listen: { host: '127.0.0.1', port: base + 1 },
    discord: { apiUrl: remote.discord.apiUrl, trustFile: './authority.pem', ...discord },
    lavalink: {
      nodes: [
        { id: 'far', url: lavalinkUrl(), passwordFile: './lavalink-password', trustFile: './authority.pem', ...node },
      ],
    },
    audio: { allowedHosts: ['music.sandbox.test'] },
    ...changes,
    ...more,
  };
  const file = path.join(folder, `${name}.yaml`);
  await writeFile(file, stringify(document));
  return ['--live', '--settings', file, '--data', path.join(folder, name), '--ports', String(base)];
}

describe('a platform with the Discord and Lavalink in its settings', () => {
  let live: Attempt;
  let api: ApiClient;
  let door: Door;
  let application: OnboardedTenant['application'];
  let guild: OnboardedTenant['guild'];
  beforeAll(async () => {
    await warm(path.join(folder, 'live'));
    const { world } = remote;
    const application = createApplication(world, 'Bots of Example', createUser(world, 'Operator').id);
    updateApplication(world, application.id, { redirectUris: ['https://bots.example.test/v1/auth/discord/callback'] });
    await writeFile(path.join(folder, 'client-secret'), application.clientSecret, { mode: 0o600 });
    const signIn = { clientId: application.id, clientSecretFile: './client-secret' };
    live = attempt({ args: await settings('live', { discord: { signIn } }) });
    await live.until('Stop: Ctrl-C');
    door = createSandbox(remote.discord.chatUrl);
    api = await ownerOf(live, base + 1);
  });
  afterAll(() => live[Symbol.asyncDispose]());

  test('neither starts nor mentions the sandbox', async () => {
    expect((await live.seen()).filter(({ command }) => command.includes('sandbox'))).toEqual([]);
    expect(live.said()).toContain('https://bots.example.test/v1');
    expect(live.said()).not.toMatch(/sandbox/i);
  });

  test('has nothing to fix according to the doctor, which compares its clock', async () => {
    const data = path.join(folder, 'live');
    const findings = await diagnose({ data, live: false, settings: path.join(folder, 'live.yaml') });
    expect(findings.filter(({ status }) => status === 'fault')).toEqual([]);
    expect(findings).toContainEqual({ about: 'Lavalink', status: 'ok', says: 'answers: far' });
    expect(findings).toContainEqual({ about: 'clock', status: 'ok', says: expect.stringContaining('localhost') });
  });

  test('lets a person sign in with the application of its settings', async () => {
    const person = createUser(remote.world, 'Robin of Example');
    const here = `http://127.0.0.1:${base + 1}`;
    const begun = await request(`${here}/v1/auth/discord?returnTo=/tenants`);
    const consent = await request(String(begun.headers['location']), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ user: person.id, decision: 'allow' }).toString(),
    });
    const back = new URL(String(consent.headers['location']));
    expect(back.origin).toBe('https://bots.example.test');
    const cookies = (from: typeof begun) =>
      [from.headers['set-cookie'] ?? []]
        .flat()
        .map((cookie) => cookie.split(';', 1)[0])
        .join('; ');
    // As the reverse proxy of these settings, on this machine, would send it.
    const finished = await request(here + back.pathname + back.search, {
      headers: { cookie: cookies(begun), 'x-forwarded-for': '203.0.113.9' },
    });
    expect(finished.headers['location']).toBe('/tenants');
    const me = await request(`${here}/v1/me`, {
      headers: { cookie: cookies(finished).replace(/^__Host-bailiwick-sign-in=; /, '') },
    });
    expect(await me.body.json()).toMatchObject({ subject: `discord:${person.id}`, name: 'Robin of Example' });
    const path = `/v1/tenants/${installationLog}/audit/records?action=session.sign-in`;
    const addresses = async () =>
      (await api.call('GET', path, recordsSchema)).items.map(({ record }) => record.detail.address);
    await expect.poll(addresses).toContain('203.0.113.9');
  });

  test('onboards a tenant, whose bot becomes ready over https and wss', async () => {
    ({ application, guild } = await onboard(api, door));
    expect(await door.isConnected(application.id)).toBe(true);
  });

  test('plays what a member asks for, and skips it', async () => {
    const channel = (name: string) => guild.channels.find((one) => one.name === name)?.id ?? '';
    const user = guild.members.find((one) => one.user.username.toLowerCase() === 'max')?.userId ?? '';
    const seat = { guild: guild.id, channel: channel('music'), user, applicationId: application.id };
    const member = door.person(seat);
    await eventually('/play is there', async () =>
      (await door.commandNames(seat.guild, seat.channel, user)).includes('play'),
    );
    await member.joinVoice(channel('Lounge'));
    const plays = (title: string) =>
      eventually(`${title} plays`, async () =>
        (await door.players()).find((one) => one.connected && one.positionMs > 0 && one.title?.includes(title)),
      );
    expect(textOf(await member.type('play', { query: 'forty second loop' }))).toContain('Forty Second Loop');
    await plays('Forty Second Loop');
    await member.type('play', { query: 'glass winter' });
    expect((await member.type('skip')).state).toBe('answered');
    await plays('Glass Winter');
  });

  test('stops without leftovers', async () => {
    const running = await live.seen();
    live.signal('SIGTERM');
    expect(await live.ended).toBe(0);
    await untilGone(running, 2_000);
  });
});

describe('faulty settings', () => {
  /** The faults by path, as the start lists them; nothing may have been started. */
  async function faultsOf(args: readonly string[]): Promise<Record<string, string>> {
    await using failing = attempt({ args });
    expect(await failing.ended, failing.said()).toBe(1);
    expect((await failing.seen()).filter(({ command }) => !command.startsWith('setpriv'))).toEqual([]);
    const lines = failing.said().trim().split('\n');
    expect(lines[0]).toMatch(new RegExp(`: ${lines.length - 1} faults? to correct:$`));
    return Object.fromEntries(lines.slice(1).map((line) => /^ {4}(\S+) {2}(.*)$/.exec(line)?.slice(1) ?? [line, '']));
  }

  test('are created from the commented template at first', async () => {
    const data = path.join(folder, 'first');
    await using failing = attempt({ args: ['--live', '--data', data, '--ports', String(base)] });
    expect(await failing.ended).toBe(1);
    expect(failing.said()).toMatch(/live\.yaml was created for you: fill it in and start again/);
    expect(await readFile(path.join(data, 'live.yaml'), 'utf8')).toContain('publicUrl:');
    const unfilled = await faultsOf(['--live', '--data', data, '--ports', String(base)]);
    expect(unfilled).toEqual({ '/publicUrl': 'is missing', '/lavalink/nodes/0/url': 'is missing' });
  });

  test('are refused with every value that is missing, unknown, or plain http where https is required', async () => {
    const args = await settings('values', {
      publicUrl: 'http://bots.example.test',
      discord: { apiUrl: 'http://discord.example.test/api' },
      node: { url: 'http://lavalink.example.test', passwordFile: undefined },
      more: { telemetry: true },
    });
    const faults = await faultsOf(args);
    expect(faults).toMatchObject({
      '/publicUrl': 'must be an https address',
      '/discord/apiUrl': 'must be an https address',
      '/lavalink/nodes/0/url': 'must be https unless it is on this machine',
      '/lavalink/nodes/0/passwordFile': 'is missing',
    });
    expect(JSON.stringify(faults)).toContain('telemetry');
  });

  test('are refused with every file that cannot be read', async () => {
    const args = await settings('files', {
      discord: { trustFile: './no-authority.pem' },
      node: { passwordFile: './no-password' },
      more: { databaseUrlFile: './no-database' },
    });
    expect(await faultsOf(args)).toEqual({
      '/discord/trustFile': './no-authority.pem cannot be read or is empty',
      '/lavalink/nodes/0/passwordFile': './no-password cannot be read or is empty',
      '/databaseUrlFile': './no-database cannot be read or is empty',
    });
  });

  test('are refused with both a Discord and a Lavalink that do not answer', async () => {
    const nobody = `https://localhost:${base + 38}`;
    const faults = await faultsOf(
      await settings('nobody', { discord: { apiUrl: `${nobody}/api` }, node: { url: nobody } }),
    );
    expect(Object.keys(faults)).toEqual(['/discord/apiUrl', '/lavalink/nodes/0/url']);
    for (const message of Object.values(faults)) expect(message).toMatch(/^cannot be reached: .*ECONNREFUSED/);
  });

  test('are refused with a Vault that lacks a setting, or does not answer', async () => {
    const role = { roleId: 'a role', secretIdFile: './lavalink-password' };
    const appRoles = Object.fromEntries(keyKeepers.map((part) => [part, role]));
    const partRoles = Object.fromEntries(keyKeepers.map((part) => [part, `${part}-role`]));
    const withVault = (name: string, keys: object) => settings(name, { more: { keys: { kind: 'vault', ...keys } } });
    const incomplete = { url: 'http://vault.example.test', appRoles: { ...appRoles, worker: { roleId: 'a role' } } };
    expect(await faultsOf(await withVault('vault-incomplete', incomplete))).toEqual({
      '/keys/url': 'must be https unless it is on this machine',
      '/keys/appRoles/worker/secretIdFile': 'is missing',
    });
    for (const both of [{}, { appRoles, auth: { kind: 'kubernetes', roles: partRoles } }])
      expect(await faultsOf(await withVault('vault-sign-ins', { url: 'https://localhost:9', ...both }))).toEqual({
        '/keys': 'must have either appRoles or auth',
      });
    const away = await faultsOf(await withVault('vault-away', { url: `https://localhost:${base + 38}`, appRoles }));
    expect(away).toEqual({ '/keys/url': expect.stringMatching(/^cannot be reached: .*ECONNREFUSED/) });
  });

  test('are refused with an authority that is not trusted', async () => {
    const faults = await faultsOf(await settings('untrusted', { discord: { trustFile: undefined } }));
    expect(Object.keys(faults)).toEqual(['/discord/apiUrl']);
    expect(faults['/discord/apiUrl']).toMatch(/certificate is not signed by a trusted authority; .*trustFile/);
  });

  test('are refused with a password that the node does not accept, without showing it', async () => {
    await writeFile(path.join(folder, 'wrong-password'), 'hunter2-hunter2\n');
    await using failing = attempt({ args: await settings('password', { node: { passwordFile: './wrong-password' } }) });
    expect(await failing.ended).toBe(1);
    expect(failing.said()).toContain('/lavalink/nodes/0/passwordFile  the node does not accept this password');
    expect(failing.said()).not.toContain('hunter2');
  });

  test('are refused with a Lavalink of another version, and a server that is not Discord', async () => {
    const old = createServer((_request, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ version: { major: 3 } })),
    );
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(old.address() as AddressInfo).port}`;
      const args = await settings('version', {
        discord: { apiUrl: lavalinkUrl() },
        node: { url, trustFile: undefined },
      });
      expect(await faultsOf(args)).toEqual({
        '/discord/apiUrl': expect.stringMatching(/^does not answer as Discord does/),
        '/lavalink/nodes/0/url': 'is Lavalink 3; 4 is needed',
      });
    } finally {
      await new Promise((resolve) => old.close(resolve));
    }
  });

  test('cannot be combined with the demo, which needs the sandbox', async () => {
    const args = [...(await settings('demo')), '--demo'];
    await using failing = attempt({ args });
    expect(await failing.ended).not.toBe(0);
    expect(failing.said()).toMatch(/'--live' cannot be used with option '--demo'/);
    await expect(stat(path.join(folder, 'demo'))).rejects.toThrow(/ENOENT/);
  });
});
