import { randomBytes } from 'node:crypto';
import { botBundle } from './bot-bundle.ts';
import { manage, type ManagedProcess } from './child.ts';
import { prepareDatabase } from './database.ts';
import { Enrolments } from './enrolments.ts';
import type { PlatformOptions } from './options.ts';
import { portal } from './portal.ts';
import { createSpecs } from './specs.ts';
import { readyStoredKeys } from './stored-keys.ts';
import { unlessAborted } from './unless-aborted.ts';

export interface Platform extends AsyncDisposable {
  readonly processes: ReadonlyMap<string, ManagedProcess>;
  /** Signs an operator in, once, within an hour. */
  readonly operatorSignIn: string;
}

/**
 * Starts every process of an installation on this machine. All of them load their code at once, while the database
 * starts; each continues when its settings are ready. If the start fails or is interrupted, it leaves nothing behind.
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  await using stack = new AsyncDisposableStack();
  const { folder, events } = options;
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const enrolments = new Enrolments(options.installation);
  const operatorSignIn = randomBytes(24).toString('base64url');
  // The database closes last, since it is first on the stack.
  const database = stack.use(new AsyncDisposableStack());
  const databaseUrl = prepareDatabase(
    {
      ...options,
      folder: folder.postgres,
      port: options.plan.ports.postgres,
      logFolder: folder.logs,
      signal,
      ...(options.databaseUrl === undefined ? {} : { url: options.databaseUrl }),
    },
    database,
  ).then(async (urlOf) => {
    await readyStoredKeys(options, urlOf);
    return urlOf;
  });
  const bundleFile = botBundle(options.root, folder.cache, { events, signal });
  const portalFolder = portal(events);
  stack.defer(async () => void (await Promise.allSettled([databaseUrl, bundleFile, portalFolder])));
  stack.defer(() => ended.abort());
  const specs = createSpecs(options, { enrolments, databaseUrl, bundleFile, portalFolder, operatorSignIn });
  const surroundings = { root: options.root, logFolder: folder.logs, cacheFolder: folder.cache, events };
  const rows = specs.map((row) => row.map((spec) => manage(spec, surroundings)));
  stack.defer(async () => {
    for (const row of rows) await Promise.all(row.map((managed) => managed[Symbol.asyncDispose]()));
  });
  const processes = new Map(rows.flat().map((managed) => [managed.name, managed]));
  const started = rows.flat().map(async ({ name, ready }) => {
    const done = events.step(name);
    await ready;
    if (!signal.aborted) done();
  });
  await unlessAborted(options.signal, Promise.all([databaseUrl, bundleFile, portalFolder, ...started]));

  const owned = stack.move();
  return { processes, operatorSignIn, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
