// @module-tag linux
import { readdir, rename, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '#services/cli/src/demo/story.ts';
import { diagnose } from '#services/cli/src/doctor/doctor.ts';
import { dataPathsIn, type DataPaths } from '#services/cli/src/up/data-folder.ts';
import { launch } from '#test/e2e/launcher.ts';
import { freeBlock } from '#test/free-port.ts';
import { harmonyHall } from '#test/e2e/harmony-hall.ts';
import { createInstallation, type HostedTenant, type Installation, type RunningPlatform } from '#test/e2e/platform.ts';

/* Files of a data folder are emptied, truncated or overwritten, with the platform running from it and not. */
const stack = new AsyncDisposableStack();
let installation: Installation;
let platform: RunningPlatform;
let dataPaths: DataPaths;
let tenant: HostedTenant;

beforeAll(async () => {
  installation = stack.use(await createInstallation());
  dataPaths = dataPathsIn(installation.data);
  platform = stack.use(await installation.start());
  tenant = await platform.onboard('Whole', (await harmonyHall(platform.sandbox)).guild);
});
afterAll(() => stack.disposeAsync());

const found = async () =>
  (await diagnose({ data: installation.data, live: false })).filter(({ status }) => status === 'fault');

test('an emptied running.pid does not let a second start touch the running platform', async () => {
  const { pid } = await platform.processOf('api');
  await truncate(dataPaths.lock);
  await expect(launch(installation.data, await freeBlock())).rejects.toThrow(
    new RegExp(`is already running from .* \\(process ${platform.launcher.pid}\\)`),
  );
  expect(await platform.query('select 1 as one')).toEqual([{ one: 1 }]);
  expect((await platform.processOf('api')).pid).toBe(pid);
  expect(platform.launcher.output()).not.toMatch(/ended \(/);
  expect(await found()).toContainEqual(expect.objectContaining({ about: 'run' }));
});

test('a start on other ports with a garbled postmaster.pid has the bot connected within seconds', async () => {
  await platform.launcher.stop();
  await writeFile(dataPaths.databaseRun, 'garbled');
  platform = stack.use(await installation.start(await freeBlock()));
  const readyAt = Date.now();
  await platform.untilReady(tenant.id);
  expect(Date.now() - readyAt).toBeLessThan(20_000);
});

test('a truncated key of a tenant: the doctor names it, the tenant shows the reason, and its return is noticed', async () => {
  const folder = path.join(dataPaths.keyring, 'discord-edge');
  const name = (await readdir(folder)).find((file) => file.includes(tenant.id.slice(4))) ?? '';
  const file = path.join(folder, name);
  await platform.launcher.stop();
  await rename(file, `${file}.whole`);
  await writeFile(file, 'BWK1', { mode: 0o600 });
  expect(await found()).toEqual([expect.objectContaining({ about: 'keys', says: expect.stringContaining(name) })]);
  platform = stack.use(await installation.start());
  const session = async () =>
    (
      await platform.owner.call(
        'GET',
        `/v1/tenants/${tenant.id}`,
        z.object({ session: z.object({ status: z.string(), reason: z.string().optional() }).nullable() }),
      )
    ).session;
  await eventually('the tenant says why', async () =>
    /token cannot be decrypted/.test((await session())?.reason ?? ''),
  );
  await rename(`${file}.whole`, file);
  await eventually('it is connected again', async () => (await session())?.status === 'connected');
});
