import { pause, type Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { createHeldLocks, type HeldLock, type HeldLocks } from './held-locks.ts';

export interface OnlyOneOptions {
  /** Connection string of the process's role; a secret. */
  readonly url: string;
  /** The kind of process. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once if another process has taken this one's place, while the database could not be reached. */
  readonly replaced: () => void;
}

/** How long a process waits for the one before it, which may still be stopping, or whose end the server has not noticed. */
const patienceMs = 15_000;
const askEveryMs = 250;

/**
 * Makes sure that only one process of its kind works on a database: a second would start everything a second time. It
 * holds a lock for as long as it is connected; without the database it goes on, and takes the lock again afterwards.
 * @throws database.second-process, database.unavailable
 */
export async function onlyOne(options: OnlyOneOptions): Promise<AsyncDisposable> {
  const { url, name, clock, logger, replaced } = options;
  await using stack = new AsyncDisposableStack();
  const locks = stack.use(createHeldLocks(url));
  const over = new AbortController();
  stack.defer(() => over.abort());
  const first = await take(locks, name, { clock, signal: over.signal });
  if (!first) throw secondProcess(name);
  const keep = async (lock: HeldLock): Promise<void> => {
    await lost(lock);
    await lock[Symbol.asyncDispose]();
    while (!over.signal.aborted) {
      try {
        const next = await take(locks, name, { clock, signal: over.signal });
        if (next) return void keep(next);
        if (over.signal.aborted) return;
        logger.fatal({ code: secondProcess(name).code }, 'another process has taken over');
        return replaced();
      } catch (error) {
        logger.warn({ err: error }, 'cannot be sure to be the only process of its kind');
        await pause(askEveryMs, clock, over.signal);
      }
    }
  };
  void keep(first);
  const owned = stack.move();
  return { [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Undefined if somebody else still has it after a while. @throws database.unavailable if it cannot be asked for */
async function take(
  locks: HeldLocks,
  name: string,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<HeldLock | undefined> {
  const endMs = clock.now() + patienceMs;
  for (;;) {
    const lock = await locks.tryTake(`the only ${name}`);
    if (lock || signal.aborted || clock.now() >= endMs) return lock;
    await pause(askEveryMs, clock, signal);
  }
}

const lost = (lock: HeldLock): Promise<void> =>
  new Promise((resolve) => {
    if (lock.lost.aborted) resolve();
    else lock.lost.addEventListener('abort', () => resolve(), { once: true });
  });

const secondProcess = (name: string) =>
  callerFault(
    'database.second-process',
    `Another ${name} already works on this database. Stop it first: each would start every tenant.`,
    409,
  );
