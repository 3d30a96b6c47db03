import { expect, test } from 'vitest';
import { Enrolments } from './enrolments.ts';

test('gives a process that starts later the authorities of that time', async () => {
  const enrolments = new Enrolments('test');
  const waiting = enrolments.trustBundlePem;
  enrolments.received({ type: 'identity', trustBundlePem: 'first' });
  expect(await waiting).toBe('first');
  enrolments.received({ type: 'identity', trustBundlePem: 'first and second' });
  expect(await enrolments.trustBundlePem).toBe('first and second');
});
