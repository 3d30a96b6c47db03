import type { Clock } from '#infra/kernel/clock.ts';

const beatMs = 1_000;
/** A beat this late means that this process was frozen, starved or asleep, so nothing that it missed counts. */
const lateByMs = 1_000;
/** Unanswered beats until a bot counts as unresponsive, and until it is given up. */
const unresponsiveAfter = 4;
const hungAfter = 10;
/** During its start, which takes seconds on a busy machine. */
const hungAtStartAfter = 30;

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly ping: (id: number) => void;
  /** Called once when it has not answered for this long, until it answers again. */
  readonly unresponsive: (seconds: number) => void;
  /** It answers again. */
  readonly responsive: () => void;
  /** It is given up; nothing follows. */
  readonly hung: (seconds: number) => void;
}

export interface Heartbeat {
  /** It reports that it is no longer starting. */
  started(): void;
  answered(id: number): void;
  stop(): void;
}

/**
 * Checks every second whether a bot's event loop is running. It counts beats rather than time, so that a supervisor
 * that was itself stopped, or whose machine slept, does not blame its bots.
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
