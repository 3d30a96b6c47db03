import { mkdtemp, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { FromBot } from '#tenants/instance-protocol/door.ts';
import { prepareBotImage } from '#tenants/supervisor/bot-image.ts';
import { probeConfinement, type Confinement } from '#tenants/confinement/confinement.ts';
import type { BotExit, BotProcess, Launcher } from '#tenants/supervisor/launcher.ts';
import { createProcessLauncher } from '#tenants/supervisor/process-launcher.ts';
import { createUserPool } from '#tenants/supervisor/user-pool.ts';

/** A folder for hostile bundles that a bot's user can read. */
export async function bundleFolder(): Promise<
  AsyncDisposable & { write(name: string, source: string): Promise<string> }
> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-hostile-'));
  await chmod(folder, 0o755);
  return {
    async write(name, source) {
      const file = path.join(folder, `${name}.mjs`);
      await writeFile(file, source, { mode: 0o644 });
      return file;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Start of every hostile program: it reports the outcome of each attack over the channel that every bot has. */
export const hostilePrelude = `
  import net from 'node:net'; import fs from 'node:fs'; import dgram from 'node:dgram'; import dns from 'node:dns';
  import https from 'node:https'; import inspector from 'node:inspector'; import { createRequire } from 'node:module';
  import child_process from 'node:child_process'; import worker_threads from 'node:worker_threads'; import v8 from 'node:v8';
  const require = createRequire(import.meta.url);
  const tell = (name, outcome) => process.send({ type: 'state', state: 'degraded', detail: JSON.stringify({ name, outcome: String(outcome).slice(0, 300) }) });
  let thrown = () => undefined;
  process.on('uncaughtException', (error) => thrown(error));
  const codeOf = (error) => error?.code ?? (error?.cause ? codeOf(error.cause) : error?.name === 'Error' ? error.message : error?.name);
  const event = (emitter, name) => new Promise((resolve, reject) => { emitter.once(name, resolve); emitter.once('error', reject); });
  const attempt = async (name, attack) => {
    let timer;
    const late = new Promise((_, reject) => { thrown = reject; timer = setTimeout(() => reject(Object.assign(new Error('late'), { code: 'TIMEOUT' })), 4000); });
    try { tell(name, 'SUCCEEDED ' + await Promise.race([Promise.resolve().then(attack), late])); }
    catch (error) { tell(name, codeOf(error)); }
    finally { clearTimeout(timer); }
  };
`;

const outcomeSchema = z.object({ name: z.string(), outcome: z.string() });

export interface HostileRun {
  readonly tenant: TenantId;
  readonly process: BotProcess;
  readonly messages: readonly FromBot[];
  /** By name of the attack: its error code, or what it obtained. */
  readonly outcomes: ReadonlyMap<string, string>;
  readonly exit: Promise<BotExit>;
  readonly running: boolean;
}

/** A real process launcher for a bundle. */
export async function launcherOf(bundleFile: string): Promise<{ launcher: Launcher; confinement: Confinement }> {
  const limits = { heapMiB: 96, memoryMiB: 256 };
  const range = { first: 43_000, count: 1_000 };
  const confinement = await probeConfinement(limits, range.first);
  const image = await prepareBotImage({ bundleFile, copiesIn: tmpdir(), ownUser: confinement.ownUser });
  const launcher = createProcessLauncher({
    image,
    confinement,
    limits,
    users: createUserPool(range),
    logger: silentLogger(),
    clock: systemClock,
  });
  return { launcher, confinement };
}

/** Runs a bundle as a bot. `heard` is called with each of its requests, so that a door can answer. */
export function runHostile(
  launcher: Launcher,
  heard: (message: FromBot, bot: BotProcess) => void = () => undefined,
): HostileRun {
  const tenant = newTenantId();
  const messages: FromBot[] = [];
  const outcomes = new Map<string, string>();
  const exit = Promise.withResolvers<BotExit>();
  let running = true;
  const bot = launcher.launch(tenant, {
    message(message) {
      messages.push(message);
      if (message.type === 'state') {
        const outcome = outcomeSchema.safeParse(JSON.parse(message.detail ?? 'null'));
        if (outcome.success) outcomes.set(outcome.data.name, outcome.data.outcome);
      } else heard(message, bot);
    },
    exited(how) {
      running = false;
      exit.resolve(how);
    },
  });
  return {
    tenant,
    process: bot,
    messages,
    outcomes,
    exit: exit.promise,
    get running() {
      return running;
    },
  };
}
