import { expect, test } from 'vitest';
import { callerFault } from './errors.ts';
import { Lanes } from './lanes.ts';

const busy = () => callerFault('player.busy', 'Too much at once.', 429);

test('runs the work of one key in its order, and of another beside it', async () => {
  const lanes = new Lanes({ concurrency: 1, waiting: 10, busy });
  const gate = Promise.withResolvers<void>();
  const done: string[] = [];
  const work = [
    lanes.run('a', async () => {
      await gate.promise;
      done.push('a1');
    }),
    lanes.run('a', async () => void done.push('a2')),
    lanes.run('a', async () => void done.push('a3')),
  ];
  await lanes.run('b', async () => void done.push('b1'));
  expect(done).toEqual(['b1']);
  gate.resolve();
  await Promise.all(work);
  expect(done).toEqual(['b1', 'a1', 'a2', 'a3']);
  expect(lanes.size).toBe(0);
});

test('refuses what is more than may wait, and serves again once there is room', async () => {
  const lanes = new Lanes({ concurrency: 2, waiting: 1, busy });
  const gate = Promise.withResolvers<void>();
  const held = [1, 2, 3].map(() => lanes.run('a', () => gate.promise));
  await expect(lanes.run('a', async () => 'late')).rejects.toMatchObject({ code: 'player.busy', status: 429 });
  expect(await lanes.run('b', async () => 'other tenant')).toBe('other tenant');
  gate.resolve();
  await Promise.all(held);
  expect(await lanes.run('a', async () => 'again')).toBe('again');
});

test('goes on after work that failed', async () => {
  const lanes = new Lanes({ concurrency: 1, waiting: 10, busy });
  const failed = lanes.run('a', () => Promise.reject(new Error('broken')));
  const next = lanes.run('a', async () => 'fine');
  await expect(failed).rejects.toThrow('broken');
  expect(await next).toBe('fine');
  expect(lanes.size).toBe(0);
});
