import { fork } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { TenantId } from '#infra/kernel/ids.ts';
import { fromBotSchema } from '#tenants/instance-protocol/door.ts';
import type { Launcher } from '#tenants/supervisor/launcher.ts';
import type { Supervisor } from '#tenants/supervisor/supervisor.ts';
import { benchDatabase } from './database.ts';
import { heldSessions } from './density/held-sessions.ts';
import { pssMiB, settled } from './density/memory.ts';
import { startConfinementFixture, type ConfinementFixture } from '../security/confinement-fixture.ts';

/*
 * Memory of an idle bot: 50 as the supervisor runs them (one bundled file, confined, tuned) beside 5 of the same bot
 * without any of that. PSS of /proc/<pid>/smaps_rollup, in which shared pages are divided among their users. Each bot
 * is ready: certificate, commands registered, both streams open, one guild. Then the memory of the edge for each
 * session that it holds, beside a discord.js client for each.
 */
const confinedBots = Number(process.argv[2] ?? 50);
const plainBots = 5;
/** Discord sessions that the edge holds, and as many plain clients. */
const sessions = 300;
const plainEntry = fileURLToPath(new URL('../../services/gateway/src/main.ts', import.meta.url));

const plainLauncher: Launcher = {
  layers: [],
  launch(_tenant, events) {
    const child = fork(plainEntry, { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.on('message', (message) => events.message(fromBotSchema.parse(message)));
    child.once('exit', (code, signal) => events.exited({ code, signal }));
    return {
      pid: child.pid,
      send: (message, socket) => {
        if (child.connected) child.send(message, socket);
      },
      stop: () => child.kill('SIGKILL'),
      kill: () => child.kill('SIGKILL'),
    };
  },
};

async function startAll(fixture: ConfinementFixture, supervisor: Supervisor, count: number): Promise<number[]> {
  const tenants: TenantId[] = [];
  for (let index = 0; index < count; index += 1) tenants.push(await fixture.tenant());
  await Promise.all(tenants.map((tenant) => supervisor.start(tenant, 'req_bench')));
  while (supervisor.counts().ready < count) {
    if (supervisor.counts().failed > 0) throw new Error('a bot does not start');
    await passing(200);
  }
  return tenants.map((tenant) => supervisor.pidOf(tenant)).filter((pid) => pid !== undefined);
}

async function measure(pids: readonly number[]): Promise<{ mean: number; max: number }> {
  await settled();
  const values = await Promise.all(pids.map(pssMiB));
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, max: Math.max(...values) };
}

const passing = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

await using stack = new AsyncDisposableStack();
const database = await benchDatabase(['identity', 'supervisor'], { durable: false }, stack);
const fixture = stack.use(await startConfinementFixture({ database }));
const show = (name: string, count: number, { mean, max }: { mean: number; max: number }) =>
  console.log(
    `${name.padEnd(28)} ${String(count).padStart(3)} bots   ${mean.toFixed(1)} MiB PSS each (largest ${max.toFixed(1)})`,
  );

const plain = await fixture.supervisor({ launcher: plainLauncher });
const without = await measure(await startAll(fixture, plain, plainBots));
show('unbundled, unconfined', plainBots, without);
await fixture.endSupervisor();
const started = performance.now();
const confined = await fixture.supervisor();
const pids = await startAll(fixture, confined, confinedBots);
const startSec = (performance.now() - started) / 1_000;
const within = await measure(pids);
show('as the supervisor runs them', confinedBots, within);
console.log(
  `ratio ${(without.mean / within.mean).toFixed(2)} : 1; all ${confinedBots} ready after ${startSec.toFixed(1)} s`,
);
console.log(`layers: ${fixture.confinement.layers.join(', ')}`);
await fixture.endSupervisor();

const { edgeMiB, plainMiB } = await heldSessions(sessions);
const kiB = (value: number) => `${(value * 1024).toFixed(0)} KiB`;
console.log(
  `a session that the edge holds: ${kiB(edgeMiB)} PSS, a plain discord.js client in one process with others: ${kiB(plainMiB)} (${sessions} of each)`,
);
console.log(`ratio ${(edgeMiB / plainMiB).toFixed(2)} (at most 1.5)`);
