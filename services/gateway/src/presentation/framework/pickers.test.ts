import { beforeEach, expect, test, vi } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { Pickers, pickWithinMs } from './pickers.ts';

let clock: FakeClock;
let pickers: Pickers;
const over = vi.fn(async () => undefined);

beforeEach(() => {
  over.mockClear();
  clock = new FakeClock();
  pickers = new Pickers(clock);
  pickers.open('1', over);
});

test('is picked from once', () => {
  expect(pickers.take('1')).toBe(true);
  expect(pickers.take('1')).toBe(false);
  pickers.close('1');
  pickers.giveBack('1');
  expect(pickers.take('1')).toBe(false);
  clock.advance(pickWithinMs);
  expect(over).not.toHaveBeenCalled();
});

test('is over after a minute, and says so once', () => {
  clock.advance(pickWithinMs);
  expect(over).toHaveBeenCalledOnce();
  expect(pickers.take('1')).toBe(false);
});

test('may be picked from again if nothing came of it, until its minute is over', () => {
  expect(pickers.take('1')).toBe(true);
  pickers.giveBack('1');
  expect(pickers.take('1')).toBe(true);
  clock.advance(pickWithinMs);
  expect(over).not.toHaveBeenCalled();
  pickers.giveBack('1');
  expect(over).toHaveBeenCalledOnce();
  expect(pickers.take('1')).toBe(false);
});

test('the oldest of too many is over at once', () => {
  for (let id = 2; id <= 501; id += 1) pickers.open(String(id), async () => undefined);
  expect(over).toHaveBeenCalledOnce();
  expect(pickers.take('1')).toBe(false);
  expect(pickers.take('2')).toBe(true);
});

test('knows no others', () => {
  expect(pickers.take('2')).toBe(false);
});
