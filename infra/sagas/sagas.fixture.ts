import process from 'node:process';
import { newConnection } from '#infra/database/connections.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { openSagas } from './engine.ts';

/*
 * A process that runs one saga of four steps for sagas.test.ts, which ends it with SIGKILL where it says it is. Each step
 * notes that it ran, and has an effect that repeating it does not change.
 */

const names = ['one', 'two', 'three', 'four'];

export type Told = { readonly at: string } | { readonly outcome: string };

export interface Orders {
  readonly url: string;
  readonly id: string;
  readonly pauseAt: string | undefined;
}

process.once('message', (settings: Orders) => {
  void run(settings);
});
process.send?.({ at: 'here' } satisfies Told);

async function run({ url, id, pauseAt }: Orders): Promise<void> {
  const database = newConnection(url);
  await database.connect();
  const pass = async (at: string): Promise<void> => {
    if (at !== pauseAt) return;
    process.send?.({ at } satisfies Told);
    await new Promise(() => undefined);
  };
  const steps = names.map((name) => ({
    name,
    async run() {
      await pass(`before ${name}`);
      await database.query('insert into runs values ($1)', [name]);
      await database.query('insert into effects values ($1) on conflict do nothing', [name]);
      await pass(`after ${name}`);
    },
  }));
  const sagas = openSagas({ url, executor: 'test' }, [{ name: 'numbers', steps }], {
    logger: silentLogger(),
    clock: systemClock,
  });
  for (;;) {
    try {
      await sagas.begin('numbers', id, {});
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const { status } = await sagas.outcome(id, 20_000);
  process.send?.({ outcome: status } satisfies Told);
  await sagas[Symbol.asyncDispose]();
  await database.end();
  process.disconnect?.();
}
