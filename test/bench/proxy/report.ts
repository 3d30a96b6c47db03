/** One subject's run in one round. */
export interface Measured {
  readonly cpuPer100k: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSec: number;
  readonly rssMiB: number;
}

/** By subject: its run in each round. */
export type Rounds = ReadonlyMap<string, readonly Measured[]>;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Medians of the rounds. */
export function summaryOf(name: string, runs: readonly Measured[]): string {
  const of = (pick: (run: Measured) => number, digits: number, width: number) =>
    median(runs.map(pick)).toFixed(digits).padStart(width);
  return (
    `  ${name.padEnd(32)} ${of((run) => run.cpuPer100k, 2, 6)} CPU-s/100k   p50 ${of((run) => run.p50Ms, 1, 5)} ms   ` +
    `p99 ${of((run) => run.p99Ms, 1, 5)} ms   ${of((run) => run.perSec, 0, 5)}/s   ${of((run) => run.rssMiB, 0, 4)} MiB`
  );
}

/** CPU of one subject to another's: the median of each round's ratio, since the machine's load changes, and its range. */
export function ratioOf(rounds: Rounds, subject: string, baseline: string | undefined) {
  const others = baseline === undefined ? undefined : rounds.get(baseline);
  if (!others) return undefined;
  const ratios = (rounds.get(subject) ?? []).map(
    ({ cpuPer100k }, round) => cpuPer100k / (others[round]?.cpuPer100k ?? Number.NaN),
  );
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}
