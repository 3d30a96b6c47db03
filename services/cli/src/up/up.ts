import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import colors from 'picocolors';
import { stopLeftoverPostgres } from '#infra/database/embedded-postgres.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { redactText } from '#infra/logger/logger.ts';
import { deriveKey } from '#security/keyring/keyring-file.ts';
import { openDataFolder } from './data-folder.ts';
import { externalKeysSettingsSchema } from '#security/keyring/external/settings.ts';
import { webhookSettingsSchema } from '#services/contracts/webhook-settings.ts';
import { rootKeysOf } from './root-key.ts';
import type { LiveSettings } from './live.ts';
import { sandboxInstallation } from './installation.ts';
import { openFileLimit, refuseTooFewFiles } from './open-files.ts';
import { assertFree, assignedBySystem, listenersToBe, planPorts, type PortPlan } from './ports.ts';
import { startPlatform, type Platform } from './platform.ts';

export interface UpOptions {
  readonly data: string;
  readonly ports?: number;
  /** How many to run of each process of which several can run; 1 to `mostReplicas`. */
  readonly replicas: number;
  readonly passphraseFile?: string;
  readonly demo: boolean;
  /** Use the real Discord and Lavalink instead of the sandbox. */
  readonly live: boolean;
  /** Settings of `live`; by default live.yaml in the data folder. */
  readonly settings?: string;
  /** How long certificates of processes are valid; an hour by default. */
  readonly certificateSeconds?: number;
  readonly logLevel: string;
}

const root = path.resolve(import.meta.dirname, '../../../..');
const say = (text: string) => process.stderr.write(`${text}\n`);
/** By then the leftovers of a killed run are gone: its processes notice and give themselves 5 s. */
const leftoverPatienceMs = 12_000;

/**
 * `bailiwick up`: runs an installation until it is stopped. Resolves with the exit code: 0 after a requested stop, 1 if
 * it could not start or a step of the demo failed, 128 + the signal's number if it was interrupted before that. Reports
 * failures in one line; never throws.
 */
export async function up(options: UpOptions): Promise<number> {
  const interruption = watchSignals();
  try {
    return await run(options, interruption);
  } catch (error) {
    if (interruption.signal.aborted) {
      say(`${interruption.why()}: stopped before it was ready`);
      return interruption.exitCode();
    }
    say(`${colors.red('✗')} ${redactText(error instanceof Error ? error.message : String(error))}`);
    for (const { at, message } of (error instanceof BailiwickError && error.faults) || []) say(`    ${at}  ${message}`);
    return 1;
  }
}

async function run(options: UpOptions, interruption: Interruption): Promise<number> {
  const startedAt = Date.now();
  const { signal } = interruption;
  refuseTooFewFiles(await openFileLimit());
  await using stack = new AsyncDisposableStack();
  const { ports, replicas, live: isLive } = options;
  const folder = stack.use(
    await openDataFolder(options.data, {
      live: isLive,
      ...(ports === undefined ? {} : { ports }),
      ...(replicas === 1 ? {} : { replicas }),
    }),
  );
  if (folder.uncleanStop) say(colors.yellow('The last run did not stop cleanly: recovering.'));
  const plan = planPorts(ports, replicas);
  const live = isLive ? await readLive(options.settings ?? folder.liveSettings) : undefined;
  const assigned = await assignedBySystem(plan);
  if (assigned !== undefined) say(colors.yellow(assigned));
  signal.throwIfAborted();
  const databaseUrl = live?.databaseUrl ?? process.env.DATABASE_URL;
  const { current: rootKey, earlier: earlierRootKey } = await rootKeysOf(folder, {
    passphraseFile: options.passphraseFile,
    vault: live?.vault,
    installation: live?.installation ?? sandboxInstallation,
    ownDatabase: databaseUrl === undefined,
  });
  if (databaseUrl === undefined) await stopLeftoverPostgres(folder.postgres);
  await assertFree(
    listenersToBe(plan, { live: live?.listen, embedded: databaseUrl === undefined }),
    folder.uncleanStop ? leftoverPatienceMs : 0,
  );
  signal.throwIfAborted();
  const platform = stack.use(
    await startPlatform({
      root,
      folder,
      plan,
      rootKey,
      earlierRootKey,
      sealedBy: options.passphraseFile === undefined ? 'key-file' : 'passphrase',
      logLevel: options.logLevel,
      ...(options.certificateSeconds === undefined ? {} : { certificateSec: options.certificateSeconds }),
      sandbox: live === undefined,
      ...(live ??
        sandboxSurroundings(plan, {
          password: deriveKey(rootKey, 'lavalink/sandbox').toString('base64url'),
          receiversPem: await readFile(path.join(folder.path, 'receivers.pem'), 'utf8').catch(() => undefined),
        })),
      publicListen: live?.listen ?? { host: '127.0.0.1', port: plan.ports.public, trustedProxies: [] },
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      signal,
      events: { step: announceStep, ended: announceEnd, restarted: (name) => say(`  ${name} is back`) },
    }),
  );
  announceReady(plan, platform, { data: folder.path, live, tookMs: Date.now() - startedAt });
  if (options.demo) {
    const tell = (line: string) => signal.aborted || say(line);
    // Awaited here, because everything on the stack is closed as soon as this function returns.
    return await Promise.race([demo(plan, platform, tell), interruption.happened.then(() => interruption.exitCode())]);
  }
  await interruption.happened;
  say(`\n${interruption.why()}: stopping`);
  return 0;
}

/** Loads the YAML reader and the HTTP client that checks Discord and Lavalink only if they are needed. */
const readLive = async (file: string): Promise<LiveSettings> =>
  (await import('./live.ts')).readLiveSettings(path.resolve(file));

async function demo(plan: PortPlan, platform: Platform, tell: (line: string) => void): Promise<number> {
  const [{ runDemo }, { createEndOne }] = await Promise.all([import('../demo/demo.ts'), import('../demo/end-one.ts')]);
  const passed = await runDemo({
    apiUrl: `http://127.0.0.1:${plan.ports.public}`,
    sandboxUrl: `http://127.0.0.1:${plan.ports['sandbox-discord']}`,
    operatorSignIn: platform.operatorSignIn,
    say: tell,
    ...(plan.replicas > 1 ? { endOne: createEndOne(platform.processes) } : {}),
  });
  return passed ? 0 : 1;
}

/** What `--live` takes from its settings, for the sandbox's Discord and Lavalink on this machine. */
function sandboxSurroundings(
  plan: PortPlan,
  { password, receiversPem }: { readonly password: string; readonly receiversPem: string | undefined },
) {
  return {
    installation: sandboxInstallation,
    publicUrl: `http://127.0.0.1:${plan.ports.public}`,
    outside: {
      discordApiUrl: `http://127.0.0.1:${plan.ports['sandbox-discord']}/api`,
      lavalinkNodes: [{ id: 'main', url: `http://127.0.0.1:${plan.ports['sandbox-lavalink']}`, password }],
      allowedHosts: ['music.sandbox.test'],
      searchSource: 'ytsearch',
      probeQuery: 'eight second bell',
    },
    // So that a tenant's own key can be tried with a Vault on this machine.
    externalKeys: externalKeysSettingsSchema.parse({ privateHosts: ['localhost'] }),
    // And webhooks with a server here: `receivers.pem` in the data folder is the authority of its certificate.
    webhooks: webhookSettingsSchema.parse({
      privateHosts: ['localhost'],
      ...(receiversPem === undefined ? {} : { trustPem: receiversPem }),
    }),
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
  const chat = `  Sandbox chat    ${colors.cyan(`${address('sandbox-discord')}/`)}   act as any member of a simulated Discord\n`;
  const apps = `  Sandbox apps    ${colors.cyan(`${address('sandbox-discord')}/developers/applications`)}   create an application for a bot, and copy its token\n`;
  const next = '  See it all happen: npm start -- --demo      Stop: Ctrl-C';
  say(`
${colors.bold('Bailiwick is ready')} ${colors.dim(`after ${(tookMs / 1000).toFixed(1)} s`)}

  Portal          ${colors.cyan(`${api}/`)}
${live ? '' : chat + apps}  API             ${colors.cyan(`${api}/v1`)}
  API reference   ${colors.cyan(`${api}/docs`)}
  Data and logs   ${data}
${plan.replicas > 1 ? severalOf(plan) : ''}
  Operator sign-in: works once, within the hour; for a new one, npm run bailiwick -- sign-in
    ${colors.cyan(`${api}/sign-in#${platform.operatorSignIn}`)}
  It also signs in the command line: npm run bailiwick -- login --url ${api}

${live ? '  Stop: Ctrl-C' : next}
`);
}

/** Which processes run more than once, and that the others do not. */
function severalOf({ replicas, processes }: PortPlan): string {
  const isLater = ([name]: readonly [string, unknown]) => /-\d$/.test(name);
  const several = new Set(processes.filter(isLater).map(([name]) => name.replace(/-\d$/, '')));
  const single = processes.filter((each) => !isLater(each) && !several.has(each[0])).map(([name]) => name);
  const rest = single.length === 0 ? '' : `; one of ${single.join(', ')}`;
  return `  Replicas        ${replicas} of ${[...several].join(', ')}${rest}\n`;
}

interface Interruption {
  readonly signal: AbortSignal;
  readonly happened: Promise<void>;
  /** Which signal it was. */
  why(): string;
  exitCode(): number;
}

/** The first SIGINT, SIGTERM or SIGHUP, or the exit of the npm that started us, requests the stop. */
function watchSignals(): Interruption {
  const asked = new AbortController();
  const happened = Promise.withResolvers<void>();
  let why = '';
  let exitCode = 0;
  const ask = (reason: string, number: number): void => {
    // The handlers stay: a second Ctrl-C, or the same one passed on by npm, must not cut the stop short.
    if (asked.signal.aborted) return;
    why = reason;
    exitCode = 128 + number;
    asked.abort();
    happened.resolve();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ask(name, signals[name]));
  // A closed terminal accepts no more output; the stop continues without it.
  process.stderr.on('error', () => ask('the terminal was closed', signals.SIGHUP));
  followParent(() => ask('the parent process ended', signals.SIGHUP));
  return { signal: asked.signal, happened: happened.promise, why: () => why, exitCode: () => exitCode };
}

const { signals } = constants;
const parentLookMs = 500;

/** Only if infra/setup/start.mjs says that it waits for us; a process whose parent ended gets another parent (Unix). */
function followParent(gone: () => void): void {
  const parent = Number(process.env.BAILIWICK_STARTED_BY);
  if (parent > 0) setInterval(() => process.ppid !== parent && gone(), parentLookMs).unref();
}
