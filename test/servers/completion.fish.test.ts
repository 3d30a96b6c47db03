// @module-tag fish
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProgram } from '#services/cli/src/cli.ts';
import { completionScript } from '#services/cli/src/commands/completion.ts';
import { scratchFolder } from '#test/scratch.ts';

/* What fish offers (complete(1), -C), with Debian's fish. */
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await scratchFolder('fish');
  const script = completionScript(
    createProgram(() => undefined),
    'fish',
  );
  await writeFile(path.join(folder, 'completion.fish'), script);
  await writeFile(path.join(folder, 'log of May.ndjson'), '');
  await writeFile(path.join(folder, 'session.json.tenants'), 'ten_01aa\nten_01bb\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the completion for fish', () => {
  test.each([
    ['a command', 'bailiwick doct', ['doctor']],
    ["a command's own commands", 'bailiwick tenant s', ['show', 'suspend']],
    ['commands to ask help for', 'bailiwick help policy r', ['rollback']],
    ['an option after another and its value', 'bailiwick status --data doctor --j', ['--json']],
    ['the values of an option', 'bailiwick audit export --format nd', ['ndjson']],
    ['the values of an argument', 'bailiwick member role a 1 ad', ['admin']],
    ['tenants that were listed', 'bailiwick tenant show ten', ['ten_01aa', 'ten_01bb']],
    ['tenants for a command by its alias', 'bailiwick policy check ten_01b', ['ten_01bb']],
    ['no second tenant', 'bailiwick tenant show ten_01aa ten', []],
    ['a file with spaces in its name', 'bailiwick audit verify log', ['log of May.ndjson']],
  ])('offers %s', async (_what, line, expected) => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      TYPED: line,
      BAILIWICK_SESSION: path.join(folder, 'session.json'),
    };
    const asking = 'source completion.fish; complete -C "$TYPED"';
    const { stdout, stderr } = await run('fish', ['-N', '-c', asking], { cwd: folder, env, timeout: 20_000 });
    expect(stderr).toBe('');
    const offered = stdout.split('\n').filter(Boolean);
    expect(offered.map((each) => each.split('\t', 1)[0]).toSorted()).toEqual(expected);
  });
});
