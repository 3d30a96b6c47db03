import { expect, test } from 'vitest';
import { callerFault } from './errors.ts';
import { toProblem } from './problem.ts';

test('lists the first faults and counts the rest, each of them short', () => {
  const faults = Array.from({ length: 20_000 }, (_, index) => ({ at: `/${index}${'x'.repeat(5_000)}`, message: 'no' }));
  const problem = toProblem(callerFault('policy.invalid', 'no', 422, faults));
  expect(problem.faults).toHaveLength(50);
  expect(problem.moreFaults).toBe(19_950);
  expect(JSON.stringify(problem).length).toBeLessThan(20_000);
});

test('lists all of a few faults as they are', () => {
  const faults = [{ at: '/a', code: 'missing' as const, message: 'is missing' }];
  expect(toProblem(callerFault('policy.invalid', 'no', 422, faults))).toMatchObject({ faults });
  expect(toProblem(callerFault('policy.invalid', 'no', 422, faults))).not.toHaveProperty('moreFaults');
});
