import type { Clock } from '#infra/kernel/clock.ts';

const beatMs = 1_000;
/** A beat this late says that this process was frozen, starved or asleep, so nothing that it missed counts. */
const lateByMs = 1_000;
/** Beats without an answer until a bot counts as unresponsive, and until it is given up. */
const unresponsiveAfter = 4;
const hungAfter = 10;
/** While it starts, which takes seconds on a busy machine. */
const hungAtStartAfter = 30;

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly ping: (id: number) => void;
  /** It has not answered for this long; told once, until it answers again. */
  readonly unresponsive: (seconds: number) => void;
  /** It answers again. */
  readonly responsive: () => void;
  /** It is given up; nothing follows. */
  readonly hung: (seconds: number) => void;
}

export interface Heartbeat {
  /** It says that it is no longer starting. */
  started(): void;
  answered(id: number): void;
  stop(): void;
}

/**
 * Asks a bot every second whether its event loop still turns. Beats are counted rather than time, so that a supervisor
 * that was stopped itself, or whose machine slept, does not blame its bots.
 */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { clock, ping, unresponsive, responsive, hung } = options;
  let asked = 0;
  let answered = 0;
  let missed = 0;
  let starting = true;
  let silent = false;
  let lastMs = clock.now();
  let cancel: () => void = () => undefined;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    cancel();
  };
  const beat = (): void => {
    const nowMs = clock.now();
    const elapsedMs = nowMs - lastMs;
    lastMs = nowMs;
    if (asked === answered) {
      asked += 1;
      ping(asked);
    } else {
      const onTime = elapsedMs >= 0 && elapsedMs < beatMs + lateByMs;
      missed = onTime ? missed + 1 : 0;
    }
    if (missed >= (starting ? hungAtStartAfter : hungAfter)) {
      stop();
      return hung(missed);
    }
    if (!starting && missed >= unresponsiveAfter && !silent) {
      silent = true;
      unresponsive(missed);
    }
    if (!stopped) cancel = clock.after(beatMs, beat);
  };
  cancel = clock.after(beatMs, beat);
  return {
    started() {
      starting = false;
    },
    answered(id) {
      if (id !== asked || stopped) return;
      answered = id;
      starting = false;
      missed = 0;
      if (!silent) return;
      silent = false;
      responsive();
    },
    stop,
  };
}
