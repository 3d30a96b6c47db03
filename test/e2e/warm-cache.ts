import { cp, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

/*
 * A first start strips and compiles every module and bundles the bot, which takes longer than everything else. The
 * first platform of a test run does so; later ones begin with a copy of its cache, as a second start does. Outside a
 * test run, in a bench, every start is a first one.
 */
const keptIn = (): string | undefined => process.env['BAILIWICK_TEST_START_CACHE'];

/** Copies what an earlier platform of this run compiled into a data folder that does not exist yet. */
export async function warm(data: string): Promise<void> {
  const kept = keptIn();
  if (kept !== undefined && (await exists(kept))) await cp(kept, path.join(data, 'cache'), { recursive: true });
}

/** Keeps what a ready platform has compiled for later ones. */
export async function keepWarm(data: string): Promise<void> {
  const kept = keptIn();
  if (kept === undefined || (await exists(kept))) return;
  const copy = `${kept}-${path.basename(data)}`;
  await cp(path.join(data, 'cache'), copy, { recursive: true });
  // Renamed once complete; if another platform was quicker, this copy stays unused.
  await rename(copy, kept).catch(() => undefined);
}

const exists = (folder: string): Promise<boolean> =>
  stat(folder).then(
    () => true,
    () => false,
  );
