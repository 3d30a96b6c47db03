import { DBOS } from '@dbos-inc/dbos-sdk';
import { Backoff } from '#infra/kernel/backoff.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';

const launchAgain = { minMs: 500, maxMs: 10_000 };

/** Starts the library, again and again until the database answers. @returns false if it was stopped before */
export async function launchUntil(
  stopping: AbortSignal,
  clock: Clock,
  logger: Logger,
  prepare: () => Promise<void>,
): Promise<boolean> {
  await prepare();
  const backoff = new Backoff(launchAgain);
  while (!stopping.aborted) {
    try {
      await DBOS.launch();
      return true;
    } catch (error) {
      logger.warn({ err: error }, 'workflows could not be started');
      // Half started, the library would take the next attempt for done, and resume nothing.
      await DBOS.shutdown().catch((fault: unknown) => logger.debug({ err: fault }, 'workflows'));
      await pause(backoff.nextMs(), clock, stopping);
    }
  }
  return false;
}

/** What the library says of its own accord matters to nobody but its debuggers, except for faults. */
export function quiet(logger: Logger) {
  const at = (level: 'debug' | 'warn') => (entry: unknown) => logger[level]({ from: 'workflows' }, String(entry));
  return { info: at('debug'), debug: at('debug'), warn: at('warn'), error: at('warn') };
}
