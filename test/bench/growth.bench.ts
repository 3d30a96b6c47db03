import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createInstallation, platformProcesses, type RunningPlatform } from '../e2e/platform.ts';
import { pssMiB } from './density/memory.ts';
import { settledMemory, type SettledMemory } from './growth/inspected.ts';
import { house, mix } from './growth/mix.ts';

/*
 * What grows: a mix of members' commands and API requests for an hour (`--minutes N`), on four tenants. Samples the PSS
 * of each process every minute and, after the first minutes and at the end, both under the same mix, its heap after a
 * full garbage collection. Growth is judged by the ratio of the two heaps, since PSS includes garbage that V8 has not
 * collected yet. `--snapshots <folder>` writes both heaps of each process there, after which its PSS includes the cost
 * of writing them.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, snapshots: { type: 'string' } },
});
const minutes = Number(values.minutes);
/** Longer than the 15 minutes for which the edge remembers an interaction: until then its memory has to grow. */
const warmUpMinutes = Math.min(20, minutes / 3);
const sampleMs = Math.min(60_000, (minutes * 60_000) / 8);
const tenants = 4;
const bound = 1.1;

interface Sample {
  readonly atMin: number;
  readonly pss: ReadonlyMap<string, number>;
}

async function sample(platform: RunningPlatform, atMin: number): Promise<Sample> {
  const pss = new Map<string, number>();
  for (const name of platformProcesses) pss.set(name, await pssMiB((await platform.processOf(name)).pid));
  const bots = await platform.bots();
  const each = await Promise.all(bots.map(({ pid }) => pssMiB(pid)));
  pss.set('bot', each.reduce((sum, mib) => sum + mib, 0) / Math.max(1, each.length));
  const shown = [...pss].map(([name, mib]) => `${name} ${mib.toFixed(0)}`).join('  ');
  console.log(`${atMin.toFixed(1).padStart(5)} min  ${shown}`);
  return { atMin, pss };
}

async function heaps(platform: RunningPlatform, when: string): Promise<Map<string, SettledMemory>> {
  const found = new Map<string, SettledMemory>();
  for (const name of platformProcesses) {
    const { pid } = await platform.processOf(name);
    const file = values.snapshots && path.join(values.snapshots, `${name}-${when}.heapsnapshot`);
    found.set(name, await settledMemory(pid, file));
  }
  return found;
}

await using stack = new AsyncDisposableStack();
const installation = stack.use(await createInstallation());
const platform = stack.use(await installation.start());
const houses = [];
for (let index = 0; index < tenants; index += 1) houses.push(await house(platform, index));
const over = new AbortController();
const load = mix(platform, houses, over.signal);
const startedAt = Date.now();
const untilMin = async (atMin: number): Promise<Sample[]> => {
  const samples = [];
  for (;;) {
    const passedMin = (Date.now() - startedAt) / 60_000;
    if (passedMin >= atMin) return samples;
    await delay(Math.min(sampleMs, (atMin - passedMin) * 60_000));
    samples.push(await sample(platform, (Date.now() - startedAt) / 60_000));
  }
};

const warm = (await untilMin(warmUpMinutes)).at(-1);
const before = await heaps(platform, 'before');
const last = (await untilMin(minutes)).at(-1);
const after = await heaps(platform, 'after');
over.abort();
const counts = await load;
console.log([...counts].map(([name, count]) => `${name}: ${count}`).join(', '));
const ratios = [...before].map(([name, { heapMiB, externalMiB }]) => {
  const end = after.get(name);
  const ratio = (end?.heapMiB ?? Number.NaN) / heapMiB;
  const pss = [warm, last].map((one) => (one?.pss.get(name) ?? Number.NaN).toFixed(0)).join(' → ');
  const heap = `${heapMiB.toFixed(1)} → ${end?.heapMiB.toFixed(1)}`;
  const external = `${externalMiB.toFixed(1)} → ${end?.externalMiB.toFixed(1)}`;
  console.log(
    `${name.padEnd(14)} PSS ${pss.padEnd(11)} live heap ${heap.padEnd(13)} external ${external.padEnd(12)} MiB`,
  );
  return [name, ratio] as const;
});
const worst = Math.max(...ratios.map(([, ratio]) => ratio));
console.log(ratios.map(([name, ratio]) => `${name} ${ratio.toFixed(2)}`).join('  '));
console.log(
  `ratio ${worst.toFixed(2)} of the live heap at the end to that after ${warmUpMinutes} min (bound ${bound})`,
);
process.exitCode = worst <= bound ? 0 : 1;
