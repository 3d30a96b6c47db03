/** Lets a number of things happen at once and makes the others wait, in order. */
export interface Semaphore {
  /** Undefined if `signal` was aborted before its turn came. */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result | undefined>;
}

export function createSemaphore(atOnce: number): Semaphore {
  let free = atOnce;
  /** Each takes over the permit of one that is done. */
  const waiting = new Set<() => void>();
  const turn = (signal: AbortSignal): Promise<boolean> =>
    new Promise((resolve) => {
      const decide = (hasTurn: boolean) => {
        waiting.delete(take);
        signal.removeEventListener('abort', giveUp);
        resolve(hasTurn);
      };
      const take = () => decide(true);
      const giveUp = () => decide(false);
      waiting.add(take);
      signal.addEventListener('abort', giveUp);
    });
  const done = (): void => {
    const [next] = waiting;
    if (next) next();
    else free += 1;
  };
  return {
    async run(work, signal) {
      if (signal.aborted) return undefined;
      if (free > 0) free -= 1;
      else if (!(await turn(signal))) return undefined;
      try {
        return await work();
      } finally {
        done();
      }
    },
  };
}
