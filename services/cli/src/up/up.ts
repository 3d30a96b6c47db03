import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import colors from 'picocolors';
import { callerFault } from '#infra/kernel/errors.ts';
import { deriveKey, openRootKey } from '#security/keyring/keyring-file.ts';
import { runDemo } from '../demo/demo.ts';
import { openDataFolder } from './data-folder.ts';
import { assertFree, planPorts, portNames, type PortPlan } from './ports.ts';
import { startPlatform, type Outside, type Platform } from './platform.ts';

export interface UpOptions {
  readonly data: string;
  readonly ports?: number;
  readonly passphraseFile?: string;
  readonly demo: boolean;
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
  await assertFree(plan, portNames);
  const rootKey = await openRootKey({
    file: path.join(folder.keyring, 'root.json'),
    ...(await keySource(options, folder.keyring)),
  });
  const password = deriveKey(rootKey, 'lavalink/sandbox').toString('base64url');
  const platform = stack.use(
    await startPlatform({
      root,
      installation: 'bailiwick.local',
      folder,
      plan,
      rootKey,
      logLevel: options.logLevel,
      sandbox: true,
      outside: sandboxOutside(plan, password),
      ...(process.env.DATABASE_URL ? { databaseUrl: process.env.DATABASE_URL } : {}),
      events: { step: announceStep, ended: announceEnd, restarted: (name) => say(`  ${name} is back`) },
    }),
  );
  announceReady(plan, platform, folder.path, Date.now() - startedAt);
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

function sandboxOutside(plan: PortPlan, password: string): Outside {
  return {
    discordApiUrl: `http://127.0.0.1:${plan.ports['sandbox-discord']}/api`,
    lavalinkNodes: [{ id: 'main', url: `http://127.0.0.1:${plan.ports['sandbox-lavalink']}`, password }],
    allowedHosts: ['music.sandbox.test'],
  };
}

function announceStep(what: string): () => void {
  const began = Date.now();
  return () => say(`  ${colors.green('✓')} ${what} ${colors.dim(`${((Date.now() - began) / 1000).toFixed(1)} s`)}`);
}

const announceEnd = (name: string, why: string) => say(colors.yellow(`  ${name} ended (${why}): starting it again`));

function announceReady(plan: PortPlan, platform: Platform, data: string, tookMs: number): void {
  const address = (name: 'public' | 'sandbox-discord') => `http://127.0.0.1:${plan.ports[name]}`;
  say(`
${colors.bold('Bailiwick is ready')} ${colors.dim(`after ${(tookMs / 1000).toFixed(1)} s`)}

  Sandbox chat    ${colors.cyan(`${address('sandbox-discord')}/`)}   be any member of a make-believe Discord
  API             ${colors.cyan(`${address('public')}/v1`)}
  API reference   ${colors.cyan(`${address('public')}/docs`)}
  Owner sign-in   ${colors.cyan(platform.ownerSignIn)}   works once, within the hour:
                  npm run bailiwick -- login --url ${address('public')}   (it asks for the sign-in)
  Data and logs   ${data}

  See it all happen: npm start -- --demo      Stop: Ctrl-C
`);
}

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    // Kept on: a second Ctrl-C, or the same one passed on by npm, must not cut the stop short.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
}
