import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import colors from 'picocolors';
import { callerFault } from '#infra/kernel/errors.ts';
import { deriveKey, openRootKey } from '#security/keyring/keyring-file.ts';
import { runDemo } from '../demo/demo.ts';
import { openDataFolder } from './data-folder.ts';
import { readLiveSettings, type LiveSettings } from './live.ts';
import { assertFree, planPorts, portNames, type PortPlan } from './ports.ts';
import { startPlatform, type Platform } from './platform.ts';

export interface UpOptions {
  readonly data: string;
  readonly ports?: number;
  readonly passphraseFile?: string;
  readonly demo: boolean;
  /** Real Discord and Lavalink instead of the sandbox. */
  readonly live: boolean;
  /** Settings of `live`; the data folder's live.yaml when left out. */
  readonly settings?: string;
  readonly logLevel: string;
}

const root = path.resolve(import.meta.dirname, '../../../..');
const say = (text: string) => process.stderr.write(`${text}\n`);

/** `bailiwick up`: runs an installation until it is told to stop. Resolves with the exit code. */
export async function up(options: UpOptions): Promise<number> {
  const startedAt = Date.now();
  const stopped = stopSignal();
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await openDataFolder(options.data));
  if (folder.uncleanStop) say(colors.yellow('The run before this one did not stop cleanly: recovering what it left.'));
  const plan = planPorts(options.ports);
  const live = options.live ? await readLiveSettings(options.settings ?? folder.liveSettings) : undefined;
  await assertFree(plan, live ? portNames.filter((name) => !['public', ...sandboxPorts].includes(name)) : portNames);
  const rootKey = await openRootKey({
    file: path.join(folder.keyring, 'root.json'),
    ...(await keySource(options, folder.keyring)),
  });
  const databaseUrl = live?.databaseUrl ?? process.env.DATABASE_URL;
  const platform = stack.use(
    await startPlatform({
      root,
      folder,
      plan,
      rootKey,
      logLevel: options.logLevel,
      sandbox: live === undefined,
      ...(live ?? sandboxSurroundings(plan, deriveKey(rootKey, 'lavalink/sandbox').toString('base64url'))),
      publicListen: live?.listen ?? { host: '127.0.0.1', port: plan.ports.public },
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      events: { step: announceStep, ended: announceEnd, restarted: (name) => say(`  ${name} is back`) },
    }),
  );
  announceReady(plan, platform, { data: folder.path, live, tookMs: Date.now() - startedAt });
  if (options.demo) return await demo(plan, platform);
  const why = await stopped;
  say(`\n${why}: stopping`);
  return 0;
}

async function demo(plan: PortPlan, platform: Platform): Promise<number> {
  const passed = await runDemo({
    apiUrl: `http://127.0.0.1:${plan.ports.public}`,
    sandboxUrl: `http://127.0.0.1:${plan.ports['sandbox-discord']}`,
    ownerSignIn: platform.ownerSignIn,
    say,
  });
  return passed ? 0 : 1;
}

/** A passphrase from a file, or a key file beside the data that is made at the first start. */
async function keySource(options: UpOptions, keyring: string) {
  if (options.passphraseFile === undefined) return { keyFile: path.join(keyring, 'root.key') };
  const passphrase = (await readFile(options.passphraseFile, 'utf8').catch(() => '')).trim();
  if (passphrase.length === 0) {
    throw callerFault('up.passphrase', `There is no passphrase in ${options.passphraseFile}.`);
  }
  return { passphrase };
}

const sandboxPorts: readonly string[] = ['sandbox-discord', 'sandbox-lavalink'];

/** What `--live` takes from its settings, for the make-believe Discord and Lavalink of this machine. */
function sandboxSurroundings(plan: PortPlan, password: string) {
  return {
    installation: 'bailiwick.local',
    publicUrl: `http://127.0.0.1:${plan.ports.public}`,
    outside: {
      discordApiUrl: `http://127.0.0.1:${plan.ports['sandbox-discord']}/api`,
      lavalinkNodes: [{ id: 'main', url: `http://127.0.0.1:${plan.ports['sandbox-lavalink']}`, password }],
      allowedHosts: ['music.sandbox.test'],
      searchSource: 'ytsearch',
    },
  };
}

function announceStep(what: string): () => void {
  const began = Date.now();
  return () => say(`  ${colors.green('✓')} ${what} ${colors.dim(`${((Date.now() - began) / 1000).toFixed(1)} s`)}`);
}

const announceEnd = (name: string, why: string) => say(colors.yellow(`  ${name} ended (${why}): starting it again`));

interface Readiness {
  readonly data: string;
  readonly live: LiveSettings | undefined;
  readonly tookMs: number;
}

function announceReady(plan: PortPlan, platform: Platform, { data, live, tookMs }: Readiness): void {
  const address = (name: 'public' | 'sandbox-discord') => `http://127.0.0.1:${plan.ports[name]}`;
  const api = live?.publicUrl ?? address('public');
  const chat = `  Sandbox chat    ${colors.cyan(`${address('sandbox-discord')}/`)}   be any member of a make-believe Discord\n`;
  const next = '  See it all happen: npm start -- --demo      Stop: Ctrl-C';
  say(`
${colors.bold('Bailiwick is ready')} ${colors.dim(`after ${(tookMs / 1000).toFixed(1)} s`)}

${live ? '' : chat}  API             ${colors.cyan(`${api}/v1`)}
  API reference   ${colors.cyan(`${api}/docs`)}
  Owner sign-in   ${colors.cyan(platform.ownerSignIn)}   works once, within the hour:
                  npm run bailiwick -- login --url ${api}   (it asks for the sign-in)
  Data and logs   ${data}

${live ? '  Stop: Ctrl-C' : next}
`);
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    // Kept on: a second Ctrl-C, or the same one passed on by npm, must not cut the stop short.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
}
