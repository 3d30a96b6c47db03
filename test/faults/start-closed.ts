import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isEnterable } from '#infra/kernel/file-rights.ts';
import { planPorts } from '#services/cli/src/up/ports.ts';
import { freeBlock } from '#test/free-port.ts';
import { createSandbox } from '../e2e/sandbox.ts';
import { attempt, onboard, ownerOf, untilGone, type Attempt } from '#test/integration/start-attempt.ts';
import { copyCheckout, nodeOf } from './checkout-copy.ts';

const copies = '/var/cache/bailiwick';
const nobody = 65_534;

/** PostgreSQL and bots run as separate users, who can enter neither the checkout nor the data in root's home. */
export function startFromClosedCheckout(): void {
  describe('a checkout that only root may enter', { tags: 'root' }, () => {
    let closed: string;
    let base: number;
    let running: Attempt;
    let hadCopies: boolean;
    beforeAll(async () => {
      hadCopies = await stat(copies).then(
        () => true,
        () => false,
      );
      closed = await mkdtemp(path.join(tmpdir(), 'bailiwick-closed-'));
      const checkout = path.join(closed, 'checkout');
      await copyCheckout(checkout);
      base = await freeBlock();
      running = attempt({
        checkout,
        node: nodeOf(checkout),
        args: ['--data', path.join(closed, 'data'), '--ports', String(base)],
      });
      await running.until('Stop: Ctrl-C');
    });
    afterAll(async () => {
      await running[Symbol.asyncDispose]();
      await rm(closed, { recursive: true, force: true });
      if (!hadCopies) await rm(copies, { recursive: true, force: true });
    });

    const postgres = async () => {
      const server = (await running.seen()).find(({ command }) => /\/postgres -D/.test(command));
      return server?.pid ?? Number.NaN;
    };

    test('is really closed', async () => {
      expect(await isEnterable(path.join(closed, 'checkout'))).toBe(false);
    });

    test('runs PostgreSQL as nobody, from a copy that only root may change, on data in the closed folder', async () => {
      const pid = await postgres();
      expect(/^Uid:\s+(\d+)\s+(\d+)\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.slice(1)).toEqual(
        Array.from({ length: 3 }, () => String(nobody)),
      );
      const binary = await readlink(`/proc/${pid}/exe`);
      expect(binary).toMatch(new RegExp(`^${copies}/postgres-`));
      expect((await stat(binary)).uid).toBe(0);
      expect((await stat(binary)).mode & 0o022).toBe(0);
      expect(await readlink(`/proc/${pid}/cwd`)).toBe(path.join(closed, 'data/postgres/data'));
    });

    test('runs a bot as a separate user', async () => {
      const { ports } = planPorts(base);
      const api = await ownerOf(running, ports.public);
      const { application } = await onboard(api, createSandbox(`http://127.0.0.1:${ports['sandbox-discord']}`));
      expect(application.id).toMatch(/^\d+$/);
      const bot = (await running.seen()).find(({ command }) => command.includes('--permission'));
      expect((await stat(`/proc/${bot?.pid}`)).uid).not.toBe(0);
    });

    test('stops without leftovers, and finds its data at the next start', async () => {
      const before = await running.seen();
      running.signal('SIGINT');
      expect(await running.ended).toBe(0);
      await untilGone(before, 2_000);
      expect(await readdir(path.join(closed, 'data/postgres'))).toEqual(['data']);
    });
  });
}
