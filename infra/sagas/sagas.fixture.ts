import process from 'node:process';
import { newConnection } from '#infra/database/connections.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { openSagas, type Sagas } from './engine.ts';

/*
 * A process that runs one saga of four steps for the tests, which end it with SIGKILL where it says it is. Each step
 * notes that it ran, and has an effect that repeating it does not change.
 */

const names = ['one', 'two', 'three', 'four'];
const anHourMs = 60 * 60_000;

export type Told = { readonly at: string } | { readonly outcome: string };

export interface Orders {
  readonly url: string;
  readonly id: string;
  /** Where a step stays until it is stopped. */
  readonly pauseAt: string | undefined;
  /** Where a step fails the first time; the second attempt is an hour later, unless it is woken. */
  readonly failAt?: string;
  /** What it does with the saga, which by default it begins; the others say when they are ready, and then wait for a word. */
  readonly does?: 'waits' | 'forgets' | 'retries';
}

process.once('message', (settings: Orders) => {
  void run(settings);
});
const tell = (told: Told): void => void process.send?.(told);
tell({ at: 'here' });

async function run({ url, id, pauseAt, failAt, does }: Orders): Promise<void> {
  const database = newConnection(url);
  await database.connect();
  const pass = async (at: string, signal: AbortSignal, attempt: number): Promise<void> => {
    if (at === failAt && attempt === 1) {
      tell({ at });
      throw new Error('not the first time');
    }
    if (at !== pauseAt) return;
    tell({ at });
    signal.addEventListener('abort', () => tell({ at: `stopped ${at}` }));
    await new Promise(() => undefined);
  };
  const steps = names.map((name) => ({
    name,
    async run(_input: object, signal: AbortSignal, { number }: { readonly number: number }) {
      await pass(`before ${name}`, signal, number);
      await database.query('insert into runs values ($1)', [name]);
      await database.query('insert into effects values ($1) on conflict do nothing', [name]);
      await pass(`after ${name}`, signal, number);
    },
  }));
  const sagas = openSagas({ url, executor: 'test' }, [{ name: 'numbers', steps }], {
    logger: silentLogger(),
    clock: systemClock,
    ...(failAt === undefined ? {} : { attempts: { timeoutMs: 30_000, firstDelayMs: anHourMs, limit: 5 } }),
  });
  await sagas.launched;
  await act(sagas, id, does);
  await sagas[Symbol.asyncDispose]();
  await database.end();
  process.disconnect?.();
}

async function act(sagas: Sagas, id: string, does: Orders['does']): Promise<void> {
  if (does === undefined) await sagas.begin('numbers', id, {});
  else {
    const word = new Promise((resolve) => process.once('message', resolve));
    tell({ at: 'ready' });
    await word;
  }
  if (does === 'forgets') await sagas.forget(id);
  if (does === 'retries') await sagas.retry(id);
  const { status } = does === 'forgets' ? { status: 'forgotten' } : await sagas.outcome(id, 20_000);
  tell({ outcome: status });
}
