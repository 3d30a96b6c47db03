import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from './start-attempt.ts';

/*
 * A git checkout with the real setup and the machine's npm. Its only package stands in for Prisma, and its platform
 * just prints its arguments.
 */
const run = promisify(execFile);
let checkout: string;

beforeEach(async () => {
  checkout = await mkdtemp(path.join(tmpdir(), 'bailiwick-clean-'));
  for (const file of ['infra/setup', 'services/cli/bailiwick.mjs', '.gitignore', '.npmrc'])
    await cp(path.join(root, file), path.join(checkout, file), { recursive: true });
  await write('infra/database/schema.prisma', '');
  await write('services/cli/src/main.ts', "process.stdout.write(process.argv.slice(2).join(' '));");
  await write('prisma/package.json', json({ name: 'prisma', version: '1.0.0', type: 'module' }));
  await write('prisma/build/index.js', generate);
  await write(
    'package.json',
    json({
      name: 'bailiwick',
      version: '0.1.0',
      private: true,
      type: 'module',
      bin: { bailiwick: 'services/cli/bailiwick.mjs' },
      scripts: { start: 'node infra/setup/start.mjs' },
      dependencies: { prisma: 'file:./prisma' },
    }),
  );
  await ask('npm', 'install', '--package-lock-only', '--offline');
  await ask('git', 'init', '--quiet');
  await ask('git', 'add', '.');
  // With the mode that every clone has, whatever the mode of the file here is.
  const { stdout } = await run('git', ['ls-files', '--stage', 'services/cli/bailiwick.mjs'], { cwd: root });
  await ask(
    'git',
    'update-index',
    `--chmod=${stdout.startsWith('100755') ? '+x' : '-x'}`,
    'services/cli/bailiwick.mjs',
  );
  await ask('git', '-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '-m', 'all');
  await ask('git', 'checkout', '--quiet', '--force', '.');
});
afterEach(() => rm(checkout, { recursive: true, force: true }));

const generate = `
import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('infra/database/generated', { recursive: true });
writeFileSync('infra/database/generated/client.ts', '');
`;
const json = (value: unknown) => JSON.stringify(value);

async function write(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(checkout, file)), { recursive: true });
  await writeFile(path.join(checkout, file), text);
}

async function ask(file: string, ...args: string[]): Promise<string> {
  const env = {
    HOME: checkout,
    PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`,
    npm_config_cache: path.join(checkout, 'node_modules/.npm-cache'),
  };
  return (await run(file, args, { cwd: checkout, env })).stdout;
}

const changes = () => ask('git', 'status', '--porcelain');

test(
  'setup, start and the command line change neither a file of the checkout nor its mode',
  { tags: 'git' },
  async () => {
    expect(await ask('npm', 'start')).toMatch(/up$/);
    expect(await changes()).toBe('');
    expect(await ask('npx', '--offline', 'bailiwick', 'status')).toMatch(/^status$/);
    expect(await changes()).toBe('');
    await appendFile(path.join(checkout, 'package.json'), '\n');
    expect(await changes()).toBe(' M package.json\n');
  },
);
