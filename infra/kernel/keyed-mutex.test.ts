import { expect, test } from 'vitest';
import { callerFault } from './errors.ts';
import { KeyedMutex } from './keyed-mutex.ts';

const busy = () => callerFault('player.busy', 'Too much at once.', 429);

test('runs the work of one key in its order, and of another beside it', async () => {
  const mutex = new KeyedMutex({ concurrency: 1, waiting: 10, busy });
  const gate = Promise.withResolvers<void>();
  const done: string[] = [];
  const work = [
    mutex.run('a', async () => {
      await gate.promise;
      done.push('a1');
    }),
    mutex.run('a', async () => void done.push('a2')),
    mutex.run('a', async () => void done.push('a3')),
  ];
  await mutex.run('b', async () => void done.push('b1'));
  expect(done).toEqual(['b1']);
  gate.resolve();
  await Promise.all(work);
  expect(done).toEqual(['b1', 'a1', 'a2', 'a3']);
  expect(mutex.size).toBe(0);
});

test('refuses what is more than may wait, and serves again once there is room', async () => {
  const mutex = new KeyedMutex({ concurrency: 2, waiting: 1, busy });
  const gate = Promise.withResolvers<void>();
  const held = [1, 2, 3].map(() => mutex.run('a', () => gate.promise));
  await expect(mutex.run('a', async () => 'late')).rejects.toMatchObject({ code: 'player.busy', status: 429 });
  expect(await mutex.run('b', async () => 'other tenant')).toBe('other tenant');
  gate.resolve();
  await Promise.all(held);
  expect(await mutex.run('a', async () => 'again')).toBe('again');
});

test('goes on after work that failed', async () => {
  const mutex = new KeyedMutex({ concurrency: 1, waiting: 10, busy });
  const failed = mutex.run('a', () => Promise.reject(new Error('broken')));
  const next = mutex.run('a', async () => 'fine');
  await expect(failed).rejects.toThrow('broken');
  expect(await next).toBe('fine');
  expect(mutex.size).toBe(0);
});
