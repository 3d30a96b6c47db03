import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';
import { vi } from 'vitest';
import { createCli } from '#services/cli/src/cli.ts';

/** Runs the command line in this process and returns its output and exit code. */
export async function bailiwick(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const printed = { out: '', error: '' };
  const keep = (to: 'out' | 'error') => (text: unknown) => (printed[to] += String(text)).length > 0;
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(keep('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(keep('error')),
  ];
  try {
    const code = await createCli().run(args);
    // Colours depend on the environment: continuous integration gets them, a pipe does not.
    return { code, out: stripVTControlCharacters(printed.out), error: stripVTControlCharacters(printed.error) };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
