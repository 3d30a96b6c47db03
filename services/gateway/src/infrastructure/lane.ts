/** Lets so many things happen at once and the others wait, in order. */
export interface Lane {
  /** Undefined when `signal` was aborted before its turn came. */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result | undefined>;
}

export function createLane(atOnce: number): Lane {
  let underWay = 0;
  const waiting = new Set<() => void>();
  const turn = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const go = () => {
        signal.removeEventListener('abort', go);
        waiting.delete(go);
        resolve();
      };
      waiting.add(go);
      signal.addEventListener('abort', go, { once: true });
    });
  return {
    async run(work, signal) {
      while (underWay >= atOnce && !signal.aborted) await turn(signal);
      if (signal.aborted) {
        // The turn may have been this one's; it goes to the next.
        wakeNext();
        return undefined;
      }
      underWay += 1;
      try {
        return await work();
      } finally {
        underWay -= 1;
        wakeNext();
      }
    },
  };

  function wakeNext(): void {
    const [next] = waiting;
    next?.();
  }
}
