import process from 'node:process';
import { footprint, counted, together } from './footprint/memory.ts';
import { compareDecisions, measureOvershoot } from './replicas/decisions.ts';
import { measureHandOver } from './replicas/hand-over.ts';
import { measureTakeOver } from './replicas/take-over.ts';

/*
 * What the second one of everything costs and does: decisions a second of two proxies beside each other and of one, with
 * the CPU of all of them (reads, and changes, which are remembered in the shared state); by how much two proxies exceed
 * a tenant's rate during a flood; how long it takes until all bots answer after one of two edges, supervisors and audio
 * services is killed (the other takes over, unless the killed one is back before its lease has expired), with the
 * silence meanwhile, and the interactions that are lost when one is asked to stop; how long ten thousand leases take from a
 * process that leaves to another; and the memory of a platform with two of everything, to one with one.
 *
 *   node test/bench/replicas.bench.ts [rounds] [requests a round] [times that each part is killed] [idle seconds]
 *   node test/bench/replicas.bench.ts decisions|overshoot|take-over|hand-over|footprint [the same]
 *   node test/bench/replicas.bench.ts take-over [the same four] discord-edge|supervisor|audio
 *
 * Two proxies, two load generators, the upstreams and Redis need about six cores to show what a second proxy adds; on
 * fewer, they share what there is, and the CPU for each decision is what to look at.
 */
const names = ['decisions', 'overshoot', 'take-over', 'hand-over', 'footprint'] as const;
const [first = '', ...rest] = process.argv.slice(2);
const chosen = names.filter((name) => name === first);
const numbers = (chosen.length > 0 ? rest : process.argv.slice(2)).map(Number);
const [rounds = 5, requests = 20_000, times = 50, idleSec = 30] = numbers;

async function compareFootprints(): Promise<string> {
  const [one, two] = [await footprint(idleSec * 1_000), await footprint(idleSec * 1_000, ['--replicas', '2'])];
  for (const [name, { mib, count }] of counted(two).toSorted(([, a], [, b]) => b.mib - a.mib))
    console.log(
      `${name.padEnd(22)} ${count}  ${mib.toFixed(1).padStart(7)} MiB, ${(one.get(name)?.mib ?? 0).toFixed(1)} with one`,
    );
  const [ofOne, ofTwo] = [together(one), together(two)];
  return `memory of two of everything ${(ofTwo / ofOne).toFixed(2)} of one (at most 2.00), ${(ofTwo - ofOne).toFixed(0)} MiB more`;
}

const benches = {
  decisions: () => compareDecisions(rounds, requests),
  overshoot: () => measureOvershoot(requests),
  'take-over': () => measureTakeOver(times, rest[4]),
  'hand-over': () => measureHandOver(rounds),
  footprint: compareFootprints,
};
const results: string[] = [];
for (const name of chosen.length > 0 ? chosen : names) results.push(await benches[name]());
console.log(`ratios: ${results.join('; ')}`);
