import process from 'node:process';
import { Readable } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { readSecret } from './secret-input.ts';

afterEach(() => vi.restoreAllMocks());

const pipe = (...chunks: Buffer[]) =>
  vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from(chunks) as typeof process.stdin);

it('reads a character that arrives in two pieces as one', async () => {
  const bytes = Buffer.from('schlüssel\n');
  const middle = bytes.indexOf(Buffer.from('ü')) + 1;
  pipe(bytes.subarray(0, middle), bytes.subarray(middle));
  expect(await readSecret('')).toBe('schlüssel');
});

it('refuses a secret that is too long, and none at all', async () => {
  pipe(Buffer.alloc(4_097, 'x'));
  await expect(readSecret('')).rejects.toMatchObject({ code: 'cli.secret-too-long' });
  pipe();
  await expect(readSecret('')).rejects.toMatchObject({ code: 'cli.no-secret' });
});
