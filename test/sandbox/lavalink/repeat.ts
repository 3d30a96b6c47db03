import type { Clock, Timer } from '../clock.ts';

/** Runs repeatedly, `everyMs` apart, until cancelled. */
export function repeat(clock: Clock, everyMs: number, run: () => void): Timer {
  let stopped = false;
  let next = clock.after(everyMs, tick);
  function tick(): void {
    run();
    if (!stopped) next = clock.after(everyMs, tick);
  }
  return {
    cancel() {
      stopped = true;
      next.cancel();
    },
  };
}
