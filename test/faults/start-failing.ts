import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isEnterable } from '#infra/kernel/file-rights.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { scratchFolder } from '#test/scratch.ts';
import { freeBlock } from '#test/free-port.ts';
import { warm } from '../e2e/warm-cache.ts';
import {
  attempt,
  complaints,
  root,
  untilGone,
  type Attempt,
  type AttemptOptions,
} from '#test/integration/start-attempt.ts';
import { copyCheckout, nodeOf } from './checkout-copy.ts';

const isRoot = process.getuid?.() === 0;
const goneMs = 10_000;

/** The error of a start that fails or is interrupted, and that it leaves nothing behind. */
export function failingStarts(): void {
  describe('bailiwick up', () => {
    let folder: string;
    /** On the file system of the checkout, so that a copy of it consists of links. */
    let open: string;
    let base: number;
    beforeAll(async () => {
      folder = await scratchFolder('start');
      await chmod(folder, 0o755);
      open = await mkdtemp(path.join(tmpdir(), 'bailiwick-open-'));
      await chmod(open, 0o755);
      base = await freeBlock();
    });
    afterAll(async () => {
      for (const made of [folder, open]) await rm(made, { recursive: true, force: true });
    });

    const at = (data: string, ...more: string[]) => [
      '--data',
      path.join(folder, data),
      '--ports',
      String(base),
      ...more,
    ];

    /** One line that matches, exit code 1, and nothing left running. */
    async function failsWith(failing: Attempt, line: RegExp): Promise<void> {
      expect(await failing.ended, failing.said()).toBe(1);
      const said = complaints(failing.said());
      expect(said, failing.said()).toHaveLength(1);
      expect(said[0]).toMatch(line);
      await untilGone(await failing.seen(), 2_000);
    }

    describe('a failing start', () => {
      test('says which port is in use, and which part needs it', async () => {
        const taken = createServer();
        await new Promise<void>((resolve) => taken.listen(base + 1, '127.0.0.1', resolve));
        try {
          await using failing = attempt({ args: at('port') });
          await failsWith(failing, new RegExp(`Port ${base + 1} \\(public\\) is in use: .*--ports`));
          expect(await readdir(path.join(folder, 'port'))).not.toContain('running.pid');
        } finally {
          await new Promise((resolve) => taken.close(resolve));
        }
      });

      test('says that an operations port is in use too', async () => {
        const taken = createServer();
        await new Promise<void>((resolve) => taken.listen(base + 24, '127.0.0.1', resolve));
        try {
          await using failing = attempt({ args: at('port') });
          await failsWith(failing, new RegExp(`Port ${base + 24} \\(api, operations\\) is in use`));
        } finally {
          await new Promise((resolve) => taken.close(resolve));
        }
      });

      test('says that its data folder is not writable', async () => {
        const closed = path.join(folder, 'closed');
        await mkdir(closed, { mode: 0o555 });
        // Root can write everywhere.
        const another = isRoot ? await asAnotherUser(open) : {};
        await using failing = attempt({ args: at('closed/data'), ...another });
        await failsWith(failing, /The data folder .*closed\/data cannot be written \(EACCES\): .*--data/);
      });

      test('says that its data folder is a file', async () => {
        await writeFile(path.join(folder, 'file'), '');
        await using failing = attempt({ args: at('file') });
        await failsWith(failing, /The data folder .*\/file cannot be written \(EEXIST\)/);
      });

      test('says that a passphrase file is empty, and that a passphrase is too short', async () => {
        const passphrase = path.join(folder, 'passphrase');
        await writeFile(passphrase, '\n');
        await using empty = attempt({ args: at('weak', '--passphrase-file', passphrase) });
        await failsWith(empty, /There is no passphrase in .*passphrase: write/);
        await writeFile(passphrase, 'short\n');
        await using weak = attempt({ args: at('weak', '--passphrase-file', passphrase) });
        await failsWith(weak, /at least 8 characters/);
      });

      test('names the process that could not start and its log, and stops the others', async () => {
        await warm(path.join(folder, 'broken'));
        await mkdir(path.join(folder, 'broken/keyring'), { recursive: true });
        // A file where the token service needs its key folder.
        await writeFile(path.join(folder, 'broken/keyring/token-service'), '');
        await using failing = attempt({ args: at('broken') });
        await failsWith(failing, /token-service could not start: .*logs\/token-service\.log/);
        expect(await failing.seen()).not.toEqual([]);
        expect(await readdir(path.join(folder, 'broken'))).not.toContain('running.pid');
      });

      test('says that no server answers at DATABASE_URL', async () => {
        const env = { DATABASE_URL: `postgresql://postgres:secret-of-mine@127.0.0.1:${base + 39}/postgres` };
        await using failing = attempt({ args: at('elsewhere'), env });
        await failsWith(
          failing,
          new RegExp(`PostgreSQL at 127\\.0\\.0\\.1:${base + 39} cannot be used: .*DATABASE_URL`),
        );
        expect(failing.said()).not.toContain('secret-of-mine');
      });

      test('refuses --live together with --demo', async () => {
        await using failing = attempt({ args: at('both', '--live', '--demo') });
        expect(await failing.ended).not.toBe(0);
        expect(failing.said()).toMatch(/'--live' cannot be used with option '--demo'/);
        await expect(stat(path.join(folder, 'both'))).rejects.toThrow(/ENOENT/);
      });
    });

    describe('an interrupted start', () => {
      test('while PostgreSQL initialises its folder: leaves no partial one, and the next start creates it', async () => {
        const data = path.join(folder, 'early');
        await using early = attempt({ args: at('early') });
        await eventually('initdb runs', async () =>
          (await early.seen()).some(({ command }) => /^\S*initdb /.test(command)),
        );
        early.signal('SIGINT');
        expect(await early.ended, early.said()).toBe(130);
        expect(complaints(early.said())).toEqual(['SIGINT: stopped before it was ready']);
        await untilGone(await early.seen(), goneMs);
        expect(await readdir(path.join(data, 'postgres'))).toEqual([]);
        expect(await readdir(data)).not.toContain('running.pid');
      });

      test('while the processes start: stops all of them; then a wrong passphrase opens nothing', async () => {
        const passphrase = path.join(folder, 'right');
        await writeFile(passphrase, 'correct horse battery staple\n');
        await using started = attempt({ args: at('early', '--passphrase-file', passphrase) });
        // The folder of the interrupted start above already has a keyring with a key file.
        await failsWith(started, /sealed with a key file\. Use that to open it/);
        await warm(path.join(folder, 'sealed'));
        await using interrupted = attempt({ args: at('sealed', '--passphrase-file', passphrase) });
        const audioRuns = async () =>
          (await interrupted.seen()).some(({ command }) => command.includes('/audio/src/main.ts'));
        await eventually('audio was started', audioRuns);
        interrupted.signal('SIGTERM');
        expect(await interrupted.ended, interrupted.said()).toBe(143);
        expect(complaints(interrupted.said())).toEqual(['SIGTERM: stopped before it was ready']);
        await untilGone(await interrupted.seen(), goneMs);
        const wrong = path.join(folder, 'wrong');
        await writeFile(wrong, 'incorrect horse battery staple\n');
        await using failing = attempt({ args: at('sealed', '--passphrase-file', wrong) });
        await failsWith(failing, /This is not the passphrase that the keyring was created with/);
      });
    });
  });
}

/** As an unprivileged user; from a copy in `folder` if only root can enter the checkout. */
async function asAnotherUser(folder: string): Promise<Pick<AttemptOptions, 'checkout' | 'node' | 'wrap'>> {
  const wrap = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  if (await isEnterable(root)) return { wrap };
  const checkout = path.join(folder, 'checkout');
  await copyCheckout(checkout);
  return { checkout, node: nodeOf(checkout), wrap };
}
