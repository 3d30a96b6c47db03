import type { KeyObject } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { stringify } from 'yaml';
import { createOperations } from '#infra/observability/operations.ts';
import { keyKeepers, type KeyKeeper } from '#security/keyring/custodian-owner.ts';
import type { ApiClient } from '#services/cli/src/client.ts';
import { dataPathsIn } from '#services/cli/src/up/data-folder.ts';
import { planPorts, processPorts } from '#services/cli/src/up/ports.ts';
import { wrappedRootKeysOf } from '#services/cli/src/up/root-key.ts';
import { createAuthority } from '#test/authority.ts';
import { openDatabase } from '#test/e2e/platform.ts';
import { createSandbox, type Sandbox as Door } from '#test/e2e/sandbox.ts';
import { warm } from '#test/e2e/warm-cache.ts';
import { freeBlock } from '#test/free-port.ts';
import { attempt, ownerOf, type Attempt } from '#test/integration/start-attempt.ts';
import { startSandbox, type Sandbox } from '#test/sandbox/sandbox.ts';
import { scratchFolder } from '#test/scratch.ts';
import { rolesOf } from './policies.ts';
import { VaultServer, type AppRole, type ServerKind } from './vault-server.ts';

/** The installation that the settings of these platforms name. */
export const installation = 'bots.example.test';

/** The whole platform with the settings of --live, its keys at a real Vault, Discord at a remote sandbox. */
export interface LivePlatform extends AsyncDisposable {
  readonly vault: VaultServer;
  readonly roles: Readonly<Record<KeyKeeper, AppRole>>;
  readonly remote: Sandbox;
  readonly door: Door;
  readonly folder: string;
  readonly dataFolder: string;
  readonly settingsFile: string;
  /** The first of its ports; people reach it at the next one. */
  readonly base: number;
  /** The settings as they are in the file. */
  settings(): object;
  /** The arguments of a start. */
  args(): string[];
  /** Starts it, also with other settings. */
  start(file?: string): Promise<{ readonly platform: Attempt; readonly api: ApiClient }>;
  /** The root key, as the launcher opens it. */
  rootKey(): Promise<KeyObject>;
  /** The embedded database, while it runs. */
  database(): ReturnType<typeof openDatabase>;
  /** The state of the custodian in each process that has one. */
  custodians(): Promise<Record<string, { status: string; message?: string } | undefined>>;
}

export interface PlatformChoices {
  /** What holds the keys. */
  readonly kind?: ServerKind;
  /** Further settings about Discord, given the remote one. */
  readonly discord?: (remote: Sandbox, folder: string) => Promise<object>;
  /** How the parts sign in at Vault; by default with AppRole. */
  readonly signIn?: (vault: VaultServer, folder: string) => Promise<object>;
}

/** Prepares everything, and starts nothing. */
export async function preparePlatform({
  kind = 'Vault',
  discord = async () => ({}),
  signIn,
}: PlatformChoices = {}): Promise<LivePlatform> {
  await using stack = new AsyncDisposableStack();
  const vault = stack.use(await VaultServer.start(kind));
  const roles = await rolesOf(vault, installation);
  const authority = await createAuthority();
  const remote = stack.use(await startSandbox({ host: 'localhost', tls: await authority.issue('localhost') }));
  const usual = getGlobalDispatcher();
  setGlobalDispatcher(new Agent({ connect: { ca: authority.certPem } }));
  stack.defer(() => setGlobalDispatcher(usual));
  const folder = await scratchFolder('vault-platform');
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const base = await freeBlock();
  const inside = (name: string) => path.join(folder, name);
  await writeFile(inside('authority.pem'), authority.certPem);
  await writeFile(inside('vault.pem'), vault.trustPem);
  await writeFile(inside('lavalink-password'), remote.lavalink.password, { mode: 0o600 });
  for (const part of keyKeepers) await writeFile(inside(`vault-${part}`), roles[part].secretId, { mode: 0o600 });
  const dataFolder = inside('data');
  const settingsFile = inside('live.yaml');
  await warm(dataFolder);
  const more = await discord(remote, folder);
  const appRoles = Object.fromEntries(
    keyKeepers.map((part) => [part, { roleId: roles[part].roleId, secretIdFile: `./vault-${part}` }]),
  );
  const signsIn = signIn ? await signIn(vault, folder) : { appRoles };
  const settings = () => ({
    publicUrl: `https://${installation}`,
    listen: { host: '127.0.0.1', port: base + 1 },
    discord: { apiUrl: remote.discord.apiUrl, trustFile: './authority.pem', ...more },
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
    audio: { allowedHosts: ['music.sandbox.test'] },
    keys: {
      kind: 'vault',
      url: vault.url,
      trustFile: './vault.pem',
      ...signsIn,
    },
  });
  await writeFile(settingsFile, stringify(settings()));
  const args = () => ['--live', '--settings', settingsFile, '--data', dataFolder, '--ports', String(base)];
  const running = stack.use(new AsyncDisposableStack());
  const owned = stack.move();
  const rootKey = async () => {
    const server = { url: vault.url, mount: 'transit', authMount: 'approle', trustPem: vault.trustPem };
    const place = { vault: { ...server, signIns: roles }, installation };
    return (await wrappedRootKeysOf(dataPathsIn(dataFolder), place)).current;
  };
  return {
    vault,
    roles,
    remote,
    door: createSandbox(remote.discord.chatUrl),
    folder,
    dataFolder,
    settingsFile,
    base,
    settings,
    args,
    async start(file = settingsFile) {
      const platform = running.use(attempt({ args: [...args(), '--settings', file] }));
      await platform.until('Stop: Ctrl-C');
      return { platform, api: await ownerOf(platform, base + 1) };
    },
    rootKey,
    database: async () => openDatabase(dataFolder, planPorts(base).ports.postgres, await rootKey()),
    custodians: () => custodiansAt(base),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function custodiansAt(base: number): ReturnType<LivePlatform['custodians']> {
  const plan = planPorts(base);
  await using operations = createOperations(
    processPorts
      .filter(([name]) => (keyKeepers as readonly string[]).includes(name))
      .map(([name, port]) => ({ name, url: `http://127.0.0.1:${plan.ops(port)}` })),
  );
  const health = await operations.health();
  return Object.fromEntries(
    health.map(({ name, causes }) => {
      const cause = causes.find((each) => each.name === 'custodian');
      return [name, cause && { status: cause.status, ...(cause.message ? { message: cause.message } : {}) }];
    }),
  );
}

/** The processes that have keys. */
export const keyProcesses = keyKeepers.filter((part) => part !== 'launcher');

/** What `custodians` returns if all are in this state. */
export const everyCustodian = (state: object) => Object.fromEntries(keyProcesses.map((part) => [part, state]));
