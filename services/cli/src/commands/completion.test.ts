import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratchFolder } from '#test/scratch.ts';
import { createProgram } from '../cli.ts';
import { completionScript } from './completion.ts';

const run = promisify(execFile);
let folder: string;
let script: string;

beforeAll(async () => {
  folder = await scratchFolder('completion');
  for (const name of ['log.ndjson', 'log of May.ndjson']) await writeFile(path.join(folder, name), '');
  // Named like a command, but must not be taken for it.
  await mkdir(path.join(folder, 'doctor'));
  await writeFile(path.join(folder, 'session.json.tenants'), 'ten_01aa\nten_01bb\n');
  script = completionScript(
    createProgram(() => undefined),
    'bash',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What bash offers for a line whose last word is being typed. zsh is tested in test/servers. */
async function offers(...line: string[]): Promise<string[]> {
  const words = line.map((word) => `'${word}'`).join(' ');
  const typed = `COMP_WORDS=(${words}); COMP_CWORD=${line.length - 1}; _bailiwick; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { PATH: process.env['PATH'] ?? '', BAILIWICK_SESSION: path.join(folder, 'session.json') };
  const { stdout, stderr } = await run('bash', ['--norc', '-c', `${script}\n${typed}`], { cwd: folder, env });
  expect(stderr).toBe('');
  return stdout.trim() === '' ? [] : stdout.trim().split('\n');
}

describe('the completion for bash', () => {
  test.each([
    ['commands', ['bailiwick', 'do'], ['doctor']],
    ["a command's own commands", ['bailiwick', 'tenant', 's'], ['show', 'suspend']],
    ['options after an option and its value', ['bailiwick', 'status', '--data', 'doctor', '--j'], ['--json']],
    ['commands to ask help for, at any depth', ['bailiwick', 'help', 'policy', 'r'], ['rollback']],
    ['options', ['bailiwick', 'audit', 'export', '--form'], ['--format']],
    ['the values of an option', ['bailiwick', 'audit', 'export', '--format', ''], ['ndjson', 'csv', 'ocsf']],
    ['permissions', ['bailiwick', 'policy', 'test', 'a', 'b', '--permission', 'mu'], ['mute-members']],
    ['the values of an argument', ['bailiwick', 'completion', ''], ['bash', 'zsh', 'fish']],
    ['tenants that were listed', ['bailiwick', 'tenant', 'show', 'ten_'], ['ten_01aa', 'ten_01bb']],
    ['tenants for a command by its alias', ['bailiwick', 'policy', 'check', 'ten_01b'], ['ten_01bb']],
    ['no second tenant', ['bailiwick', 'tenant', 'show', 'ten_01aa', ''], []],
    ['nothing for a guild', ['bailiwick', 'policy', 'set', 'ten_01aa', ''], []],
    ['files for a file argument', ['bailiwick', 'policy', 'set', 'a', 'b', 'log.'], ['log.ndjson']],
    ['a name with spaces as one', ['bailiwick', 'audit', 'verify', 'log'], ['log of May.ndjson', 'log.ndjson']],
    ['files for an option that takes one', ['bailiwick', 'audit', 'verify', 'x', '--manifest', 'log.'], ['log.ndjson']],
    ['nothing for a text', ['bailiwick', 'tenant', 'suspend', 'a', '--reason', ''], []],
  ])('offers %s', async (_what, line, expected) => {
    expect((await offers(...line)).toSorted()).toEqual(expected.toSorted());
  });
});
