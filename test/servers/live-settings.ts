import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { stringify } from 'yaml';
import type { ApiClient } from '#services/cli/src/client.ts';
import { createAuthority } from '#test/authority.ts';
import { createSandbox, type Sandbox as Door } from '#test/e2e/sandbox.ts';
import { warm } from '#test/e2e/warm-cache.ts';
import { freeBlock } from '#test/free-port.ts';
import { attempt, ownerOf, type Attempt } from '#test/integration/start-attempt.ts';
import { startSandbox, type Sandbox } from '#test/sandbox/sandbox.ts';
import { scratchFolder } from '#test/scratch.ts';

/** The installation that the settings of these platforms name. */
export const installation = 'bots.example.test';

/** The whole platform with the settings of --live, Discord and Lavalink at a remote sandbox. */
export interface LiveSetup extends AsyncDisposable {
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
}

export interface LiveChoices {
  /** Of the folder that everything is in. */
  readonly name: string;
  /** Further settings about Discord, given the remote one. */
  readonly discord?: (remote: Sandbox, folder: string) => Promise<object>;
  /** Further settings; writes the files that they name into the folder. */
  readonly more: (folder: string) => Promise<object>;
  /** Further arguments of a start. */
  readonly args?: readonly string[];
}

/** Prepares everything, and starts nothing. */
export async function prepareLive({
  name,
  discord = async () => ({}),
  more,
  args: others = [],
}: LiveChoices): Promise<LiveSetup> {
  await using stack = new AsyncDisposableStack();
  const authority = await createAuthority();
  const remote = stack.use(await startSandbox({ host: 'localhost', tls: await authority.issue('localhost') }));
  const usual = getGlobalDispatcher();
  setGlobalDispatcher(new Agent({ connect: { ca: authority.certPem } }));
  stack.defer(() => setGlobalDispatcher(usual));
  const folder = await scratchFolder(name);
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const base = await freeBlock();
  const inside = (file: string) => path.join(folder, file);
  await writeFile(inside('authority.pem'), authority.certPem);
  await writeFile(inside('lavalink-password'), remote.lavalink.password, { mode: 0o600 });
  const dataFolder = inside('data');
  const settingsFile = inside('live.yaml');
  await warm(dataFolder);
  const document = {
    publicUrl: `https://${installation}`,
    listen: { host: '127.0.0.1', port: base + 1 },
    discord: { apiUrl: remote.discord.apiUrl, trustFile: './authority.pem', ...(await discord(remote, folder)) },
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
    ...(await more(folder)),
  };
  await writeFile(settingsFile, stringify(document));
  const args = () => ['--live', '--settings', settingsFile, '--data', dataFolder, '--ports', String(base), ...others];
  const running = stack.use(new AsyncDisposableStack());
  const owned = stack.move();
  return {
    remote,
    door: createSandbox(remote.discord.chatUrl),
    folder,
    dataFolder,
    settingsFile,
    base,
    settings: () => document,
    args,
    async start(file = settingsFile) {
      const platform = running.use(attempt({ args: [...args(), '--settings', file] }));
      await platform.until('Stop: Ctrl-C');
      return { platform, api: await ownerOf(platform, base + 1) };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
