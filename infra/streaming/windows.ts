/**
 * Windowed sums by event time (Akidau et al., "The Dataflow Model", VLDB 2015). Time is divided into panes, which are tumbling
 * windows; a sliding window is the sum of the panes in it (Li et al., "No pane, no gain", SIGMOD Record 2005). Everything here is a
 * function of what it is given, so that whoever keeps the state decides when it is stored.
 */

export interface PaneOptions {
  /** How long a pane is; panes begin at multiples of it since the epoch. */
  readonly everyMs: number;
  /** For how long after its end, by the watermark, a pane is still corrected. */
  readonly latenessMs: number;
  /** Keys of a pane; what has another one is added to `otherKey`. */
  readonly mostKeys: number;
}

/** Where values of a pane are that has too many keys; not to be used for anything else. */
export const otherKey = 'other';

export type Pane = Readonly<Record<string, number>>;

/** Plain data, to be stored with the checkpoint of what was read. */
export interface PaneState {
  /** The latest event time so far; null before the first event. It never goes back. */
  readonly watermarkMs: number | null;
  /** Those that may still change, by when they begin, in ms since the epoch. */
  readonly panes: Readonly<Record<string, Pane>>;
  /** How many arrived after the end of their pane and were added to it. */
  readonly corrected: number;
  /** How many were left out: their pane was final, or they are of a time that has not come. */
  readonly leftOut: number;
}

export const noPanes: PaneState = { watermarkMs: null, panes: {}, corrected: 0, leftOut: 0 };

/** Something to be added to the pane of its time. */
export interface Addition {
  readonly atMs: number;
  readonly key: string;
  readonly value: number;
}

export interface Advanced {
  readonly state: PaneState;
  /** Whole panes that are other than before, by when they begin: what was known of them is to be replaced. */
  readonly changed: ReadonlyMap<number, Pane>;
}

export const paneOf = (atMs: number, everyMs: number): number => Math.floor(atMs / everyMs) * everyMs;

/**
 * Adds what has happened, in the order in which it arrives. As long as nothing arrives when its pane is final, any order leads to
 * the same panes, and so does any division into calls. The state has the panes of the lateness and one more at most.
 * @param notAfterMs what claims to be later is left out: it would end the panes of everything else
 */
export function advance(
  before: PaneState,
  additions: readonly Addition[],
  options: PaneOptions,
  notAfterMs: number,
): Advanced {
  const { everyMs, latenessMs } = options;
  const panes = new Map<number, Record<string, number>>(
    Object.entries(before.panes).map(([at, pane]) => [Number(at), { ...pane }]),
  );
  const touched = new Set<number>();
  let { watermarkMs, corrected, leftOut } = before;
  for (const { atMs, key, value } of additions) {
    const at = paneOf(atMs, everyMs);
    const endMs = at + everyMs;
    if (atMs > notAfterMs || (watermarkMs !== null && watermarkMs >= endMs + latenessMs)) {
      leftOut += 1;
      continue;
    }
    if (watermarkMs !== null && watermarkMs >= endMs) corrected += 1;
    const pane = panes.get(at) ?? {};
    panes.set(at, pane);
    add(pane, key, value, options.mostKeys);
    touched.add(at);
    watermarkMs = Math.max(watermarkMs ?? atMs, atMs);
  }
  const isOpen = (at: number) => watermarkMs === null || watermarkMs < at + everyMs + latenessMs;
  return {
    state: {
      watermarkMs,
      panes: Object.fromEntries([...panes].filter(([at]) => isOpen(at))),
      corrected,
      leftOut,
    },
    changed: new Map([...panes].filter(([at]) => touched.has(at))),
  };
}

function add(pane: Record<string, number>, key: string, value: number, mostKeys: number): void {
  const hasRoom = Object.hasOwn(pane, key) || Object.keys(pane).length < mostKeys;
  const to = hasRoom ? key : otherKey;
  pane[to] = (Object.hasOwn(pane, to) ? (pane[to] ?? 0) : 0) + value;
}

/** A stretch of time as what it adds to each pane that it touches, the milliseconds of it that are in the pane. */
export function stretch(fromMs: number, toMs: number, key: string, everyMs: number): Addition[] {
  const additions: Addition[] = [];
  for (let atMs = fromMs; atMs < toMs;) {
    const endMs = Math.min(paneOf(atMs, everyMs) + everyMs, toMs);
    additions.push({ atMs, key, value: endMs - atMs });
    atMs = endMs;
  }
  return additions;
}

export interface SlidingWindow {
  /** Excluded; the window begins `sizeMs` before it. */
  readonly endMs: number;
  readonly sums: Pane;
}

/**
 * The sliding windows of a size that end with each pane from one time to another, both included, from their panes. The sums follow
 * from one window to the next, so it costs each pane twice, whatever the size.
 */
export function sliding(
  panes: ReadonlyMap<number, Pane>,
  { sizeMs, everyMs }: { readonly sizeMs: number; readonly everyMs: number },
  fromMs: number,
  toMs: number,
): SlidingWindow[] {
  const windows: SlidingWindow[] = [];
  const sums = new Map<string, number>();
  const change = (at: number, sign: 1 | -1) => {
    for (const [key, value] of Object.entries(panes.get(at) ?? {})) {
      const sum = (sums.get(key) ?? 0) + sign * value;
      if (sum === 0) sums.delete(key);
      else sums.set(key, sum);
    }
  };
  const first = paneOf(fromMs, everyMs);
  for (let at = first - sizeMs; at < first - everyMs; at += everyMs) change(at, 1);
  for (let endMs = first; endMs <= toMs; endMs += everyMs) {
    change(endMs - everyMs, 1);
    windows.push({ endMs, sums: Object.fromEntries(sums) });
    change(endMs - sizeMs, -1);
  }
  return windows;
}
