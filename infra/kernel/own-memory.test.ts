import { expect, it } from 'vitest';
import { inOwnMemory } from './own-memory.ts';

it('copies bytes into memory that nothing else shares', () => {
  const pooled = Buffer.from('a few bytes');
  expect(pooled.buffer.byteLength).toBeGreaterThan(pooled.length);
  const kept = inOwnMemory(pooled);
  expect(kept.buffer.byteLength).toBe(pooled.length);
  pooled.fill(0);
  expect(kept.toString()).toBe('a few bytes');
});
