// @module-tag zsh
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProgram } from '#services/cli/src/cli.ts';
import { completionScript } from '#services/cli/src/commands/completion.ts';
import { scratchFolder } from '#test/scratch.ts';

/* An interactive zsh on a terminal of its own (zshmodules(1), zpty). */
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await scratchFolder('zsh');
  const script = completionScript(
    createProgram(() => undefined),
    'zsh',
  );
  await writeFile(path.join(folder, 'completion.zsh'), script);
  await writeFile(path.join(folder, 'log of May.ndjson'), '');
  await writeFile(path.join(folder, 'session.json.tenants'), 'ten_01aa\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Reads until the line contains what is expected; cut off, and thus failing, if that does not come. */
const typing = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1='%% '; source ./completion.zsh; print rea''dy"
zpty -r shell seen '*ready*'
zpty -w -n shell "$TYPED"$'\t'
zpty -r shell seen "*$EXPECTED*"
print -r -- "$seen"
`;

describe('the completion for zsh', () => {
  test.each([
    ['a command', 'bailiwick doct', 'doctor'],
    ["a command's own command", 'bailiwick tenant sus', 'suspend'],
    ['an option', 'bailiwick audit export --form', '--format'],
    ['the values of an option', 'bailiwick audit export --format nd', 'ndjson'],
    ['a tenant that was listed', 'bailiwick tenant show ten', 'ten_01aa'],
    ['a file with spaces in its name', 'bailiwick audit verify log', 'log\\ of\\ May.ndjson'],
  ])('writes %s', async (_what, line, expected) => {
    const { PATH = '' } = process.env;
    const env = { PATH, TERM: 'dumb', HOME: folder, TYPED: line, BAILIWICK_SESSION: path.join(folder, 'session.json') };
    const pattern = { ...env, EXPECTED: expected.replaceAll('\\', '\\\\') };
    const { stdout } = await run('zsh', ['-f', '-c', typing], { cwd: folder, env: pattern, timeout: 20_000 });
    expect(stripVTControlCharacters(stdout)).toContain(expected);
  });
});
