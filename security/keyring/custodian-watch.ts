import type { Clock } from '#infra/kernel/clock.ts';
import type { HealthCause, HealthCheck } from '#infra/observability/health.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Custodian } from './custodian.ts';
import { custodianStates, type CustodianState } from './custodian-state.ts';

/** The name of the cause under which a process reports its custodian. */
export const custodianCause = 'custodian';

const everyMs = 10_000;

/** A process's custodian as its health reports it: with its state (custodian-state.ts), and since when. */
export interface CustodianWatch extends Disposable {
  readonly health: HealthCheck;
}

interface Known {
  readonly state: CustodianState;
  readonly sinceMs: number;
}

/**
 * Looks every ten seconds, so that `since` is right whether or not anybody reads the process's health, and logs each
 * change. Disposing ends it; it does not close the custodian.
 */
export function watchCustodian(
  custodian: Pick<Custodian, 'health'>,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): CustodianWatch {
  let known: Known | undefined;
  let looking: Promise<Omit<HealthCause, 'name'>> | undefined;
  let cancel = (): void => undefined;
  let disposed = false;

  const note = (state: CustodianState, detail: string | undefined): Known => {
    if (known?.state === state) return known;
    if (state !== 'works') logger.warn({ state, detail }, 'the keys cannot be used');
    else if (known) logger.info({ awayMs: clock.now() - known.sinceMs }, 'the keys can be used again');
    return (known = { state, sinceMs: clock.now() });
  };
  const look = async (): Promise<Omit<HealthCause, 'name'>> => {
    const health = await custodian.health();
    const { state, sinceMs } = note(stateOf(health), health.detail);
    return { ...health, state, since: new Date(sinceMs).toISOString() };
  };
  /** One at a time: who asks meanwhile gets the same answer. */
  const health = (): Promise<Omit<HealthCause, 'name'>> =>
    (looking ??= look().finally(() => {
      looking = undefined;
    }));
  const goOn = (): void => {
    if (!disposed) cancel = clock.after(everyMs, () => void health().then(goOn, goOn));
  };
  void health().then(goOn, goOn);
  return {
    health,
    [Symbol.dispose]() {
      disposed = true;
      cancel();
    },
  };
}

const stateOf = ({ state }: Omit<HealthCause, 'name'>): CustodianState =>
  custodianStates.find((each) => each === state) ?? 'works';
