import type { Clock } from '#infra/kernel/clock.ts';

/** Limits how many bots start up at once, so that a supervisor with many of them does not starve those that run. */
export interface LaunchSlots {
  /** Resolves when there is room, with a function that releases the slot, and may be called twice. */
  take(): Promise<() => void>;
}

/** A slot that nobody released is free again after `heldAtMostMs`. */
export function createLaunchSlots(size: number, heldAtMostMs: number, clock: Clock): LaunchSlots {
  let free = size;
  const waiting: (() => void)[] = [];
  const give = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  return {
    async take() {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      let given = false;
      const release = (): void => {
        if (given) return;
        given = true;
        cancel();
        give();
      };
      const cancel = clock.after(heldAtMostMs, release);
      return release;
    },
  };
}
