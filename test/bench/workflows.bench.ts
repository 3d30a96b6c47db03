import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { median } from './audit/measured.ts';
import { benchDatabase } from './database.ts';

/*
 * npm run bench -- workflows [rounds]
 * What the engine of workflows costs the one process that has it: a process that connects to PostgreSQL as the api does,
 * with the engine and without, alternating. Its memory (proportional set size) once it is ready and twelve seconds
 * later, and how long it takes to be ready. Linux only.
 */
const steadyAfterMs = 12_000;
const boundMiB = 60;

interface Measured {
  readonly readyMs: number;
  readonly startMiB: number;
  readonly steadyMiB: number;
}

if (process.send) await beMeasured(process.argv[2] === 'with', process.argv[3] ?? '');
else await measure(Number(process.argv[2] ?? 3));

async function measure(rounds: number): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { url } = await benchDatabase(['api'], { durable: false }, stack);
  const found: Record<'with' | 'without', Measured[]> = { with: [], without: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const how of ['without', 'with'] as const) {
      const child = fork(import.meta.filename, [how, url]);
      const [measured] = (await once(child, 'message')) as [Measured];
      await once(child, 'exit');
      found[how].push(measured);
    }
  }
  const of = (how: 'with' | 'without', what: keyof Measured) => median(found[how].map((each) => each[what]));
  for (const what of ['readyMs', 'startMiB', 'steadyMiB'] as const)
    console.log(`${what}: ${of('without', what).toFixed(1)} without, ${of('with', what).toFixed(1)} with`);
  const moreAt = (what: 'startMiB' | 'steadyMiB') => (of('with', what) - of('without', what)).toFixed(1);
  console.log(
    `${moreAt('startMiB')} MiB more at the start, ${moreAt('steadyMiB')} MiB more after ${steadyAfterMs / 1_000} s (at most ${boundMiB})`,
  );
}

/** In a process of its own, which loads what it measures and nothing else. */
async function beMeasured(withEngine: boolean, url: string): Promise<void> {
  const { openPool } = await import('#infra/database/connections.ts');
  const { systemClock } = await import('#infra/kernel/clock.ts');
  const { silentLogger } = await import('#infra/logger/logger.ts');
  const begunMs = performance.now();
  if (withEngine) {
    const { openSagas } = await import('#infra/sagas/engine.ts');
    const saga = { name: 'measured', steps: [{ name: 'one', run: async () => undefined }] };
    const sagas = openSagas({ url, executor: 'bench' }, [saga], { logger: silentLogger(), clock: systemClock });
    await sagas.launched;
    await sagas.begin('measured', 'measured-1', {});
    await sagas.outcome('measured-1', 5_000);
  } else {
    await openPool({ url, maxConnections: 4 }).query('select 1');
  }
  const readyMs = performance.now() - begunMs;
  const startMiB = await proportionalMiB();
  await delay(steadyAfterMs);
  process.send?.({ readyMs, startMiB, steadyMiB: await proportionalMiB() } satisfies Measured, () => process.exit());
}

async function proportionalMiB(): Promise<number> {
  const rollup = await readFile('/proc/self/smaps_rollup', 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? Number.NaN) / 1_024;
}
